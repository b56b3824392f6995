"""An import learns of genes, and a file keeps what was stated apart from what was reckoned."""

import random
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.http.animal import animals, receiving
from reptidex.streams.animal import GeneticsTraitProven
from reptidex.streams.values import Gene, Ratio
from reptidex.tables.animal.lineage import Descent
from tests.unit.animal.asking import Asker
from tests.unit.animal.test_genes import HET, VISUAL, hatched, lab_test, possible
from tests.unit.animal.test_imports import ask, exported, finished, send

__all__ = ["ask"]

HERD = b"""external_ref,code,species,sex,born,sire,dam,morphs,genotype
K1,KID-1,Python regius,f,2024-05-01,S1,D1,Albino,
K2,KID-2,Python regius,m,2024-05-01,S1,D1,Normal,
S1,SIRE-1,Python regius,m,2020,,,,
D1,DAM-1,Python regius,f,2020,,,,albino=albino/+@1/2
"""


async def genes(keepers: Any, ask: Asker, code: str) -> tuple[Gene, ...]:
    [found] = (await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter(code=code))).items
    return found.genotype  # type: ignore[no-any-return]


async def test_what_a_file_tells_of_a_family_is_learned_and_the_same_file_again_changes_nothing(
    keepers: Any, ask: Asker
) -> None:
    done = await finished(keepers, ask, await send(ask, keepers.sam, HERD), keepers.sam)
    proven = [one.data for one in keepers.harness.events if isinstance(one.data, GeneticsTraitProven)]
    learned = await genes(keepers, ask, "DAM-1"), await genes(keepers, ask, "KID-2")
    again = await send(ask, keepers.sam, HERD, dry_run=True)
    job = await send(ask, keepers.sam, HERD)
    ended = await finished(keepers, ask, job, keepers.sam)

    # Of parents of whom nothing is recorded an albino was doubted; it proves them, and is doubted no more.
    kid = (await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter(code="KID-1"))).items[0]
    assert (await keepers.harness.get(Descent, kid.animal_id)).findings == ()
    assert (done.state, done.reckoned) == ("done", 4)
    assert learned[0] == (Gene(locus="albino", alleles=("albino", "+"), evidence="offspring"),)
    assert [(one.alleles, one.evidence) for one in proven] == [(("albino", "+"), "offspring")] * 2
    assert learned[1] == (replace(possible(2, 3), evidence="parentage"),)
    assert (again.unchanged, ended.unchanged, ended.state) == (4, 4, "done")
    assert (await genes(keepers, ask, "DAM-1"), await genes(keepers, ask, "KID-2")) == learned


async def test_what_a_file_tells_reaches_the_kin_that_were_there_before(keepers: Any, ask: Asker) -> None:
    await keepers.animal("male", "2020-01-01", external_ref="S1")
    dam = await keepers.animal("female", "2020-01-01", external_ref="D1")
    elder = await keepers.animal("male", "2023-01-01", dam_id=dam, morphs=("Normal",))
    keepers.harness.now += timedelta(hours=1)
    body = b"external_ref,species,sex,born,sire,dam,morphs\nK1,Python regius,f,2024-05-01,S1,D1,Albino\n"
    await finished(keepers, ask, await send(ask, keepers.sam, body), keepers.sam)

    assert (await keepers.row(elder)).genotype == (replace(possible(1, 2), evidence="parentage"),)


async def test_what_a_corrected_file_states_counts_and_what_was_reckoned_of_the_rest_stays(
    keepers: Any, ask: Asker
) -> None:
    await finished(keepers, ask, await send(ask, keepers.sam, HERD), keepers.sam)
    corrected = HERD.replace(b"albino=albino/+@1/2", b"albino=albino/+@1/2; piebald=piebald/piebald")
    job = await send(ask, keepers.sam, corrected)
    done = await finished(keepers, ask, job, keepers.sam)
    found = {gene.locus: gene for gene in await genes(keepers, ask, "DAM-1")}

    assert (done.updated, done.unchanged) == (1, 3)
    assert found["albino"].evidence == "offspring" and found["piebald"].alleles == ("piebald", "piebald")
    kid = {gene.locus: gene for gene in await genes(keepers, ask, "KID-2")}
    assert kid["piebald"].probability is None and kid["piebald"].alleles == ("piebald", "+")
    assert (await send(ask, keepers.sam, corrected, dry_run=True)).unchanged == 4


