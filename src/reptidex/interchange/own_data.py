"""`reptidex export own-data`: what the six services hold of a person, in one file."""

import json
from typing import BinaryIO

from reptidex.interchange.client import checked, client_of
from reptidex.settings import SERVICES, Settings


def write_own_data(settings: Settings, file: BinaryIO) -> None:
    """Write one JSON object with a member for each service, as they answer `GET /me/data`. Raises like `client_of`."""
    for number, service in enumerate(SERVICES):
        with client_of(settings, service) as client, client.stream("GET", "/me/data") as answer:
            checked(answer)
            file.write(f"{',' if number else '{'}{json.dumps(f'repti-{service}')}:".encode())
            file.writelines(answer.iter_bytes())
    file.write(b"}\n")
