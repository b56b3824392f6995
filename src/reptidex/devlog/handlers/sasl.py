"""Who is asking: SaslHandshake and SaslAuthenticate with the mechanism PLAIN (RFC 4616)."""

import hmac

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.apis import Api
from reptidex.devlog.protocol.schema import Answer

MECHANISM = "PLAIN"
OPEN_TO_ALL = frozenset({Api.API_VERSIONS, Api.SASL_HANDSHAKE, Api.SASL_AUTHENTICATE})


def handshake(broker: Broker, request: Request) -> Answer:
    """Agree on the mechanism."""
    mechanism = request.decode().mechanism
    if mechanism != MECHANISM or not broker.options.security.users:
        return {"error_code": ErrorCode.unsupported_sasl_mechanism, "mechanisms": [MECHANISM]}
    request.session.mechanism = mechanism
    return {"mechanisms": [MECHANISM]}


def authenticate(broker: Broker, request: Request) -> Answer:
    """Check user and password; comparing takes the same time whether the user exists or not."""
    parts = bytes(request.decode().auth_bytes).split(b"\0")
    if request.session.mechanism != MECHANISM or len(parts) != 3:
        return _refused("handshake first, then authorization id, user and password")
    try:
        authorization, user, password = (part.decode() for part in parts)
    except UnicodeDecodeError:
        return _refused("user and password must be UTF-8")
    known = broker.options.security.users.get(user)
    matches = hmac.compare_digest((known or "").encode(), password.encode())
    if known is None or not matches or authorization not in ("", user):
        return _refused("unknown user or wrong password")
    request.session.user = user
    return {"auth_bytes": b""}


def _refused(message: str) -> Answer:
    return {"error_code": ErrorCode.sasl_authentication_failed, "error_message": message, "auth_bytes": b""}
