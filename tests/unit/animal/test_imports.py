"""Files in and out: each row explained before it is written, whatever order parents stand in, and the same again elsewhere."""

from datetime import timedelta
from typing import Any

import pytest

from reptidex.domain.interchange.reading import UnreadableError
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import animals, exports, imports, marks
from reptidex.http.server.routes import Paging
from reptidex.streams.animal import AnimalCreated, LineageUpdated
from reptidex.streams.commands.animal import Changes
from reptidex.streams.commands.animal_keeping import Mark
from reptidex.streams.commands.animal_lineage import ResolveParent
from reptidex.streams.values import Gene, Ratio
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Ownership
from reptidex.tables.query import select
from tests.unit.animal.asking import Asker

FAMILY = b"""external_ref,code,name,species,sex,born,sire,dam,morphs,genotype,microchip
K1,KID-1,Kid,Python regius,f,2024-05-01,S1,DAM-1,Albino,albino=albino/albino,
S1,SIRE-1,Sire,ball python,m,2020,,,,albino=albino/+,985141000123456
D1,DAM-1,Dam,Python regius,f,2020-05,,,,albino=albino/+@2/3,
"""


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def send(ask: Asker, vivarium: str, body: bytes, **query: Any) -> Any:
    return await ask(imports.import_animals, vivarium, body, imports.AnimalImport(**query))


async def finished(keepers: Any, ask: Asker, job: Any, vivarium: str) -> Any:
    """Let the parts of an import run, and return how it ended."""
    await keepers.harness.advance(by=timedelta(seconds=1))
    return await ask(imports.get_import, vivarium, import_id=job.import_id)


async def exported(ask: Asker, vivarium: str, view: Any = exports.export_animals, **query: Any) -> bytes:
    answer = await ask(view, vivarium, query=exports.AnimalExport(archived=True, **query))
    return b"".join([part async for part in answer.parts])


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(keepers: Any, ask: Asker) -> None:
    said = await send(ask, keepers.sam, FAMILY, dry_run=True)

    assert (said.state, said.total, said.created, said.refused) == ("checked", 3, 3, 0)
    assert [(row.line, row.action, row.label) for row in said.rows] == [
        (2, "create", "KID-1"),
        (3, "create", "SIRE-1"),
        (4, "create", "DAM-1"),
    ]
    assert keepers.harness.events == []
    assert (await ask(imports.list_imports, keepers.sam, query=Paging())).items == []


async def test_a_family_is_imported_whatever_order_it_stands_in(keepers: Any, ask: Asker) -> None:
    job = await send(ask, keepers.sam, FAMILY)
    done = await finished(keepers, ask, job, keepers.sam)
    page = await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter())
    found = {one.code: one for one in page.items}
    kid, sire, dam = found["KID-1"], found["SIRE-1"], found["DAM-1"]

    assert (done.state, done.done, done.created, done.refused) == ("done", 3, 3, 0)
    assert (kid.sire_id, kid.dam_id) == (sire.animal_id, dam.animal_id)
    assert (sire.birth_precision, dam.birth_precision) == ("year", "month")
    # The albino kid proves its dam, of whom the file says 2/3.
    assert (dam.genotype[0].probability, dam.genotype[0].evidence) == (None, "offspring")
    [chip] = await ask(marks.list_marks, keepers.sam, animal_id=sire.animal_id)
    assert chip.value == "985141000123456"
    said = [event.data for event in keepers.harness.events]
    assert [event.how for event in said if isinstance(event, AnimalCreated)] == ["imported"] * 3
    assert [event.generation for event in said if isinstance(event, LineageUpdated)] == [1]
    place = await keepers.harness.get(Descent, kid.animal_id)
    assert (place.parents, place.generation, place.inbreeding) == ((sire.animal_id, dam.animal_id), 1, 0.0)


