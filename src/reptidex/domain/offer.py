"""What may be offered on the marketplace, and for how long."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

LIFE = timedelta(days=180)
"""How long an offer stays on the marketplace."""
DISPUTE_WINDOW = timedelta(days=30)
"""How long after completion a buyer may contest an order here; their bank may do so longer."""

Category = Literal["hatchling", "juvenile", "subadult", "adult", "breeder", "pet", "rescue", "other"]
"""What is offered, by age and purpose; what kind of animal it is, the species says."""
Objection = Literal[
    "foreign", "not_active", "held", "lineage_rejected", "lineage_disputed", "welfare", "plan", "plan_limit"
]
WORDS: dict[Objection, str] = {
    "foreign": "the animal belongs to another vivarium",
    "not_active": "only an animal that is alive and in the active collection can be offered",
    "held": "the animal is held for a sale that is under way",
    "lineage_rejected": "the animal's lineage was rejected: correct the parents first",
    "lineage_disputed": "the animal's lineage is disputed: settle the dispute first",
    "welfare": "the animal carries a trait with a welfare warning: confirm that buyers are told (welfare_acknowledged)",
    "plan": "the vivarium's subscription does not allow it to sell now",
    "plan_limit": "the plan allows no more offers at once: withdraw one, or change the plan",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an animal and its seller at the moment of publishing."""

    owned: bool
    status: str
    held: bool
    lineage_status: str
    warnings: int
    warnings_acknowledged: bool
    subscription: str
    published: int
    limit: int | None


def objections(facts: Facts) -> list[Objection]:
    """Return everything that speaks against publishing, the weightiest first; empty where nothing does."""
    found: list[tuple[bool, Objection]] = [
        (not facts.owned, "foreign"),
        (facts.status != "active", "not_active"),
        (facts.held, "held"),
        (facts.lineage_status == "rejected", "lineage_rejected"),
        (facts.lineage_status == "disputed", "lineage_disputed"),
        (facts.warnings > 0 and not facts.warnings_acknowledged, "welfare"),
        (facts.subscription in ("canceled", "lapsed") and facts.limit == 0, "plan"),
        (facts.limit is not None and facts.published >= facts.limit, "plan_limit"),
    ]
    return [objection for applies, objection in found if applies]
