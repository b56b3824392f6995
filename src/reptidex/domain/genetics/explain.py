"""What is known of an animal at a locus and why, in words that a breeder reads."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import msgspec

from reptidex.domain.genetics.family import Belief, Record, believe, without_record, without_young
from reptidex.domain.genetics.loci import ABSENT, WILD, Distribution, Locus, Pair
from reptidex.domain.genetics.looks import full_name, look, percent

Status = Literal["tested", "visual", "proven", "possible", "claimed", "normal", "disputed"]
Source = Literal["claim", "clutch", "offspring", "parentage", "lab"]


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at one locus, with the steps that led there."""

    locus: str
    name: str
    status: Status
    evidence: Source
    pairs: dict[Pair, Fraction]
    """How likely each pair is; empty where the records contradict each other."""
    steps: tuple[str, ...]
    relatives: int
    """How many relatives were reckoned with."""
    from_sire: Fraction | None = None
    """For a gene on both sex chromosomes: how likely the first allele came from the sire."""


def explain(
    locus: Locus, family: Mapping[str, Record], animal_id: str, names: Mapping[str, str], tested: str = ""
) -> Explained:
    """Say what a family's records mean for one of its animals at a locus.

    `names` holds what to call the animals that may be named, `tested` how a laboratory tested this one (empty: none did).
    """
    mine = family[animal_id]
    full = believe(locus, family, animal_id)
    above = without_young(family, animal_id)
    parents = believe(locus, without_record(above, animal_id), animal_id)
    # A claimed chance is where the reckoning begins, if the parents say nothing; any other record is left out here.
    looked = believe(locus, above if mine.prior else without_record(above, animal_id, keep_look=True), animal_id)
    kin = full if mine.prior else believe(locus, without_record(family, animal_id, keep_look=True), animal_id)
    steps = [_own(locus, mine, tested)]
    steps += _parents(locus, family, mine, names, parents)
    if mine.prior and looked.pairs != {pair: share for pair, share in mine.prior.items() if share}:
        steps.append(
            f"what its parents say stands above the claim; with that it shows nothing: {odds(locus, looked.pairs)}"
        )
    elif mine.shows == "" and not mine.pairs and not mine.prior and looked.pairs != parents.pairs and looked.pairs:
        steps.append(
            f"it was looked at and shows nothing of it, so without the visual ones: {odds(locus, looked.pairs)}"
        )
    steps += _young(locus, family, animal_id, looked, kin)
    status, evidence = _standing(locus, mine, full, looked, kin, bool(tested))
    steps.append(_verdict(locus, mine, status, full))
    if full.cut:
        steps.append(
            "the pedigree has too many loops to be reckoned whole: its ancestors were taken one by one, as if unrelated"
        )
    return Explained(
        locus=locus.locus,
        name=locus.name,
        status=status,
        evidence=evidence,
        pairs=full.pairs,
        steps=tuple(step for step in steps if step),
        relatives=full.relatives,
        from_sire=full.from_sire,
    )


def odds(locus: Locus, pairs: Distribution) -> str:
    """Write a distribution as a breeder says it: `2/3 het Albino (66 %), 1/3 normal (33 %)`."""
    parts = sorted(pairs.items(), key=lambda one: (-one[1], one[0]))
    if len(parts) == 1:
        return full_name(locus, parts[0][0])
    return ", ".join(f"{share} {full_name(locus, pair)} ({percent(share)} %)" for pair, share in parts)


def _own(locus: Locus, mine: Record, tested: str) -> str:
    said = " or ".join(full_name(locus, pair) for pair in mine.pairs)
    if tested:
        return f"tested: {said} ({tested})"
    if mine.pairs and mine.firm:
        return f"its record says what can be seen of it: {said}"
    if mine.pairs and mine.shows:
        return f"its record says what can be seen of it: {mine.shows}; how many copies it has cannot be seen ({said} claimed)"
    if mine.pairs:
        return f"its record claims: {said}"
    if mine.prior:
        return f"its record claims a chance: {odds(locus, mine.prior)}"
    return "its own record says nothing of it"


