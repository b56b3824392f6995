"""Every setting, read once from the environment (`REPTIDEX_…`) and handed down. No other file reads the environment.

`NAME_FILE` may stand for `NAME` where the value is a secret: the value is then read from that file.
"""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec

from reptidex.errors import SettingsError

SERVICES = ("core", "animal", "commerce", "media", "community", "ops")
PORTS = {name: 8001 + place for place, name in enumerate(SERVICES)}
BRIDGE = "bridge"
"""The process between the log and AWS: no service, but with a database (its inbox, its dead letters) and metrics."""
PREFIX = "REPTIDEX_"

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
WholeSeconds = Annotated[int, msgspec.Meta(ge=1)]
Bootstrap = Annotated[str, msgspec.Meta(pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$")]
"""`host:port`, or several with commas."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process of the platform runs with. The defaults are the development platform on this machine."""

    environment: Literal["development", "production"] = "development"
    """In development migrations are applied at start and missing secrets are made under `state_dir`."""
    state_dir: str = ".reptidex"
    """Where the embedded log, SQLite files, local secrets and service logs live."""
    log: Bootstrap = "127.0.0.1:9092"
    """Bootstrap address of the Kafka-compatible log."""
    partitions: Count = 4
    """Partitions of every topic; one number for the whole platform, fixed once data exist."""
    replication: Count = 1
    fetch_wait_ms: Count = 500
    """How long the log may hold a fetch that finds nothing."""
    unit_records: Count = 500
    """The most records in one unit of work."""
    unit_backlog_records: Count = 4000
    """The most records in one unit of work while a backlog is worked off."""
    session_timeout_s: Seconds = 10.0
    database_url: str = "sqlite+aiosqlite:///{state_dir}/{database}.db"
    """SQLAlchemy URL; `{database}`, `{service}` and `{state_dir}` are filled in. `REPTIDEX_<SERVICE>_DATABASE_URL` wins."""
    database_urls: dict[str, str] = {}
    sqlite_synchronous: Literal["NORMAL", "FULL"] = "NORMAL"
    """NORMAL survives the death of a process, FULL also the loss of power."""
    host: str = "127.0.0.1"
    urls: dict[str, str] = msgspec.field(default_factory=lambda: {n: f"http://127.0.0.1:{p}" for n, p in PORTS.items()})
    """Where each service is reached (`REPTIDEX_CORE_URL` …); a service listens on its own port of these."""
    issuer: str = "https://reptidex.local"
    """The `iss` of access tokens."""
    access_token_s: WholeSeconds = 600
    recent_sign_in_s: WholeSeconds = 600
    """How old a sign-in may be for linking another, making an API key, changing the second factor, and being erased."""
    answer_deadline_s: Seconds = 10.0
    """How long a write over HTTP waits for its outcome before it is answered 202."""
    effect_retry_longest_s: Seconds = 300.0
    """The longest wait before an act in the outside world (a mail, a charge, a call elsewhere) is tried again."""
    rate_limit_per_minute: Count = 600
    """Requests a minute per caller (token, or address where there is none); a route's cost counts against it."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks of the proxies in front of us (`10.0.0.0/8`): whom their `X-Forwarded-For` names is who asks."""
    web_origins: tuple[str, ...] = ()
    """Origins whose pages may read answers in a browser (`https://app.example`, CORS)."""
    sign_in_returns: tuple[str, ...] = ()
    """Addresses of apps that a sign-in with Google or GitHub may lead back to, letter for letter (`https://app.example/back`)."""
    service_secret: str = ""
    """The secret with which this service asks core for its own token."""
    token: str = ""
    """The access token with which `reptidex import` and `reptidex export` act for a person."""
    service_secrets: dict[str, str] = {}
    """Core only: each service's secret. JSON in `REPTIDEX_SERVICE_SECRETS` or its `_FILE`."""
    aws_endpoint: str = ""
    """An AWS-compatible endpoint (the local double); empty for AWS itself."""
    aws_region: str = "eu-central-1"
    kms_key: str = "alias/reptidex-tokens"
    s3_bucket: str = "reptidex-media"
    bridge: tuple[Literal["outbound", "inbound"], ...] = ()
    """The directions that `reptidex up` has a bridge to SNS and SQS for: `outbound`, `inbound` or both."""
    bridge_url: str = "http://127.0.0.1:8007"
    """Where the bridge answers `/health` and `/metrics`; no other host than a loopback one."""
    bridge_metrics_url: str = ""
    """Where it answers `/metrics` alone, on any address, for a Prometheus on another machine; empty: nowhere."""
    bridge_env: str = "dev"
    """In front of every topic and queue name (`dev-animal-created`), so that two environments share an account."""
    bridge_account: str = "123456789012"
    """The AWS account of the topics and queues; the default is that of the local double."""
    bridge_origin: str = "reptidex"
    """Our name in `rxorigin`: what carries it is never taken in again."""
    bridge_peers: tuple[str, ...] = ()
    """Origins that own the topics we publish to: their own events are not sent back to them."""
    bridge_outbound: tuple[str, ...] = ("*",)
    """The events that go out, as patterns (`animal.*`); `!telemetry.*` takes some out again."""
    bridge_inbound: tuple[str, ...] = ()
    """The events that may come in, as patterns. None until they are named: who may write to a queue may then say these things."""
    bridge_inbound_origin: str = "outside"
    """The origin given to events that name none."""
    bridge_from: Literal["earliest", "latest"] = "earliest"
    """Where a bridge that has never run begins in the log."""
    bridge_queues: tuple[str, ...] = ()
    """Names or URLs of the SQS queues to hear; empty: `<env>-repti_-bridge-inbound` and the FIFO queue of that name."""
    bridge_topics: tuple[str, ...] = ()
    """ARN patterns of further topics whose envelopes are read from our queues; those of our account and environment are."""
    bridge_fifo: bool = True
    """Whether events whose order is part of their contract go to FIFO topics."""
    bridge_bus: str = ""
    """Name or ARN of an EventBridge bus that events go to, in the place of SNS topics."""
    bridge_fair: bool = False
    """Whether standard topics get the vivarium as message group, for SQS's fair queues."""
    bridge_bucket: str = "reptidex-bridge"
    """Where events go that are too large for SNS."""
    bridge_read_buckets: tuple[str, ...] = ()
    """Further buckets that pointers in our queues may lead to."""
    bridge_pointer: Literal["current", "legacy"] = "current"
    """The form of the pointers that we write; both are read."""
    bridge_threads: Count = 8
    """Calls to AWS under way at once, in each direction."""
    bridge_pollers: Count = 2
    """Long polls at once on each queue, each in a thread of its own."""
    bridge_wait_s: Annotated[int, msgspec.Meta(ge=0, le=20)] = 20
    """How long one of them waits (SQS allows 20)."""
    uploads_queue: str = ""
    """Name or URL of the SQS queue in which the bucket tells repti-media of uploads; empty: senders say so themselves."""
    sns_topics: tuple[str, ...] = ()
    """ARNs of the topics whose events core takes from SNS at `POST /events/sns`."""
    sns_topics_v1: tuple[str, ...] = ()
    """Those of them that still sign with SHA-1 (SignatureVersion 1)."""
    smtp_url: str = "smtp://127.0.0.1:1025"
    mail_from: str = "ReptiDex <hello@reptidex.example>"
    reservation_s: WholeSeconds = 900
    """How long an animal is kept for a buyer who has not paid."""
    mail_webhook_secret: str = ""
    """Signs the mail provider's delivery reports (HMAC-SHA256 over the raw body)."""
    mail_stop_url: str = "http://127.0.0.1:8005/notifications/unsubscribe"
    """The address of repti-community's page that stops mails (RFC 8058); mail programs want https."""
    public_url: str = "http://127.0.0.1:8001"
    """The address that links in mails lead to."""
    stripe_url: str = "https://api.stripe.com"
    stripe_key: str = ""
    stripe_webhook_secrets: tuple[str, ...] = ()
    """Comma-separated; two live at once while one is rotated out."""
    paypal_url: str = "https://api-m.paypal.com"
    paypal_client_id: str = ""
    paypal_client_secret: str = ""
    paypal_webhook_id: str = ""
    paypal_cert_hosts: tuple[str, ...] = ("api.paypal.com", "api.sandbox.paypal.com")
    twilio_url: str = "https://api.twilio.com"
    twilio_account: str = ""
    twilio_token: str = ""
    """For texts; no service sends any yet."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def state(self) -> Path:
        """The state directory as a path."""
        return Path(self.state_dir)

    def database_of(self, service: str) -> str:
        """Return the SQLAlchemy URL of a service's database (short name). Raises `SettingsError`."""
        template = self.database_urls.get(service, self.database_url)
        try:
            return template.format(state_dir=self.state_dir, service=service, database=f"repti_{service}_db")
        except (KeyError, IndexError, ValueError) as problem:
            # The URL itself stays unsaid: it may hold a password.
            raise SettingsError(
                f"the database URL of {service} has another {{…}} than {{database}}, {{service}} and {{state_dir}}"
            ) from problem


SECRETS = frozenset(
    {
        "service_secret",
        "token",
        "service_secrets",
        "stripe_key",
        "stripe_webhook_secrets",
        "paypal_client_secret",
        "twilio_token",
        "mail_webhook_secret",
        "database_url",
        "database_urls",
    }
)
"""Settings whose value is never shown, and may be read from a file."""
FROM_FILES = SECRETS | {"smtp_url"}
"""That address may hold a password; the rest of it is shown."""


HANDED = frozenset({"urls", "database_urls"})
"""Fields that have no variable of their own name: each service has one of its own (`REPTIDEX_CORE_URL`)."""


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises `SettingsError` for an unknown `REPTIDEX_` name or a value that cannot be read.
    """
    environ = os.environ if environ is None else environ
    fields = set(Settings.__struct_fields__) - HANDED
    values: dict[str, object] = {}
    urls, databases = dict(Settings().urls), dict[str, str]()
    with_database = (*SERVICES, BRIDGE)
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name.startswith(f"{PREFIX}TEST_"):
            continue
        field = name.removeprefix(PREFIX).lower()
        service, _, rest = field.removesuffix("_file").partition("_")
        if field.endswith("_file") and (field.removesuffix("_file") in FROM_FILES or rest == "database_url"):
            field, value = field.removesuffix("_file"), _contents(name, value)
        service, _, rest = field.partition("_")
        if service in SERVICES and rest == "url":
            urls[service] = _address(name, value)
        elif service in with_database and rest == "database_url":
            databases[service] = value
        elif field in fields:
            values[field] = _parse(name, field, value)
        else:
            raise SettingsError(f"{name} is no setting of ours{_meant(field)}; `reptidex settings` lists them")
    return Settings(**values, urls=urls, database_urls=databases)  # type: ignore[arg-type]


def without_password(url: str) -> str:
    """Return an address (`smtp://user:secret@mail:587`) as it may be shown; any other text as it is."""
    return re.sub(r"(?<=://)([^/?#:@]*):[^/?#]*@", r"\1:…@", url)


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which another process `load`s the same settings, every one but the secrets.

    Secrets are not passed on: a process reads them from where this one did.
    """
    found = {PREFIX + f"{service}_url".upper(): url for service, url in settings.urls.items()}
    for name in settings.__struct_fields__:
        if name not in HANDED | SECRETS:
            value = getattr(settings, name)
            found[PREFIX + name.upper()] = ",".join(value) if isinstance(value, tuple) else str(value)
    return found


def kept_back(settings: Settings) -> list[str]:
    """Return the settings that a process with our environment and `as_environment` would load otherwise."""
    there = load({**os.environ, **as_environment(settings)})
    return [name for name in settings.__struct_fields__ if getattr(settings, name) != getattr(there, name)]


def names() -> list[str]:
    """Return the name of every variable that `load` takes."""
    own = [field for field in Settings.__struct_fields__ if field not in HANDED]
    own += [f"{service}_url" for service in SERVICES] + [f"{each}_database_url" for each in (*SERVICES, BRIDGE)]
    return [PREFIX + each.upper() for each in own]


def _meant(field: str) -> str:
    close = difflib.get_close_matches(PREFIX + field.upper(), names(), n=1, cutoff=0.8)
    return f" (is {close[0]} meant?)" if close else ""


def _contents(name: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(f"{name}: {path} cannot be read: {getattr(problem, 'strerror', problem)}") from problem


def _address(name: str, value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise SettingsError(f"{name}={value}: an address begins with http:// or https://")
    return value.rstrip("/")


def _parse(name: str, field: str, value: str) -> object:
    """Read one value as its field's type. Raises `SettingsError`, which tells no secret."""
    kind: Any = Settings.__annotations__[field]
    several = str(kind).startswith("tuple[")
    shown = name if field in SECRETS else f"{name}={without_password(value)}"
    parts = tuple(part.strip() for part in value.split(",") if part.strip())
    try:
        if several:
            return msgspec.convert(parts, kind)
        if kind == dict[str, str]:
            return msgspec.json.decode(value, type=kind)
        return msgspec.convert(value, kind, strict=False)
    except msgspec.DecodeError as problem:
        of = get_args(kind)[0] if several else kind
        if choices := [each for each in get_args(of) if isinstance(each, str)]:
            raise SettingsError(f"{shown}: one of {', '.join(choices)} is expected") from problem
        raise SettingsError(f"{shown}: {problem}") from problem
