"""Readers and writers of files: what is written is read back the same, and no bytes make a reader fail."""

from datetime import UTC, datetime
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.interchange.animals import AnimalEntry, GeneEntry, MarkEntry
from reptidex.domain.interchange.animals_csv import read_animals_csv, write_animals_csv
from reptidex.domain.interchange.animals_json import HEAD, TAIL, read_animals_json, written
from reptidex.domain.interchange.formats import ANIMAL_READERS, PEDIGREE_READERS, PEDIGREE_WRITERS, schemas
from reptidex.domain.interchange.gedcom import read_gedcom
from reptidex.domain.interchange.pedigree import Individual
from reptidex.domain.interchange.reading import Numbered, UnreadableError
from reptidex.domain.interchange.resolving import Known, Options, resolve
from reptidex.domain.interchange.words import date_of, date_text, parent_of
from reptidex.streams.commands.animal_import import ImportRow
from reptidex.tables.animal.intake import Intake

READERS: dict[str, Any] = {f"animals {n}": r for n, r in ANIMAL_READERS.items()}
READERS |= {f"pedigree {n}": r for n, r in PEDIGREE_READERS.items()}

categories: Any = ("C", "Z")
letters = st.characters(exclude_categories=categories, exclude_characters="/")
words = st.text(letters | st.just(" "), max_size=20).map(lambda text: " ".join(text.split()))
texts = st.text(st.characters(exclude_categories=categories[:1]) | st.just("\n"), max_size=30).map(str.strip)
ids = st.text(letters, min_size=1, max_size=12).filter(lambda text: parent_of(text)[0] == text)
days = st.dates().map(lambda day: day.isoformat())
part_days = st.none() | days | days.map(lambda day: day[:7]) | days.map(lambda day: day[:4])
sexes: Any = st.sampled_from(["male", "female", "unknown"])


def write_animals_json(entries: list[AnimalEntry]) -> str:
    """Write a whole file, as an export does page by page."""
    return "".join((HEAD, *written(entries, first=True), TAIL))


@st.composite
def pedigrees(draw: st.DrawFn) -> list[Individual]:
    names = draw(st.lists(ids, min_size=1, max_size=8, unique=True))
    parents = st.none() | st.sampled_from(names)
    return [
        Individual(
            id=name,
            sire=draw(parents),
            dam=draw(parents),
            sex=draw(sexes),
            name=draw(words),
            born=draw(part_days),
            died=draw(part_days),
            species=draw(words),
        )
        for name in names
    ]


genes = st.builds(
    GeneEntry,
    locus=texts.filter(bool),
    alleles=st.lists(texts, min_size=1, max_size=2).map(tuple),
    evidence=st.sampled_from(["claim", "lab"]),
    probability=st.none() | st.just("2/3"),
)
marks = st.builds(
    MarkEntry,
    kind=st.sampled_from(["microchip", "ring", "other"]),
    value=texts.filter(bool),
    place=texts,
    since=st.none() | days,
    public=st.booleans(),
)
animals = st.builds(
    AnimalEntry,
    external_ref=texts,
    code=texts,
    name=texts,
    species=texts,
    sex=sexes,
    born=part_days,
    died=st.none() | days,
    status=st.sampled_from(["active", "sold", "deceased"]),
    visibility=st.sampled_from(["private", "public"]),
    placeholder=st.booleans(),
    morphs=st.lists(texts.filter(bool), max_size=3).map(tuple),
    genotype=st.lists(genes, max_size=2).map(tuple),
    phenotype=texts,
    sire=st.none() | ids,
    dam=st.none() | ids,
    marks=st.lists(marks, max_size=2).map(tuple),
    notes=texts,
)


@pytest.mark.parametrize("name", PEDIGREE_WRITERS)
@given(pedigree=pedigrees())
def test_a_pedigree_that_is_written_is_read_back_the_same(name: Any, pedigree: list[Individual]) -> None:
    read = PEDIGREE_READERS[name](PEDIGREE_WRITERS[name](pedigree).encode())

    assert [each.entry for each in read.entries] == pedigree
    assert read.problems == [] and read.ignored == ()


@pytest.mark.parametrize(
    ("read", "write"), [(read_animals_csv, write_animals_csv), (read_animals_json, write_animals_json)]
)
@given(entries=st.lists(animals, max_size=5))
def test_animals_that_are_written_are_read_back_the_same(read: Any, write: Any, entries: list[AnimalEntry]) -> None:
    said = [each for each in entries if each != AnimalEntry() or read is read_animals_json]
    found = read(write(said).encode())

    assert [each.entry for each in found.entries] == said
    assert found.problems == []


