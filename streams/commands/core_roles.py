"""What repti-core can be asked to do about roles that were taken or lowered."""

from reptidex.streams.contract import Command, command


@command(key="vivarium_id", service="core")
class ForgetLoweredRole(Command, frozen=True, kw_only=True):
    """Drop the note that a role was lowered: the tokens that said otherwise have run out."""

    vivarium_id: str
    lowered_id: str
