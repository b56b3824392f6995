"""What repti-core opens for the person whom it belongs to: addresses rest sealed, and scopes under a hash."""

from typing import Any

from reptidex.errors import NotFoundError
from reptidex.http.core.ports import Ports, email_of, unsealed
from reptidex.tables.core.address_changes import AddressChange
from reptidex.tables.core.people import Grant, User
from reptidex.tables.core.telephones import Telephone


async def account(request: Any) -> dict[str, Any]:
    """Return the addresses and the scopes of the person who asks. Raises `NotFoundError` for one who is gone."""
    ports: Ports = request.ports
    user = await request.read.need(User, request.caller.subject)
    if user.status == "deleted":
        raise NotFoundError("user", user.user_id)
    change = await request.read.get(AddressChange, user.user_id)
    grant = await request.read.get(Grant, user.address_hash)
    other = await email_of(ports, user, change) if change is not None and change.address_hash else None
    known = await request.read.get(Telephone, user.user_id)
    return {
        "email": await email_of(ports, user),
        "other_email": other,
        "telephone": await unsealed(ports, user, known.number_sealed) if known is not None else "",
        "other_telephone": await unsealed(ports, user, known.asked_sealed) if known is not None else "",
        "scopes": grant.scopes if grant else (),
        "has_password": bool(user.password_sealed),
    }