@given(entries=st.lists(animals, max_size=4), species=st.sampled_from(["", "Python regius", "royal python", "?"]))
def test_no_entry_makes_the_intake_fail(entries: list[AnimalEntry], species: str) -> None:
    numbered = [
        Numbered(line=line, entry=msgspec.structs.replace(entry, species=species))
        for line, entry in enumerate(entries, 2)
    ]
    ids = iter(range(10_000))
    rows = resolve(numbered, Known(), Options(placeholders=True), lambda: f"id{next(ids)}")
    intake = Intake("vivarium", datetime(2026, 6, 1, tzinfo=UTC), [])
    judged = [
        intake.judge(
            ImportRow(
                line=row.line,
                animal_id=row.animal_id,
                entry=row.entry,
                sire_id=row.sire_id,
                dam_id=row.dam_id,
                problems=tuple(row.problems),
            )
        )
        for row in rows
    ]

    for each in judged:
        refused = any(problem.severity == "error" for problem in each.outcome.problems)
        assert (each.outcome.action == "refuse") == refused == (each.after is None)


@pytest.mark.parametrize("name", READERS)
@given(raw=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_make_a_reader_fail(name: str, raw: bytes) -> None:
    try:
        read = READERS[name](raw)
    except UnreadableError as refused:
        assert str(refused)
        return

    assert all(problem.text and problem.line >= 1 for problem in read.problems)


_pieces = st.sampled_from(
    [
        "id,sire,dam,sex\n",
        "0 @I1@ INDI\n",
        "1 FAMC @F1@\n",
        "0 @F1@ FAM\n",
        "1 HUSB @I1@\n",
        "2 DATE 5 MAY 2020\n",
        "1 BIRT\n",
        'a,b,c,"',
        "\n",
        ",",
        ";",
        '"',
        "2 CONC x\n",
        "[",
        '{"individuals":[',
        '{"id":"a"}',
        "]}",
        "1/2/2020",
        "M",
        "\t",
        "'=1",
    ]
)


@pytest.mark.parametrize("name", READERS)
@given(parts=st.lists(_pieces, max_size=25))
def test_no_pieces_of_a_format_make_a_reader_fail(name: str, parts: list[str]) -> None:
    try:
        READERS[name]("".join(parts).encode())
    except UnreadableError as refused:
        assert str(refused)


@pytest.mark.parametrize(
    ("raw", "parents"),
    [
        (b"Animal;Father;Mother;Gender\r\n1;0;NA;2\r\n", (None, None)),
        (b"ID\tSire ID\tDam ID\tsex\n1\ts\td\tF\n", ("s", "d")),
        ("\ufeffid,sire,dam,sex\n1,s,,weiblich".replace("weiblich", "f").encode(), ("s", None)),
        ("id,sire,dam,sex\n1,s,d,f".encode("utf-16"), ("s", "d")),
    ],
)
def test_a_simple_pedigree_is_read_in_many_dresses(raw: bytes, parents: tuple[str | None, str | None]) -> None:
    [one] = [each.entry for each in PEDIGREE_READERS["csv"](raw).entries]

    assert (one.id, one.sire, one.dam, one.sex) == ("1", *parents, "female")


def test_a_studbook_table_keeps_what_it_understands_and_names_the_rest() -> None:
    raw = b"UniqueID,Sire,Dam,Sex,BirthDate,Location,Living\n7,WILD,MULT,M,12/31/1999,ZOO,T\n8,7,UNK,F,1999,ZOO,F\n"
    read = PEDIGREE_READERS["studbook"](raw)

    assert [(each.entry.id, each.entry.sire, each.entry.born) for each in read.entries] == [
        ("7", None, "1999-12-31"),
        ("8", "7", "1999"),
    ]
    assert [(problem.line, problem.rule, problem.severity) for problem in read.problems] == [
        (2, "parent_wild", "note"),
        (2, "parent_several", "note"),
    ]
    assert read.ignored == ("Location", "Living")


def test_every_line_that_is_wrong_is_named() -> None:
    raw = b"id,sire,dam,sex,born\n1,,,M,2020\n2,1,,dragon,2021\n,1,,F,\n3,1,,F,5/6/2021\n4,1,,F,2021,extra\n5,,,F,2021-02-30\n"
    read = PEDIGREE_READERS["csv"](raw)

    assert [each.entry.id for each in read.entries] == ["1"]
    assert [(problem.line, problem.field) for problem in sorted(read.problems, key=lambda each: each.line)] == [
        (3, "sex"),
        (4, "id"),
        (5, "born"),
        (6, ""),
        (7, "born"),
    ]


@pytest.mark.parametrize(
    ("raw", "words_"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "zero bytes"),
        (b"name,sex\nKiwi,f\n", "no column id, sire, dam"),
        (b"id,sire,dam,sex,gender\n", "two columns"),
        (b'id,sire,dam,sex\n1,"2,3,f\n', "line 2"),
    ],
)
def test_a_table_that_is_none_says_why(raw: bytes, words_: str) -> None:
    with pytest.raises(UnreadableError, match=words_):
        PEDIGREE_READERS["csv"](raw)


