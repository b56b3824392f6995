"""What repti-community is asked to do with its search index."""

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Count, Id, Key, LineageStatus, Sex, Text

INDEX = "search"


@command(key="document_id", service="community")
class RecordIndexed(Command, frozen=True, kw_only=True):
    """The index shows, or no longer shows, a document as it stood at a revision; or could not be told."""

    document_id: Key
    revision: Count
    version: Count
    removed: bool = False
    missed: bool = False


@command(key="index", service="community")
class CheckIndex(Command, frozen=True, kw_only=True):
    """See whether the index is there, and have it built where it is not; sent at each start of a worker."""

    index: Key = INDEX


@command(key="index", service="community")
class RebuildIndex(Command, frozen=True, kw_only=True):
    """Build the next generation of the index from the rows, beside the one that is searched."""

    index: Key = INDEX
    found: Count | None = None
    """The generation that a worker found at its start (0 for none): nothing is done where it is the right one."""


@command(key="index", service="community")
class FillIndex(Command, frozen=True, kw_only=True):
    """Bring the next stretch of rows into the generation that is being built."""

    index: Key = INDEX
    generation: Count
    after: Text = ""
    filled: Count = 0
    """How many documents the stretch before brought."""


@command(key="index", service="community")
class RecordGeneration(Command, frozen=True, kw_only=True):
    """A new generation of the index is searched from now on, or could not be built."""

    index: Key = INDEX
    generation: Count
    failed: bool = False


@command(key="animal_id", service="community")
class IndexAnimal(Command, frozen=True, kw_only=True):
    """Index an animal as repti-animal describes it when asked, unless something newer has been heard since."""

    animal_id: Id
    seen_version: Count
    """The version that the index knew before repti-animal was asked."""
    vivarium_id: Id
    code: Text
    name: Text = ""
    species: Text
    morphs: tuple[Text, ...] = ()
    sex: Sex
    status: Text
    visibility: Text
    lineage_status: LineageStatus


@command(key="animal_id", service="community")
class HideAnimal(Command, frozen=True, kw_only=True):
    """Take an animal out of the index until it is indexed again by hand."""

    animal_id: Id