async def test_the_same_file_again_changes_nothing_and_a_corrected_one_changes_that(keepers: Any, ask: Asker) -> None:
    await finished(keepers, ask, await send(ask, keepers.sam, FAMILY), keepers.sam)
    again = await send(ask, keepers.sam, FAMILY, dry_run=True)
    corrected = FAMILY.replace(b"Kid,", b"Kiwi,")
    changed = await send(ask, keepers.sam, corrected)
    await finished(keepers, ask, changed, keepers.sam)
    page = await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter(code="KID-1"))

    assert (again.created, again.unchanged) == (0, 3)
    first = (await send(ask, keepers.sam, FAMILY, dry_run=True)).rows[0]
    assert (first.action, first.changed) == ("update", ("name",))
    assert page.items[0].name == "Kiwi"


async def test_what_keepers_changed_since_is_not_undone_by_what_a_file_leaves_out(keepers: Any, ask: Asker) -> None:
    await finished(keepers, ask, await send(ask, keepers.sam, FAMILY), keepers.sam)
    [kid] = (await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter(code="KID-1"))).items
    changes = Changes(visibility="public", notes="bites", status="holdback")
    await ask(animals.update_animal, keepers.sam, changes, animal_id=kid.animal_id)

    assert (await send(ask, keepers.sam, FAMILY, dry_run=True)).unchanged == 3


WRONG = b"""external_ref,code,species,sex,born,sire,dam,genotype
A,GOOD-1,Python regius,m,2020-01-01,,,
B,BAD CODE!,Python regius,m,2020-01-01,,,
C,C-1,Draco volans,m,2020-01-01,,,
D,D-1,Python regius,dragon,2020-01-01,,,
E,E-1,Python regius,f,2030-01-01,,,
F,GOOD-1,Python regius,f,2020-01-01,,,
G,G-1,Python regius,f,2024-01-01,NOBODY,,
H,H-1,Python regius,f,2024-01-01,B,,
I,I-1,Python regius,f,2024-01-01,J,,
J,J-1,Python regius,m,2024-01-01,I,,
K,K-1,Python regius,f,2020-02-01,A,,
L,L-1,Python regius,f,2020-02-01,,A,
M,M-1,Python regius,m,2020-01-01,,,albino=mojave/+
"""


async def test_every_row_that_cannot_be_says_why(keepers: Any, ask: Asker) -> None:
    said = await send(ask, keepers.sam, WRONG, dry_run=True)
    rules = {row.line: [problem.rule for problem in row.problems if problem.severity == "error"] for row in said.rows}

    assert rules == {
        2: [],
        3: ["code"],
        4: ["species"],
        5: ["value"],
        6: ["date"],
        7: ["twice"],
        8: ["missing"],
        9: ["parent_refused"],
        10: ["cycle"],
        11: ["cycle"],
        12: ["age"],
        13: ["sex", "age"],
        14: ["genotype"],
    }
    assert all(problem.text for row in said.rows for problem in row.problems)


async def test_one_refused_row_stops_an_import_unless_it_is_to_be_left_out(keepers: Any, ask: Asker) -> None:
    stopped = await send(ask, keepers.sam, WRONG)
    assert (stopped.state, stopped.import_id, len(stopped.rows)) == ("stopped", None, stopped.refused)

    job = await send(ask, keepers.sam, WRONG, on_error="skip")
    done = await finished(keepers, ask, job, keepers.sam)
    refused = await ask(
        imports.list_import_rows, keepers.sam, query=imports.RowsWanted(refused=True), import_id=job.import_id
    )

    assert (done.created, done.refused) == (1, 12)
    assert sorted(row.line for row in refused.items) == list(range(3, 15))
    with pytest.raises(NotFoundError):
        await ask(imports.get_import, keepers.bea, import_id=job.import_id)


