"""Event names as AWS can carry them, and back.

SNS and SQS allow letters, digits, `-` and `_`, but no dot. So `.` is written `-`; a name of others, which may hold `_` and
`-` itself, has them written `__` and `_-`. Nothing is lost: `event_name` undoes `sns_name` for every name.
"""

import hashlib
import re

from reptidex.errors import ContractError

TOPIC_LIMIT = 256
QUEUE_LIMIT = 80
FIFO = ".fifo"

_ENVIRONMENT = re.compile(r"[a-z0-9]*")
_FOREIGN = re.compile(r"[A-Za-z0-9._-]+")
_WRITTEN = {".": "-", "_": "__", "-": "_-"}
_READ = {written: mark for mark, written in _WRITTEN.items()}
_MARK = re.compile(r"[._-]")
_TOKEN = re.compile(r"__|_-|-|[A-Za-z0-9]+")


def sns_name(name: str, *, environment: str = "", fifo: bool = False) -> str:
    """Return the SNS topic of an event: `animal.created` in `prod` is `prod-animal-created`.

    Raises `ContractError` for characters that no topic may have, and for a name too long for SNS.
    """
    if not _FOREIGN.fullmatch(name):
        raise ContractError(
            f"{name!r} cannot be the name of a topic: letters, digits, dots, dashes and underscores only"
        )
    written = _prefix(environment) + _MARK.sub(lambda mark: _WRITTEN[mark[0]], name) + (FIFO if fifo else "")
    if len(written) > TOPIC_LIMIT:
        raise ContractError(f"{written} is longer than the {TOPIC_LIMIT} characters that SNS allows")
    return written


def event_name(topic: str, *, environment: str = "") -> str:
    """Return the event of an SNS topic, the inverse of `sns_name`.

    Raises `ContractError` for a topic of another environment, and for one that `sns_name` cannot have written.
    """
    prefix = _prefix(environment)
    if not topic.startswith(prefix):
        raise ContractError(f"{topic} is no topic of the environment {environment!r}")
    body = topic.removeprefix(prefix).removesuffix(FIFO)
    tokens = _TOKEN.findall(body)
    if not body or "".join(tokens) != body:
        raise ContractError(f"{topic} is no name that we give to a topic")
    return "".join(_READ.get(token, token) for token in tokens)


def queue_name(consumer: str, name: str, *, environment: str = "", fifo: bool = False) -> str:
    """Return the SQS queue in which a consumer (`repti-animal`, `acme`) hears an event.

    Queue names have room for 80 characters: a longer one is cut and ends in a hash of the whole, so tag the queue with the
    event's name.
    """
    end = FIFO if fifo else ""
    whole = sns_name(f"{consumer}.{name}", environment=environment)
    if len(whole) + len(end) <= QUEUE_LIMIT:
        return whole + end
    digest = hashlib.sha256(whole.encode()).hexdigest()[:16]
    return f"{whole[: QUEUE_LIMIT - len(end) - len(digest) - 1]}-{digest}{end}"


def _prefix(environment: str) -> str:
    if not _ENVIRONMENT.fullmatch(environment):
        raise ContractError(f"{environment!r} cannot be the name of an environment: lower-case letters and digits only")
    return f"{environment}-" if environment else ""
