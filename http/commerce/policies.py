"""Sellers' terms."""

from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.commerce import SetPolicy
from reptidex.tables.commerce.models import Policy

routes = Routes("policies")
Days = Annotated[int, Meta(ge=0, le=365)]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a seller promises. An order keeps the terms as they read when it is made."""

    refund_days: Days = 0
    live_arrival: bool = True
    health_guarantee_days: Days = 0
    text: Annotated[str, Meta(max_length=2000)] = ""


class TermsView(Terms, frozen=True, kw_only=True):
    """A seller's terms as they read now."""

    vivarium_id: str


def _view(policy: Policy) -> TermsView:
    return TermsView(**{name: getattr(policy, name) for name in TermsView.__struct_fields__})


@routes.get("/marketplace/policies/{vivarium_id}", policy=public())
async def get_policy(request: Request[None, None]) -> TermsView:
    """Return a seller's terms; the platform's default where the seller wrote none."""
    vivarium_id = request.path["vivarium_id"]
    policy = await request.read.get(Policy, vivarium_id)
    return _view(policy) if policy is not None else TermsView(vivarium_id=vivarium_id)


@routes.put("/marketplace/policy", policy=member("curator"))
async def set_policy(request: Request[Terms, None]) -> TermsView:
    """Write the terms of the caller's vivarium anew."""
    command = SetPolicy(vivarium_id=request.caller.vivarium_id, **msgspec.structs.asdict(request.body))
    return _view(await request.ask(command, Policy))