async def test_a_taken_code_is_refused_or_matched_where_that_is_asked(keepers: Any, ask: Asker) -> None:
    await keepers.animal("male", code="SIRE-1", born="2020-01-01")
    refused = await send(ask, keepers.sam, FAMILY, dry_run=True)
    matched = await send(ask, keepers.sam, FAMILY, dry_run=True, match_codes=True)

    assert [row.problems[0].rule for row in refused.rows if row.line == 3] == ["code_taken"]
    assert [row.action for row in matched.rows] == ["create", "update", "create"]


async def test_what_was_taken_between_the_check_and_the_writing_is_refused_then(keepers: Any, ask: Asker) -> None:
    job = await send(ask, keepers.sam, FAMILY)
    await keepers.animal("male", code="SIRE-1")
    done = await finished(keepers, ask, job, keepers.sam)
    rows = await ask(
        imports.list_import_rows, keepers.sam, query=imports.RowsWanted(refused=True), import_id=job.import_id
    )

    assert (done.created, done.refused) == (1, 2)
    assert {row.line: row.problems[-1].rule for row in rows.items} == {2: "parent_refused", 3: "taken"}


@pytest.mark.parametrize("format_", ["csv", "json"])
async def test_an_export_imported_elsewhere_gives_the_same_animals(keepers: Any, ask: Asker, format_: Any) -> None:
    gene = Gene(locus="albino", alleles=("albino", "+"), probability=Ratio(numerator=1, denominator=2))
    sire = await keepers.animal("male", born="2020-01-01", name="=cmd", genotype=(gene,), morphs=("Pied; Albino",))
    dam = await keepers.animal("female", born="2020-01-01", visibility="public", phenotype="dark\nand bright")
    kid = await keepers.animal(born="2024-01-01", sire_id=sire, dam_id=dam, notes="bites", subspecies=None)
    mark = Mark(kind="ring", value="R; 7", public=True)
    await ask(marks.mark_animal, keepers.sam, mark, animal_id=kid)
    file = await exported(ask, keepers.sam, format=format_)
    job = await send(ask, keepers.bea, file, format=format_)
    done = await finished(keepers, ask, job, keepers.bea)
    there = await exported(ask, keepers.bea, format=format_)

    assert (done.created, done.refused) == (3, 0)
    assert sorted(there.splitlines()) == sorted(file.splitlines())
    assert (await send(ask, keepers.sam, file, format=format_, dry_run=True)).unchanged == 3


STUDBOOK = (
    b"UniqueID,Sire,Dam,Sex,BirthDate\n1,WILD,WILD,M,2010\n2,UNK,UNK,F,2010\n3,1,2,F,2015\nKIWI-0001,1,3,M,2022-05-01\n"
)


async def test_a_studbook_becomes_placeholders_and_is_linked_to_who_is_there(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal("male")
    query = imports.PedigreeImport(format="studbook", species="Python regius")
    job = await ask(imports.import_pedigree, keepers.sam, STUDBOOK, query)
    done = await finished(keepers, ask, job, keepers.sam)
    row = await keepers.row(animal)
    dam = await keepers.row(row.dam_id)

    assert (done.created, done.updated, done.placeholders, done.refused) == (3, 1, 3, 0)
    assert dam.placeholder and (dam.visibility, dam.external_ref, dam.code) == ("lineage", "3", "3")
    assert (await keepers.row(row.sire_id)).external_ref == "1"
    assert (row.name, row.visibility, row.placeholder) == ("", "private", False)
    for format_ in ("csv", "studbook", "gedcom", "json"):
        asked = exports.PedigreeExport(format=format_, animal_id=animal)
        file = (await ask(exports.export_pedigree, keepers.sam, query=asked)).body
        elsewhere = imports.PedigreeImport(format=format_, species="Python regius", dry_run=True)
        said = await ask(imports.import_pedigree, keepers.bea, file, elsewhere)
        assert (said.created, said.refused) == (4, 0)


async def test_an_ancestor_that_is_only_named_becomes_a_placeholder(keepers: Any, ask: Asker) -> None:
    raw = b"id,sire,dam,sex\n7,Grand,Ma,M\n8,7,Ma,F\n"
    query = imports.PedigreeImport(species="Python regius")
    done = await finished(keepers, ask, await ask(imports.import_pedigree, keepers.sam, raw, query), keepers.sam)

    assert (done.created, done.placeholders, done.total) == (4, 4, 4)
    page = await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter(external_ref="Ma"))
    assert page.items[0].sex == "female"


