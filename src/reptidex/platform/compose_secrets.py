"""Make the secret files that docker-compose.yml reads, once, under `.reptidex/compose`."""

import secrets

import msgspec

from reptidex.platform.secrets import secret_file
from reptidex.settings import SERVICES, load


def main() -> None:
    """Write what is missing, change nothing that is there, print no secret."""
    folder = load().state / "compose"
    own = {}
    for name in SERVICES:
        password = secret_file(folder, f"postgres_{name}", secrets.token_hex(20)).read_text()
        url = f"postgresql+asyncpg://repti_{name}:{password}@postgres/repti_{name}_db"
        secret_file(folder, f"database_{name}", url)
        own[name] = secret_file(folder, f"service_{name}", secrets.token_urlsafe(32)).read_text()
    secret_file(folder, "services", msgspec.json.encode(own).decode())
    for name in ("postgres_admin", "grafana_admin", "paypal_client_secret"):
        secret_file(folder, name, secrets.token_hex(20))
    secret_file(folder, "stripe_key", "sk_test_" + secrets.token_hex(16))
    secret_file(folder, "stripe_webhook_secrets", "whsec_" + secrets.token_hex(16))
    print(f"secret files are in {folder}")


if __name__ == "__main__":
    main()
