"""Another e-mail address for one's account: asked for, confirmed at the new one, stopped or taken back at the one before."""

from typing import Any

from reptidex.domain.addresses import normal_address
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.core.pages import page
from reptidex.http.core.ports import Ports, user_context
from reptidex.http.core.registration import AddressBody, Said, TokenBody, TokenQuery
from reptidex.http.server.policy import public, signed_in
from reptidex.http.server.routes import Raw, Request, Routes
from reptidex.streams.commands.core_addresses import (
    AskForAddress,
    ChangeAddress,
    StopAddressChange,
    WithdrawAddressChange,
)
from reptidex.tables.core.people import User

routes = Routes("address")


@routes.post("/auth/email", policy=signed_in(recent=True, cost=10), status=202, errors=(401, 404, 409, 422))
async def ask_for_address(request: Request[AddressBody, None]) -> Said:
    """Have a link sent to a new address, and a notice to the one so far. The answer is the same whether it is taken or not."""
    ports: Ports = request.ports
    caller = request.caller
    address = normal_address(request.body.email)
    user = await request.read.need(User, caller.subject)
    if user.status == "deleted":
        raise NotFoundError("user", user.user_id)
    sealed = await ports.vault.seal(address.encode(), context=user_context(user.user_id), under=user.data_key)
    await request.tell(
        AskForAddress(
            user_id=user.user_id,
            session_id=caller.session_id,
            address_hash=ports.keyed.address_hash(address),
            email_sealed=sealed,
        )
    )
    return Said(said="a link is on its way to that address; open it within a day, and stay signed in here until then")


@routes.delete("/auth/email", policy=signed_in(cost=2), status=204)
async def withdraw_address_change(request: Request[None, None]) -> None:
    """Call off a change of address that waits for its link; its link works no more. What was changed stays so."""
    await request.tell(WithdrawAddressChange(user_id=request.caller.subject))


@routes.get("/auth/email/confirm", policy=public(), errors=(422,))
async def change_page(request: Request[None, TokenQuery]) -> Raw:
    """Show the button that changes the address: a link alone would be opened by mail scanners as well."""
    _link(request, "change", request.query.token)
    return page(
        title="Change your address",
        text="From now on you sign in with this address. Your other devices are signed out.",
        button="Change",
        action="/auth/email/confirm",
        token=request.query.token,
    )


@routes.post("/auth/email/confirm", policy=public(cost=2), errors=(409, 422))
async def change_address(request: Request[TokenBody, None]) -> Said:
    """Change the address with the token of the link that was sent to the new one; 409 where that has an account already."""
    user_id, generation = _link(request, "change", request.body.token)
    await request.tell(ChangeAddress(user_id=user_id, generation=generation))
    return Said(said="this is the address of your account now; sign in with it")


@routes.get("/auth/email/stop", policy=public(), errors=(422,))
async def stop_page(request: Request[None, TokenQuery]) -> Raw:
    """Show the button that stops a change of address, or takes it back."""
    _link(request, "stop", request.query.token)
    return page(
        title="Keep your address",
        text="Your account keeps this address, all devices are signed out, and you get a link for a new password.",
        button="Keep my address",
        action="/auth/email/stop",
        token=request.query.token,
    )


@routes.post("/auth/email/stop", policy=public(cost=2), errors=(422,))
async def stop_address_change(request: Request[TokenBody, None]) -> Said:
    """Stop a change of address, or take it back within three days, with the token of the link sent to the one before."""
    user_id, generation = _link(request, "stop", request.body.token)
    await request.tell(StopAddressChange(user_id=user_id, generation=generation))
    return Said(said="your account keeps this address; a mail with a link for a new password is on its way")


def _link(request: Any, purpose: str, token: str) -> tuple[str, int]:
    ports: Ports = request.ports
    link = ports.keyed.read_link(purpose, token)
    if link is None:
        raise InvalidError("this is no link of ours; copy the whole of it", "/token")
    return link.user_id, link.generation