async def test_a_file_does_not_overrule_a_laboratory(keepers: Any, ask: Asker) -> None:
    sire = await keepers.animal("male", genotype=(HET,), code="S-1", external_ref="S1")
    await keepers.harness.handle(lab_test(keepers, sire, "+", "+"))
    body = b"external_ref,species,sex,genotype\nS1,Python regius,m,albino=albino/albino\n"
    said = await send(ask, keepers.sam, body, dry_run=True)
    file = await exported(ask, keepers.sam)

    assert said.unchanged == 1
    assert b"albino=albino/+," in file and b"albino=+/+!lab" in file
    job = await send(ask, keepers.bea, file)
    await finished(keepers, ask, job, keepers.bea)
    assert b"albino=+/+," in await exported(ask, keepers.bea)


@pytest.mark.parametrize("format_", ["csv", "json"])
async def test_stated_and_reckoned_genes_come_back_the_same_elsewhere(keepers: Any, ask: Asker, format_: Any) -> None:
    pastel = Gene(locus="pastel", alleles=("pastel", "+"), inherited_from="sire")
    sire = await keepers.animal("male", "2020-01-01", genotype=(possible(1, 2), pastel), morphs=("Pastel",))
    dam = await keepers.animal("female", "2020-01-01", genotype=(HET,))
    await hatched(keepers, sire, dam, 3, morphs=("Normal",))
    await keepers.animal("female", "2025-01-01", genotype=(VISUAL,), sire_id=sire, dam_id=dam)
    file = await exported(ask, keepers.sam, format=format_)
    await finished(keepers, ask, await send(ask, keepers.bea, file, format=format_), keepers.bea)
    there = await exported(ask, keepers.bea, format=format_)

    assert b"1/2" in file and b"offspring" in file and b"parentage" in file
    assert sorted(there.splitlines()) == sorted(file.splitlines())
    for vivarium in (keepers.sam, keepers.bea):
        assert (await send(ask, vivarium, file, format=format_, dry_run=True)).unchanged == 6


async def test_an_animal_that_comes_without_its_parents_keeps_what_they_gave_as_a_claim(
    keepers: Any, ask: Asker
) -> None:
    body = b"external_ref,code,species,reckoned\nX,X-1,Python regius,albino=albino/+@2/3!parentage\n"
    await finished(keepers, ask, await send(ask, keepers.sam, body), keepers.sam)
    [gene] = await genes(keepers, ask, "X-1")

    assert (gene.probability, gene.evidence) == (Ratio(numerator=2, denominator=3), "parentage")
    assert b"albino=albino/+@2/3!parentage,," in await exported(ask, keepers.sam)


async def test_a_gene_that_cannot_be_refuses_its_row_wherever_it_stands(keepers: Any, ask: Asker) -> None:
    body = b"species,reckoned\nPython regius,nowhere=a/b\n"
    [row] = (await send(ask, keepers.sam, body, dry_run=True)).rows

    assert [(one.rule, one.severity) for one in row.problems] == [("reckoned", "error")]


async def test_families_that_lie_across_parts_are_learned_too(keepers: Any, ask: Asker, monkeypatch: Any) -> None:
    monkeypatch.setattr(receiving, "PART_ROWS", 1)
    rows = HERD.splitlines(keepends=True)
    shuffled = rows[1:]
    random.Random(7).shuffle(shuffled)
    done = await finished(keepers, ask, await send(ask, keepers.sam, b"".join([rows[0], *shuffled])), keepers.sam)

    assert (done.created, done.reckoned) == (4, 4)
    assert [gene.evidence for gene in await genes(keepers, ask, "DAM-1")] == ["offspring"]
