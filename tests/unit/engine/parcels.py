"""A small service of parcels, to try the engine with."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec

from reptidex.agents.agent import Call, Carrier, Effect, Unit, agent, carries_out
from reptidex.errors import DomainError, NotYetError
from reptidex.streams.contract import Command, Event, command, event
from reptidex.tables.query import select
from reptidex.tables.row import Row, stored


@event("parcel.posted", key="parcel_id", service="post")
class ParcelPosted(Event, frozen=True, kw_only=True):
    parcel_id: str
    weight: int = 1


@event("parcel.weighed", key="parcel_id", service="scales")
class ParcelWeighed(Event, frozen=True, kw_only=True):
    parcel_id: str
    weight: int
    trouble: str = ""


@event("parcel.counted", key="parcel_id", service="post")
class ParcelCounted(Event, frozen=True, kw_only=True):
    parcel_id: str
    times: int
    total: int


@command(key="parcel_id", service="post")
class PostParcel(Command, frozen=True, kw_only=True):
    parcel_id: str
    code: str = ""
    trouble: str = ""


@command(key="parcel_id", service="post")
class RemindParcel(Command, frozen=True, kw_only=True):
    parcel_id: str


@command(key="parcel_id", service="post")
class NoteDelivery(Command, frozen=True, kw_only=True):
    parcel_id: str
    by: str


class Deliver(Effect, frozen=True, kw_only=True):
    parcel_id: str


class ParcelView(msgspec.Struct, frozen=True, kw_only=True):
    parcel_id: str
    posted: bool


@stored("parcels", key="parcel_id", indexes=(("code",),), unique=(("code",),), service="post")
class Parcel(Row, frozen=True, kw_only=True):
    parcel_id: str
    code: str
    times: int = 0
    total: int = 0
    reminded: int = 0
    delivered_by: str = ""


class ParcelTakenError(DomainError):
    title = "This parcel is posted already"

    def __init__(self, parcel_id: str) -> None:
        super().__init__(f"parcel {parcel_id} is posted already")
        self.parcel_id = parcel_id


@agent(PostParcel, prefetch={Parcel: "parcel_id"})
async def post_parcel(message: PostParcel, unit: Unit) -> AsyncIterator[Event]:
    """Post a parcel."""
    if await unit.get(Parcel, message.parcel_id):
        raise ParcelTakenError(message.parcel_id)
    unit.put(Parcel(parcel_id=message.parcel_id, code=message.code or message.parcel_id))
    yield ParcelPosted(parcel_id=message.parcel_id)
    if message.trouble == "refused":
        raise ParcelTakenError(message.parcel_id)
    if message.trouble:
        raise RuntimeError(message.trouble)
    unit.effect(Deliver(parcel_id=message.parcel_id))
    unit.timer(f"remind/{message.parcel_id}", unit.now + timedelta(days=1), RemindParcel(parcel_id=message.parcel_id))
    unit.answer(ParcelView(parcel_id=message.parcel_id, posted=True))


@agent(ParcelWeighed, prefetch={Parcel: "parcel_id"})
async def count_parcel(message: ParcelWeighed, unit: Unit) -> AsyncIterator[Event]:
    """Count how often a parcel was weighed."""
    known = await unit.get(Parcel, message.parcel_id) or Parcel(parcel_id=message.parcel_id, code=message.parcel_id)
    known = msgspec.structs.replace(known, times=known.times + 1, total=known.total + message.weight)
    unit.put(known)
    yield ParcelCounted(parcel_id=message.parcel_id, times=known.times, total=known.total)
    if message.trouble == "early" and not await unit.find(select(Parcel, Parcel.c.parcel_id == "late")):
        raise NotYetError("the late parcel is not there yet")
    if message.trouble == "twin":
        unit.put(Parcel(parcel_id=message.parcel_id + "-twin", code="taken"))
    if message.trouble == "poison":
        raise RuntimeError("poison")


ALL = "all-parcels"


@agent(ParcelWeighed, prefetch={Parcel: lambda message: [ALL]})
async def count_all(message: ParcelWeighed, unit: Unit) -> None:
    """Count all weighings in one row, whatever their partition."""
    known = await unit.get(Parcel, ALL) or Parcel(parcel_id=ALL, code=ALL)
    unit.put(msgspec.structs.replace(known, total=known.total + message.weight))


async def note_silence(message: RemindParcel, problem: Exception, unit: Unit) -> None:
    """Note why nobody could be reminded of a parcel."""
    known = await unit.need(Parcel, message.parcel_id)
    unit.put(msgspec.structs.replace(known, delivered_by=f"nobody: {problem}"))
    if known.code == "hopeless":
        raise RuntimeError("another bug")


@agent(RemindParcel, died=note_silence)
async def remind_parcel(message: RemindParcel, unit: Unit) -> None:
    """Count the reminders."""
    known = await unit.need(Parcel, message.parcel_id)
    unit.put(msgspec.structs.replace(known, reminded=known.reminded + 1))
    if known.code == "forbidden":
        raise ParcelTakenError(message.parcel_id)
    if known.code in ("buggy", "hopeless"):
        raise RuntimeError("a bug")


@agent(NoteDelivery)
async def note_delivery(message: NoteDelivery, unit: Unit) -> None:
    """Note who delivered a parcel."""
    known = await unit.need(Parcel, message.parcel_id)
    unit.put(msgspec.structs.replace(known, delivered_by=message.by))


def _lost(effect: Deliver, cause: str) -> Command:
    return NoteDelivery(parcel_id=effect.parcel_id, by=f"nobody: {cause}")


@carries_out(Deliver, failed=_lost)
async def deliver(effect: Deliver, call: Call) -> Command | None:
    """Deliver a parcel."""
    by: str = await call.ports(effect, call) if call.ports else "the postman"
    return NoteDelivery(parcel_id=effect.parcel_id, by=by)


AGENTS = (post_parcel, count_parcel, remind_parcel, note_delivery)
CARRIERS: tuple[Carrier, ...] = (deliver,)
