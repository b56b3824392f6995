"""What may be said of who descends from whom: hard rules refuse, soft ones warn and never block."""

from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec

from reptidex.domain.ancestry import Ancestry
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.genetics.exclusion import excluded, possible
from reptidex.domain.genetics.loci import Genotype
from reptidex.domain.kinship import LineageCycleError, Parents, Pedigree
from reptidex.errors import DomainError

CLOSE = 0.25
"""Inbreeding from which a pairing is called close, where a vivarium says nothing else: that of full siblings."""
GRAVID_DAYS = 150
"""The longest time from fertilisation to laying (or birth) that is allowed for, whatever the species."""
STORAGE_DAYS = 7 * 365
"""The longest storage of sperm known of any reptile (Acrochordus arafurae; Birkhead & Moeller 1993): it bounds what no source
gives for a species."""


class Relative(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules need to know of an animal."""

    animal_id: str
    species_id: str
    sex: Literal["male", "female", "unknown"] = "unknown"
    born_on: date | None = None
    birth_precision: Literal["day", "month", "year", "unknown"] = "day"
    vivarium_id: str = ""
    placeholder: bool = False
    genotype: Genotype = {}
    died_on: date | None = None
    tested: frozenset[str] = frozenset()
    """The loci at which a laboratory says what it carries."""

    @property
    def born_between(self) -> tuple[date, date] | None:
        """The first and the last day on which it may have been born."""
        if self.born_on is None or self.birth_precision == "unknown":
            return None
        first = self.born_on
        if self.birth_precision == "month":
            first = first.replace(day=1)
            return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if self.birth_precision == "year":
            return first.replace(month=1, day=1), first.replace(month=12, day=31)
        return first, first


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """What the record of a clutch says of an animal that hatched from it."""

    dam_id: str
    sire_ids: tuple[str, ...] = ()
    eggs: int = 0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What else is known where parents are judged."""

    limit: float = CLOSE
    """The inbreeding from which the vivarium wants to be warned."""
    hybrid: bool = False
    """Whether the animal is said to be a hybrid of species."""
    clutch: Laid | None = None
    tested: Parents = (None, None)
    """Parents whom a laboratory has confirmed."""
    inbreeding: float | None = None
    """F of the animal with these parents, where it has been worked out already."""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a check noticed."""

    rule: str
    severity: Literal["error", "warning", "note"]
    text: str
    animal_ids: tuple[str, ...] = ()
    pointer: str = ""


class ParentsRefusedError(DomainError):
    """These parents cannot be; `remarks` says why, one by one, and `pointer` names the first field concerned."""

    status = 422
    title = "These parents cannot be"

    def __init__(self, remarks: list[Remark]) -> None:
        super().__init__("; ".join(remark.text for remark in remarks))
        self.remarks, self.pointer = tuple(remarks), remarks[0].pointer


def judge(
    child: Relative,
    sire: Relative | None,
    dam: Relative | None,
    species: Species,
    ancestry: Pedigree,
    known: Known = Known(),
) -> list[Remark]:
    """Check a pair of parents for an animal.

    `ancestry` holds the parents of `sire`, `dam` and all their ancestors; what it says of the child itself is left out.
    """
    remarks: list[Remark] = []
    for role, parent in (("sire", sire), ("dam", dam)):
        if parent is not None:
            remarks += _one_parent(child, parent, role, species, known)
    parents: Parents = (sire.animal_id if sire else None, dam.animal_id if dam else None)
    remarks += _circle(child, parents, ancestry)
    remarks += _slots(parents, known)
    remarks += _excluded(child, sire, dam, species)
    if sire and dam and sire.animal_id == dam.animal_id:
        remarks.append(_error("same_parent", "one animal cannot be both sire and dam", "/dam_id", sire.animal_id))
    if any(remark.severity == "error" for remark in remarks):
        return remarks
    return remarks + list(_doubts(child, sire, dam, species, ancestry, known))


def refuse_errors(remarks: list[Remark]) -> list[Remark]:
    """Return the remarks if none is an error.

    Raises `ParentsRefusedError` with all that are.
    """
    errors = [remark for remark in remarks if remark.severity == "error"]
    if errors:
        raise ParentsRefusedError(errors)
    return remarks


def _error(rule: str, text: str, pointer: str, *animals: str) -> Remark:
    return Remark(rule=rule, severity="error", text=text, pointer=pointer, animal_ids=animals)


def _one_parent(child: Relative, parent: Relative, role: str, species: Species, known: Known) -> Iterator[Remark]:
    pointer, needed = f"/{role}_id", {"sire": "male", "dam": "female"}[role]
    if parent.animal_id == child.animal_id:
        yield _error("self_parent", f"an animal cannot be its own {role}", pointer, child.animal_id)
        return
    if parent.sex not in (needed, "unknown"):
        yield _error("sex", f"the {role} is recorded as {parent.sex}; it must be {needed}", pointer, parent.animal_id)
    if parent.species_id != child.species_id:
        if known.hybrid:
            text = f"the {role} is of another species: a hybrid"
            yield Remark(rule="hybrid", severity="note", text=text, pointer=pointer, animal_ids=(parent.animal_id,))
        else:
            text = f"the {role} is of another species; say `hybrid` where that is meant"
            yield _error("species", text, pointer, parent.animal_id)
    born, before = child.born_between, parent.born_between
    if born and before and before[0] + timedelta(days=species.parent_days) > born[1]:
        text = f"the {role} must be born at least {species.parent_days} days before its young"
        yield _error("age", text, pointer, parent.animal_id)
    yield from _alive(child, parent, role, species)
    if parent.sex == "unknown":
        yield Remark(rule="sex_unknown", severity="warning", text=f"the {role}'s sex is not recorded", pointer=pointer)
    if before is None and not parent.placeholder:
        yield Remark(rule="birth_unknown", severity="note", text=f"the {role}'s birth is not recorded", pointer=pointer)


def _alive(child: Relative, parent: Relative, role: str, species: Species) -> Iterator[Remark]:
    """A dam lives until she lays; a sire until he mates, and his sperm may be stored for as long as the species allows."""
    born, died = child.born_between, parent.died_on
    if born is None or died is None:
        return
    pointer = f"/{role}_id"
    incubated = 0 if species.live_bearing else (species.incubation_days or (0, GRAVID_DAYS))[1]
    # In days from the death: the day of laying itself may lie before the first that a date can say.
    laid = (born[0] - died).days - incubated
    if role == "dam":
        if laid > 0:
            yield _error("dead", "the dam had died before the egg was laid", pointer, parent.animal_id)
        return
    gone = laid - GRAVID_DAYS
    if gone > (species.sperm_storage_days or STORAGE_DAYS):
        text = "the sire had died before conception, longer ago than sperm can be stored"
        yield _error("dead", text, pointer, parent.animal_id)
    elif gone > 0:
        text = f"the sire had died {gone} days or more before conception: only stored sperm explains it"
        yield Remark(
            rule="stored_sperm", severity="warning", text=text, pointer=pointer, animal_ids=(parent.animal_id,)
        )


def _slots(parents: Parents, known: Known) -> Iterator[Remark]:
    """A slot has one record: what a laboratory or the clutch has settled, another name does not replace."""
    for role, parent, tested in zip(("sire", "dam"), parents, known.tested, strict=True):
        if tested is not None and parent != tested:
            text = f"a laboratory has confirmed another {role}; a new test has to exclude it first"
            yield _error("slot", text, f"/{role}_id", tested)
    laid, (sire, dam) = known.clutch, parents
    if laid is None:
        return
    if dam is not None and dam != laid.dam_id:
        yield _error("slot", "the record of its clutch names another dam", "/dam_id", laid.dam_id)
    if sire is not None and laid.sire_ids and sire not in laid.sire_ids:
        text = "the record of its clutch does not name this sire"
        yield Remark(rule="clutch_sire", severity="warning", text=text, pointer="/sire_id", animal_ids=(sire,))


def excluded_before(role: Literal["sire", "dam"], parent_id: str) -> Remark:
    """Say that a laboratory has excluded a parent who is named again."""
    text = f"a laboratory has excluded this {role}; only a laboratory's finding, with its reference, brings it back"
    return _error("slot", text, f"/{role}_id", parent_id)


def two_sexes(role: Literal["sire", "dam"], parent_id: str) -> Remark:
    """Say that an animal whose sex is not recorded is named as the other parent of other young."""
    other = "dam" if role == "sire" else "sire"
    return _error("sex", f"the {role} is recorded as the {other} of other young", f"/{role}_id", parent_id)


def _circle(child: Relative, parents: Parents, ancestry: Pedigree) -> Iterator[Remark]:
    for parent, pointer in zip(parents, ("/sire_id", "/dam_id"), strict=True):
        path = line(ancestry, parent, child.animal_id) if parent and parent != child.animal_id else ()
        if path:
            text = f"this would make the animal its own ancestor, {len(path)} generations up"
            yield _error("cycle", text, pointer, *path)


def line(ancestry: Pedigree, start: str, ancestor: str) -> tuple[str, ...]:
    """Return one line of descent from an animal up to an ancestor, both included; empty where there is none."""
    came: dict[str, str | None] = {start: None}
    todo = deque([start])
    while todo:
        here = todo.popleft()
        if here == ancestor:
            path = [here]
            while (below := came[path[-1]]) is not None:
                path.append(below)
            return tuple(reversed(path))
        for parent in ancestry.get(here, (None, None)):
            if parent and parent not in came:
                came[parent] = here
                todo.append(parent)
    return ()


def _doubts(
    child: Relative, sire: Relative | None, dam: Relative | None, species: Species, ancestry: Pedigree, known: Known
) -> Iterator[Remark]:
    if known.clutch and species.clutch_size and known.clutch.eggs > species.clutch_size[1]:
        text = f"its clutch of {known.clutch.eggs} is larger than any known of the species ({species.clutch_size[1]})"
        yield Remark(rule="clutch_size", severity="warning", text=text)
    if sire and dam:
        if sire.placeholder and dam.placeholder and sire.vivarium_id == dam.vivarium_id == child.vivarium_id:
            yield Remark(
                rule="placeholders", severity="warning", text="both parents are placeholders of the same vivarium"
            )
        together = known.inbreeding
        if together is None:
            together = Ancestry(ancestry).kinship(sire.animal_id, dam.animal_id).value
        if close := close_parents(together, known.limit, sire.animal_id, dam.animal_id):
            yield close
        yield from _impossible(child, sire, dam, species)


def judge_genes(child: Relative, sire: Relative | None, dam: Relative | None, species: Species) -> list[Remark]:
    """Check by genes alone whether parents can be: what `judge` says under the rule `genotype`."""
    remarks = list(_excluded(child, sire, dam, species))
    return remarks if remarks or not (sire and dam) else list(_impossible(child, sire, dam, species))


def _impossible(child: Relative, sire: Relative, dam: Relative, species: Species) -> Iterator[Remark]:
    """Doubt parents who, as all three are recorded, cannot give what the young carries."""
    for locus in species.loci:
        if not possible(locus, child.genotype, sire.genotype, dam.genotype):
            text = f"{locus.name}: these parents, as recorded, cannot give what the animal is recorded to carry"
            yield Remark(rule="genotype", severity="warning", text=text, animal_ids=(sire.animal_id, dam.animal_id))


def close_parents(inbreeding: float, limit: float, *parents: str) -> Remark | None:
    """Warn where parents are as closely related as the vivarium's limit, or closer."""
    if inbreeding < limit or not inbreeding:
        return None
    text = f"the parents are closely related: inbreeding {inbreeding:.4g}"
    return Remark(rule="inbreeding", severity="warning", text=text, animal_ids=parents)


def _excluded(child: Relative, sire: Relative | None, dam: Relative | None, species: Species) -> Iterator[Remark]:
    """Say where laboratory tests of parent and child exclude each other; what is only recorded is doubted instead."""
    roles: tuple[tuple[Literal["sire", "dam"], Relative | None], ...] = (("sire", sire), ("dam", dam))
    for role, parent in roles:
        for name in sorted(child.tested & parent.tested) if parent else ():
            locus = species.locus(name)
            if parent and excluded(locus, child.genotype, parent.genotype, role):
                text = f"{locus.name}: by their laboratory tests, this animal is no young of the {role}"
                yield _error("genotype", text, f"/{role}_id", parent.animal_id)


def generations(pedigree: Pedigree, animal: str) -> int:
    """Count the generations of the longest known line of ancestors.

    Raises `LineageCycleError` where the line comes back to itself.
    """
    depth, level, seen = 0, {animal}, 0
    while level := {parent for one in level for parent in pedigree.get(one, (None, None)) if parent}:
        depth, seen = depth + 1, seen + 1
        if seen > len(pedigree):
            raise LineageCycleError((animal,))
    return depth
