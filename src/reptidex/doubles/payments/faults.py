"""How the payment double misbehaves: everything a provider documents, or was seen to do, on command and by seed.

A decision is drawn from the seed, what it is about and the payment it is about, never from the order of calls: two runs
with one seed misbehave alike, however their requests interleave.
"""

import hashlib
from typing import Any

import msgspec

from reptidex.doubles.payments.book import Thing


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shares are from 0 (never) to 1 (always); times in seconds."""

    seed: int = 1
    down: bool = False
    """Every call of the API is answered 503, and nothing is done."""
    latency_s: float = 0.0
    """How long every call of the API takes, at most until the faults are replaced."""
    acts: tuple[str, ...] = ("authorise", "capture", "refund", "cancel")
    """The acts whose answers fail by the next three."""
    fail_before: float = 0.0
    """Answers 500 without having done it."""
    fail_after: float = 0.0
    """Does it, and then answers 500."""
    hang_after: float = 0.0
    """Does it, and then never answers: the connection is cut after `hang_s`, or once the faults are replaced."""
    hang_s: float = 0.0
    repeat: float = 0.0
    """Webhooks sent more than once, up to `repeat_most` times in all."""
    repeat_most: int = 8
    reorder: int = 0
    """Webhooks are held back until so many are due (or `reorder_s` have passed), and sent in a drawn order."""
    reorder_s: float = 0.2
    delay: float = 0.0
    """Webhooks that are sent late, by up to `delay_s`."""
    delay_s: float = 0.0
    drop: float = 0.0
    """Webhooks whose first `drop_first` deliveries are lost on the way; the provider's retries follow."""
    drop_first: int = 3
    forge: float = 0.0
    """Webhooks that a forger imitates, before the true one: wrong key, changed body, or a stamp of an hour ago."""
    never: float = 0.0
    """Webhooks that are never sent."""
    retries_s: tuple[float, ...] = (0.2, 0.5, 1, 2, 5, 15, 60, 300, 1800, 3600, 7200, 14400, 28800, 57600, 86400)
    """When a webhook that was not answered 2xx is sent again; after the last it is given up."""

    def hits(self, share: float, what: str, key: str) -> bool:
        """Draw whether something happens."""
        return share > 0 and draw(self.seed, what, key) < share


def draw(seed: int, what: str, key: str) -> float:
    """Return a number from 0 up to 1 that depends on nothing but the arguments."""
    drawn = hashlib.sha256(f"{seed}/{what}/{key}".encode()).digest()[:8]
    return int.from_bytes(drawn, "big") / 2**64


MISBEHAVING: dict[str, dict[str, Any]] = {
    "CaptureAnswers500": {"fail_after": 1.0, "acts": ("capture",)},
    "CaptureNeverAnswers": {"hang_after": 1.0, "acts": ("capture",)},
    "AuthoriseAnswers500": {"fail_after": 1.0, "acts": ("authorise",)},
    "AuthoriseNeverAnswers": {"hang_after": 1.0, "acts": ("authorise",)},
    "RefundAnswers500": {"fail_after": 1.0, "acts": ("refund",)},
    "RefundNeverAnswers": {"hang_after": 1.0, "acts": ("refund",)},
    "WebhooksRepeated": {"repeat": 1.0},
    "WebhooksLate": {"delay": 1.0, "delay_s": 3.0},
    "WebhooksReordered": {"delay": 1.0, "delay_s": 0.5},
    "WebhooksDropped": {"drop": 1.0},
    "WebhooksForged": {"forge": 1.0},
    "WebhooksNever": {"never": 1.0},
}
"""By the end of a means of payment's name (`pm_double_…`, `vault_double_…`): how payments by it misbehave."""


def faults_of(faults: Faults, method: str) -> Faults:
    """Return the faults for payments by one means of payment."""
    changes = MISBEHAVING.get(method.partition("_double_")[2])
    return faults if changes is None else msgspec.structs.replace(faults, **changes)


def subject_of(thing: Thing) -> str:
    """Return what decisions about an object of a provider are drawn by: our transaction, else the object's own id."""
    kept = thing.get("metadata") or {}
    return str(kept.get("transaction") or thing.get("custom_id") or thing["id"])
