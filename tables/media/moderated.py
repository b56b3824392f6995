"""Who and what repti-media shows nothing of to others: taken down by moderators, or suspended."""

from reptidex.tables.row import Row, stored

SHOWN = ("animal", "user", "vivarium")
"""The kinds of subjects of which there are pictures and cards for everybody; a file is hidden in its own row."""

TAKEN_DOWN: dict[str, bool] = {"keep": False, "hide": True, "remove": True, "suspend": True}
"""Whether a decision takes its subject down; what is not named changes nothing."""


@stored("moderated", key="moderated_id")
class Moderated(Row, frozen=True, kw_only=True):
    """A subject that a moderator took down, or somebody who is suspended: there is a row as long as that holds."""

    moderated_id: str
    """`<kind>:<id>`; the kind is `suspended` for an account or a vivarium that is."""

    @staticmethod
    def id_of(kind: str, subject_id: str) -> str:
        """Return the key of a subject."""
        return f"{kind}:{subject_id}"


SUSPENDED = "suspended"