async def test_the_sex_of_a_parent_is_taken_from_its_place(keepers: Any, ask: Asker) -> None:
    raw = b"id,sire,dam,sex\n1,,,U\n2,,,\n3,1,2,\n"
    query = imports.PedigreeImport(species="Python regius", dry_run=True)
    said = await ask(imports.import_pedigree, keepers.sam, raw, query)

    assert said.refused == 0
    assert {row.line: [each.rule for each in row.problems if each.severity == "note"] for row in said.rows}[2] == [
        "sex_inferred"
    ]


async def test_a_pedigree_that_cannot_be_names_every_line(keepers: Any, ask: Asker) -> None:
    raw = b"id,sire,dam,sex\n1,2,,M\n2,1,,M\n3,1,1,F\n4,5,,M\n5,,,F\n4,,,M\n"
    said = await ask(
        imports.import_pedigree, keepers.sam, raw, imports.PedigreeImport(species="Python regius", dry_run=True)
    )
    rules = {(row.line, problem.rule) for row in said.rows for problem in row.problems if problem.severity == "error"}

    assert {(2, "cycle"), (3, "cycle"), (5, "sex"), (7, "twice")} <= rules
    assert 4 in {line for line, _ in rules}


@pytest.mark.parametrize(
    "marks_",
    [
        '[{"kind":"ring","value":"7","since":"2030-01-01"}]',
        '[{"kind":"ring","value":"7","since":"2020-13-41"}]',
        '[{"kind":"microchip","value":"12"}]',
    ],
)
async def test_marks_that_cannot_be_refuse_their_row(keepers: Any, ask: Asker, marks_: str) -> None:
    entry = '{"species":"Python regius","marks":' + marks_ + "}"
    said = await send(ask, keepers.sam, f'{{"animals":[{entry}]}}'.encode(), format="json", dry_run=True)

    assert [problem.field for problem in said.rows[0].problems] == ["marks"]


@pytest.mark.parametrize(
    ("body", "query"), [(b"", {}), (b"\x00", {}), (b"{", {"format": "json"}), (b"<xml/>", {"format": "json"})]
)
async def test_a_file_that_is_none_is_refused_whole(
    keepers: Any, ask: Asker, body: bytes, query: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableError):
        await send(ask, keepers.sam, body, **query)


async def test_an_unknown_species_for_all_rows_is_refused(keepers: Any, ask: Asker) -> None:
    with pytest.raises(InvalidError):
        await send(ask, keepers.sam, FAMILY, species="Draco")


async def test_hundreds_of_rows_are_written_in_parts(keepers: Any, ask: Asker) -> None:
    lines = ["external_ref,species,sex,born,sire"] + [
        f"R{number},Python regius,m,{2020 if number < 250 else 2024}-01-01,{'' if number < 250 else f'R{number - 250}'}"
        for number in range(499, -1, -1)
    ]
    job = await send(ask, keepers.sam, "\n".join(lines).encode())
    done = await finished(keepers, ask, job, keepers.sam)
    first = await ask(imports.list_import_rows, keepers.sam, query=imports.RowsWanted(limit=1), import_id=job.import_id)

    assert (done.state, done.created, done.total) == ("done", 500, 500)
    assert len(first.items) == 100 and first.next is not None
    codes = {row.code for row in first.items}
    assert len(codes) == 100 and "KIWI-0001" in codes
    # Each part is an input of its own, though all are due at the same moment: nothing of one takes the place of another's.
    ids = [event.id for event in keepers.harness.events]
    owned = await keepers.harness.find(select(Ownership))
    assert (len(set(ids)), len({one.animal_id for one in owned})) == (len(ids), 500)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (b"S1,SIRE-1,Python regius,f,2020", "sex"),
        (b"S1,SIRE-1,Python regius,m,2024-04-01", "age"),
        (b"K1,KID-1,Python regius,f,2020-06-01", "age"),
    ],
)
async def test_a_file_cannot_contradict_the_pedigree_that_is_there(
    keepers: Any, ask: Asker, row: bytes, rule: str
) -> None:
    await finished(keepers, ask, await send(ask, keepers.sam, FAMILY), keepers.sam)
    body = b"external_ref,code,species,sex,born\n" + row + b"\n"
    said = await send(ask, keepers.sam, body, dry_run=True)
    job = await send(ask, keepers.sam, body, on_error="skip")
    ended = await finished(keepers, ask, job, keepers.sam)

    assert [problem.rule for problem in said.rows[0].problems if problem.severity == "error"] == [rule]
    assert (ended.refused, ended.updated) == (1, 0)