def _parents(
    locus: Locus, family: Mapping[str, Record], mine: Record, names: Mapping[str, str], parents: Belief
) -> list[str]:
    found = []
    others = {key: record for key, record in without_young(family, mine.animal_id).items() if key != mine.animal_id}
    for role, parent in (("sire", mine.sire_id), ("dam", mine.dam_id)):
        if parent is None or parent not in others:
            continue
        known = believe(locus, others, parent)
        if parent not in names:
            found.append(f"its {role} is not shown to you; what is recorded of it counts")
            continue
        called = names[parent]
        if known.pairs and set(known.pairs) != {locus.normal(others[parent].sex)}:
            found.append(f"its {role} ({called}): {odds(locus, known.pairs)}")
    if not found:
        return ["nothing that is recorded of its ancestors concerns it"] if mine.sire_id or mine.dam_id else []
    if parents.pairs:
        found.append(f"each parent gives one of its two alleles at random (Mendel): {odds(locus, parents.pairs)}")
    return found


def _young(locus: Locus, family: Mapping[str, Record], animal_id: str, looked: Belief, kin: Belief) -> list[str]:
    young = [record for record in family.values() if animal_id in (record.sire_id, record.dam_id)]
    counted = [record for record in young if record.shows is not None or record.pairs]
    if not counted:
        return []
    bearing = [record for record in counted if _shows(locus, record)]
    if looked.pairs == kin.pairs:
        return [f"its {len(counted)} young on record do not change that"]
    found = f"its young on record: {len(counted)}, of which {len(bearing)} show it"
    if bearing and any(len(kin.pairs) == 1 for _ in bearing):
        return [f"{found}; one is enough to prove what it carries: {odds(locus, kin.pairs)}"]
    if not kin.pairs:
        return [f"{found}; that cannot be with what else is recorded"]
    return [f"{found}; by Bayes' rule over them: {odds(locus, kin.pairs)}"]


def _shows(locus: Locus, record: Record) -> bool:
    return bool(record.shows) or any(look(locus, pair) for pair in record.pairs)


def _standing(
    locus: Locus, mine: Record, full: Belief, looked: Belief, kin: Belief, tested: bool
) -> tuple[Status, Source]:
    if not full.pairs or (mine.pairs and not any(pair in full.pairs for pair in mine.pairs)):
        return "disputed", "lab" if tested else "claim"
    if tested:
        return "tested", "lab"
    if mine.pairs and (mine.firm or mine.shows):
        return "visual", "claim"
    certain = full.certain
    if certain is None:
        return "possible", _grounds(mine, looked, kin)
    if looked.certain == certain:
        return _normal_or(certain, "proven", "parentage")
    if kin.certain == certain:
        return _normal_or(certain, "proven", "offspring")
    return _normal_or(certain, "claimed", "claim")


def _normal_or(pair: Pair, status: Status, evidence: Source) -> tuple[Status, Source]:
    return ("normal", evidence) if set(pair) <= {WILD, ABSENT} else (status, evidence)


def _grounds(mine: Record, looked: Belief, kin: Belief) -> Source:
    if kin.pairs != looked.pairs:
        return "clutch"
    return "parentage" if len(looked.pairs) > 1 else "claim"


def _verdict(locus: Locus, mine: Record, status: Status, full: Belief) -> str:
    if status == "disputed" and not full.pairs:
        return "the records contradict each other: somebody's parent, look or test is wrong"
    if status == "disputed":
        return f"its record claims what its family excludes; by its family it is {odds(locus, full.pairs)}"
    sure = {
        "tested": "tested",
        "visual": "seen",
        "proven": "proven",
        "claimed": "as claimed",
        "normal": "taken as normal",
    }
    if full.certain is not None:
        return f"so: {odds(locus, full.pairs)} ({sure.get(status, status)})"
    return f"so: {odds(locus, full.pairs)}"