def test_gedcom_of_another_program_is_read() -> None:
    raw = b"""0 HEAD
1 CHAR UTF-8
0 @X1@ INDI
1 NAME Adam /Gecko/
1 SEX M
1 BIRT
2 DATE ABT 1999
2 PLAC Berlin
1 FAMS @F1@
0 @X2@ INDI
1 SEX F
0 @X3@ INDI
1 NAME Kid
1 FAMC @F1@
0 @F1@ FAM
1 HUSB @X1@
1 WIFE @X2@
0 TRLR
"""
    read = PEDIGREE_READERS["gedcom"](raw)
    found = {each.entry.id: each.entry for each in read.entries}

    assert (found["X3"].sire, found["X3"].dam) == ("X1", "X2")
    assert (found["X1"].name, found["X1"].born) == ("Adam Gecko", "1999")
    assert read.ignored == ("PLAC",)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1 MAY 2024", "2024-05-01"),
        ("May 2024", "2024-05"),
        ("13/5/2024", "2024-05-13"),
        ("20240501", "2024-05-01"),
        ("1.5.2024", "2024-05-01"),
        ("2024-05-01T10:00:00Z", "2024-05-01"),
    ],
)
def test_dates_are_read_as_far_as_they_are_known(text: str, iso: str) -> None:
    assert date_text(*date_of(text)) == iso


def test_a_day_and_a_month_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="may be two days"):
        date_of("5/6/2024")


@pytest.mark.parametrize(
    ("said", "born", "ignored"),
    [
        ("BEF 2012", None, ("DATE BEF",)),
        ("AFT 3 MAY 2012", None, ("DATE AFT",)),
        ("BET 2010 AND 2012", None, ("DATE BET",)),
        ("FROM 2010 TO 2012", None, ("DATE FROM",)),
        ("EST 3 MAY 2012", "2012", ()),
        ("INT 3 MAY 2012 (on the box)", "2012-05-03", ()),
    ],
)
def test_a_time_in_gedcom_that_is_no_day_judges_no_parent(
    said: str, born: str | None, ignored: tuple[str, ...]
) -> None:
    read = PEDIGREE_READERS["gedcom"](f"0 HEAD\n0 @X1@ INDI\n1 BIRT\n2 DATE {said}\n0 TRLR\n".encode())

    assert [each.entry.born for each in read.entries] == [born]
    assert (read.ignored, read.problems) == (ignored, [])


def test_a_studbooks_day_of_exit_is_no_day_of_death() -> None:
    read = PEDIGREE_READERS["studbook"](b"UniqueID,Sire,Dam,Sex,BirthDate,Exit\n1,UNK,UNK,F,2010-01-01,2012-01-01\n")

    assert ([each.entry.died for each in read.entries], read.ignored) == ([None], ("Exit",))


def test_the_published_schemas_are_those_of_the_files() -> None:
    entry = AnimalEntry(name="Kiwi", marks=(MarkEntry(kind="ring", value="R7"),))
    published = schemas()

    for name, text in (
        ("reptidex-animals.v1", write_animals_json([entry])),
        ("reptidex-pedigree.v1", PEDIGREE_WRITERS["json"]([Individual(id="1", sire="2", born="2024")])),
    ):
        jsonschema.Draft202012Validator.check_schema(published[name])
        jsonschema.validate(msgspec.json.decode(text), published[name])


def test_a_continuation_without_a_line_to_continue_is_passed_over() -> None:
    read = read_gedcom(b"0 @I1@ INDI\n1 NAME Kiwi\n0 @I2@ INDI\n1 CONC Lost\n")

    assert [each.entry.name for each in read.entries] == ["Kiwi", ""]


def test_a_cell_of_lists_without_end_is_a_problem_of_its_line() -> None:
    read = read_animals_csv(b'species,morphs\nPython regius,"' + b"[" * 5000 + b'"\n')

    assert [(each.line, each.field) for each in read.problems] == [(2, "morphs")]