async def test_a_parent_that_a_file_fills_in_is_a_claim_whatever_the_other_is(keepers: Any, ask: Asker) -> None:
    sire, dam = await keepers.animal("male", code="S-1"), await keepers.animal("female", code="D-1")
    young = await keepers.animal(born="2025-07-01", sire_id=sire, code="Y-1")
    finding = ResolveParent(
        animal_id=young, vivarium_id=keepers.sam, role="sire", outcome="supported", reference="GG-1"
    )
    await keepers.harness.handle(finding)
    assert (await keepers.row(young)).lineage_status == "tested"
    body = b"code,species,dam\nY-1,Python regius,D-1\n"
    await finished(keepers, ask, await send(ask, keepers.sam, body, match_codes=True), keepers.sam)
    place = await keepers.harness.get(Descent, young)

    assert (place.dam_id, place.sire_standing, place.dam_standing) == (dam, "tested", "claimed")
    assert (await keepers.row(young)).lineage_status == "claimed"


@pytest.mark.parametrize(
    ("body", "format_"),
    [
        (b'{"animals": [{"species": "Python regius", "name": "a\\u0000b"}]}', "json"),
        (b'species,morphs\nPython regius,"[""a\\u0000b""]"\n', "csv"),
    ],
)
async def test_what_no_database_takes_is_a_problem_of_its_row(
    keepers: Any, ask: Asker, body: bytes, format_: Any
) -> None:
    said = await send(ask, keepers.sam, body, format=format_, dry_run=True)

    assert [row.action for row in said.rows] == ["refuse"] and "U+0000" in said.rows[0].problems[0].text


async def test_a_part_is_written_in_the_same_round_trips_however_deep_its_parents_pedigree_is(
    keepers: Any, ask: Asker, monkeypatch: Any
) -> None:
    counts = []
    for line, depth in (("A", 1), ("B", 12)):
        above: str | None = None
        for generation in range(depth):
            above = await keepers.animal(
                "male", f"{1990 + 2 * generation}-05-01", sire_id=above, code=f"{line}-{generation}"
            )
        job = await send(
            ask, keepers.sam, f"code,species,born,sire\n{line}-YOUNG,Python regius,2025,{line}-{depth - 1}\n".encode()
        )
        store, asked = keepers.harness.runner.store, list[Any]()
        find, load = store.find, store.load

        async def counted(*arguments: Any, _to: Any = find, _asked: Any = asked, **more: Any) -> Any:
            _asked.append(arguments)
            return await _to(*arguments, **more)

        async def loaded(*arguments: Any, _to: Any = load, _asked: Any = asked, **more: Any) -> Any:
            _asked.append(arguments)
            return await _to(*arguments, **more)

        monkeypatch.setattr(store, "find", counted)
        monkeypatch.setattr(store, "load", loaded)
        assert (await finished(keepers, ask, job, keepers.sam)).created == 1
        counts.append(len(asked))
        monkeypatch.undo()

    assert counts[0] == counts[1]
