"""What repti-community is asked to do with its search index. All of it has one key: the index has one writer."""

import msgspec

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Count, Id, Key, LineageStatus, Sex, Text

INDEX = "search"


class Shown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the index shows a document."""

    revision: Count
    version: Count
    removed: bool = False


@command(key="index", service="community")
class FollowRows(Command, frozen=True, kw_only=True):
    """Bring the next changed rows into the index."""

    index: Key = INDEX


@command(key="index", service="community")
class RecordShown(Command, frozen=True, kw_only=True):
    """The index shows documents as they stood at a revision; empty where the index could not be reached at all."""

    index: Key = INDEX
    shown: dict[str, Shown] = {}


@command(key="index", service="community")
class CheckIndex(Command, frozen=True, kw_only=True):
    """See whether the index is there, and have it built where it is not; sent at each start of a worker."""

    index: Key = INDEX


@command(key="index", service="community")
class RebuildIndex(Command, frozen=True, kw_only=True):
    """Build the next generation of the index from the rows, beside the one that is searched."""

    index: Key = INDEX


@command(key="index", service="community")
class FillIndex(Command, frozen=True, kw_only=True):
    """Bring the next stretch of rows into the generation that is being built."""

    index: Key = INDEX
    generation: Count
    after: Text = ""
    shown: dict[str, Shown] = {}
    """What the stretch before has shown."""


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
    morph: str = ""
    sex: Sex
    status: Text
    visibility: Text
    lineage_status: LineageStatus


@command(key="animal_id", service="community")
class HideAnimal(Command, frozen=True, kw_only=True):
    """Take an animal out of the index until it is indexed again by hand."""

    animal_id: Id
