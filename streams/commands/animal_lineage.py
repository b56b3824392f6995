"""What repti-animal can be asked about who descends from whom; everything about one animal's parents queues per animal."""

from typing import Annotated, Literal

from msgspec import Meta

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Evidence, Id, LongText, Share, Text

ParentRole = Literal["sire", "dam"]
Outcome = Literal["withdrawn", "yielded", "supported", "excluded"]


@command(key="animal_id", service="animal")
class SuggestParent(Command, frozen=True, kw_only=True):
    """Suggest to the keeper of an animal who its parent is; answers `Done`."""

    suggestion_id: Id
    animal_id: Id
    role: ParentRole
    parent_id: Id
    from_vivarium_id: Id
    evidence: Evidence = "claim"
    reference: Text = ""
    note: LongText = ""


@command(key="animal_id", service="animal")
class AnswerSuggestion(Command, frozen=True, kw_only=True):
    """Agree to a suggestion, or decline it; answers `Done` with the warnings."""

    suggestion_id: Id
    animal_id: Id
    vivarium_id: Id
    agree: bool
    note: LongText = ""


@command(key="animal_id", service="animal")
class WithdrawSuggestion(Command, frozen=True, kw_only=True):
    """Take back a suggestion that nobody has answered; answers `Done`."""

    suggestion_id: Id
    animal_id: Id
    vivarium_id: Id


@command(key="animal_id", service="animal")
class DisputeParent(Command, frozen=True, kw_only=True):
    """Dispute who an animal's parent is; answers `Done`."""

    animal_id: Id
    role: ParentRole
    vivarium_id: Id
    evidence: Evidence = "claim"
    reference: Text = ""
    note: LongText = ""


@command(key="animal_id", service="animal")
class ResolveParent(Command, frozen=True, kw_only=True):
    """End a dispute, or record what a laboratory says of a parent; answers `Done`."""

    animal_id: Id
    role: ParentRole
    vivarium_id: Id
    outcome: Outcome
    reference: Text = ""
    note: LongText = ""
    platform: bool = False
    """Whether the platform decides, and not one of the parties."""


@command(key="animal_id", service="animal")
class LinkPlaceholder(Command, frozen=True, kw_only=True):
    """Say which registered animal a placeholder stands for: its young become that animal's; answers `Done`."""

    animal_id: Id
    vivarium_id: Id
    to_animal_id: Id


@command(key="animal_id", service="animal")
class SetFounderInbreeding(Command, frozen=True, kw_only=True):
    """Give the inbreeding of an animal whose parents are not recorded; None takes it back. Answers `Done`."""

    animal_id: Id
    vivarium_id: Id
    inbreeding: Share | None


@command(key="vivarium_id", service="animal")
class SetLineageRules(Command, frozen=True, kw_only=True):
    """Set what a vivarium holds its lineages to; answers `Done`."""

    vivarium_id: Id
    inbreeding_limit: Annotated[float, Meta(gt=0, le=1)]


@command(key="animal_id", service="animal")
class WeighYoung(Command, frozen=True, kw_only=True):
    """Weigh the parents of an animal's young anew, from the young after `after` on; the service says it to itself."""

    animal_id: Id
    after: str = ""
    vivarium_id: Id
    """Whose test or record it was that changed the animal's genes."""
    reference: Text = ""
