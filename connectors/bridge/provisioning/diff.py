"""What has to happen so that AWS is as it should be, and what happened there without us."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from reptidex.connectors.bridge.provisioning.actual import Actual, Found
from reptidex.connectors.bridge.provisioning.desired import UNREPORTED, Kind, Resource, canonical, fingerprint
from reptidex.connectors.bridge.provisioning.place import APPLIED, SUBSCRIBED, Place

State = Literal["create", "change", "drift", "foreign", "leftover", "unchanged"]
"""`change`: what should be has changed since it was applied. `drift`: somebody changed it by hand. `foreign`: it has a
name of ours and is not ours, or hangs on a topic of ours. `leftover`: ours, and wanted no more."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that is not as it should be."""

    setting: str
    is_now: str
    should_be: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One resource between what is and what should be."""

    state: State
    kind: Kind
    name: str
    differences: tuple[Difference, ...] = ()
    wanted: Resource | None = None
    found: Found | None = None

    @property
    def pending(self) -> bool:
        """Say whether `apply` has something to do here, or somebody has to look at it. Others may listen to our topics."""
        return self.state != "unchanged" and not (self.state == "foreign" and self.wanted is None)


def compare(wanted: Sequence[Resource], actual: Actual, place: Place) -> list[Change]:
    """Return every resource with its state: those wanted in the order in which they are made, then the others by name."""
    sets = _subscription_sets(actual.values())
    changes = [_compare(each, actual.get((each.kind, each.name)), actual, sets, place) for each in wanted]
    names = {(each.kind, each.name) for each in wanted}
    for key in sorted(set(actual) - names):
        found = actual[key]
        ours = found.is_of(place) if found.kind != "subscription" else _queue_is_ours(found, actual, place)
        changes.append(Change(state="leftover" if ours else "foreign", kind=found.kind, name=found.name, found=found))
    return changes


def subscriptions_fingerprint(subscriptions: Iterable[Resource]) -> str:
    """Return what tells the subscriptions of a queue from any others."""
    return fingerprint({each.name: canonical(each.settings) for each in subscriptions})


def queue_of(subscription: str) -> str:
    """Return the queue of a subscription's name."""
    return subscription.partition(" -> ")[2]


def _compare(wanted: Resource, found: Found | None, actual: Actual, sets: dict[str, str], place: Place) -> Change:
    if found is None:
        return Change(state="create", kind=wanted.kind, name=wanted.name, wanted=wanted)
    settings = wanted.settings
    differences = [
        Difference(setting=name, is_now=found.settings.get(name, ""), should_be=value)
        for name, value in settings.items()
        if found.settings.get(name, "") != value and (name in found.told or name not in UNREPORTED)
    ]
    differences += [
        Difference(setting=f"tag {name}", is_now=found.tags.get(name, ""), should_be=value)
        for name, value in wanted.tags.items()
        if found.tags.get(name) != value
    ]
    state: State = "unchanged"
    if wanted.kind == "subscription":
        if differences:
            queue = actual.get(("queue", queue_of(wanted.name)))
            state = _whose_change(queue.tags.get(SUBSCRIBED) if queue else None, sets[queue_of(wanted.name)])
    elif not found.is_of(place):
        state = "foreign"
    elif differences:
        state = _whose_change(found.tags.get(APPLIED), found.fingerprint)
    return Change(
        state=state,
        kind=wanted.kind,
        name=wanted.name,
        differences=tuple(differences),
        wanted=wanted,
        found=found,
    )


def _whose_change(applied: str | None, now: str) -> State:
    """Tell our own change from one by hand: what is there is what was applied last, or it is not."""
    return "change" if applied in (None, now) else "drift"


def _subscription_sets(found: Iterable[Found]) -> dict[str, str]:
    by_queue: dict[str, list[Found]] = {}
    for each in found:
        if each.kind == "subscription":
            by_queue.setdefault(queue_of(each.name), []).append(each)
    return {
        queue: subscriptions_fingerprint(sorted(each, key=lambda one: one.name)) for queue, each in by_queue.items()
    }


def _queue_is_ours(subscription: Found, actual: Actual, place: Place) -> bool:
    queue = actual.get(("queue", queue_of(subscription.name)))
    return queue is not None and queue.is_of(place)
