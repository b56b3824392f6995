"""A telephone number for texts; they are chosen, message by message, at repti-community."""

import hmac
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.errors import DomainError, NotFoundError, UnauthenticatedError
from reptidex.http.core.attempts import attempt_at
from reptidex.http.core.ports import Ports, telephone_code, unsealed, user_context
from reptidex.http.core.registration import Said
from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.core_telephones import AskForTelephone, ConfirmTelephone, RemoveTelephone
from reptidex.tables.core.people import User
from reptidex.tables.core.telephones import Telephone

routes = Routes("telephone")


class NewTelephone(msgspec.Struct, frozen=True, kw_only=True):
    """A number to send texts to."""

    number: Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}$(?!\n)", description="E.164, such as `+491701234567`")]


class TelephoneCode(msgspec.Struct, frozen=True, kw_only=True):
    """What the text says."""

    code: Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)")]


class TelephoneView(msgspec.Struct, frozen=True, kw_only=True):
    """Where texts go to."""

    number: str
    """Empty where there is none."""
    confirmed_at: datetime | None
    waiting: str
    """The number that waits for its code; empty where none does."""


@routes.get("/auth/telephone", policy=signed_in())
async def get_telephone(request: Request[None, None]) -> TelephoneView:
    """Show the caller's number."""
    ports: Ports = request.ports
    user = await request.read.need(User, request.caller.subject)
    known = await request.read.get(Telephone, user.user_id)
    if known is None:
        return TelephoneView(number="", confirmed_at=None, waiting="")
    asked = known.asked_sealed if known.is_open(ports.clock()) else b""
    return TelephoneView(
        number=await unsealed(ports, user, known.number_sealed),
        confirmed_at=known.confirmed_at,
        waiting=await unsealed(ports, user, asked),
    )


@routes.put("/auth/telephone", policy=signed_in(recent=True, cost=20), status=202, errors=(404, 409))
async def ask_for_telephone(request: Request[NewTelephone, None]) -> Said:
    """Have a code sent to a number: at most one a minute and five a day. A number of before serves until it is given back."""
    ports: Ports = request.ports
    if not ports.texts:
        raise DomainError("no texts are sent here")
    user = await request.read.need(User, request.caller.subject)
    if user.status == "deleted":
        raise NotFoundError("user", user.user_id)
    number = request.body.number.encode()
    sealed = await ports.vault.seal(number, context=user_context(user.user_id), under=user.data_key)
    await request.tell(AskForTelephone(user_id=user.user_id, number_sealed=sealed))
    return Said(said="a code is on its way to that number; give it back within ten minutes")


@routes.post("/auth/telephone/confirm", policy=signed_in(cost=5), status=204, errors=(401, 409))
async def confirm_telephone(request: Request[TelephoneCode, None]) -> None:
    """Give the code back: texts go to that number from now on."""
    ports: Ports = request.ports
    user_id = request.caller.subject
    known = await request.read.get(Telephone, user_id)
    if known is None or not known.is_open(ports.clock()):
        raise DomainError("no number waits for a code, or the code is older than ten minutes; ask for another")
    async with attempt_at(request, f"telephone:{user_id}"):
        if not hmac.compare_digest(telephone_code(ports, known), request.body.code):
            raise UnauthenticatedError("this is not the code that was sent")
    await request.tell(ConfirmTelephone(user_id=user_id, generation=known.generation))


@routes.delete("/auth/telephone", policy=signed_in(cost=2), status=204)
async def remove_telephone(request: Request[None, None]) -> None:
    """Forget the number; messages that were chosen as texts come by no text any more."""
    await request.tell(RemoveTelephone(user_id=request.caller.subject))
