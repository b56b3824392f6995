"""Names in files: who is meant, in which order, in which circle."""

from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.interchange.animals import AnimalEntry
from reptidex.domain.interchange.reading import Numbered
from reptidex.domain.interchange.resolving import Known, Options, resolve


@st.composite
def files(draw: st.DrawFn) -> list[Numbered[AnimalEntry]]:
    """Entries whose parents may be anywhere, in circles too."""
    count = draw(st.integers(1, 8))
    names = st.none() | st.integers(0, count).map(str)
    return [
        Numbered(line=line + 2, entry=AnimalEntry(external_ref=str(line), sire=draw(names), dam=draw(names)))
        for line in range(count)
    ]


@given(files(), st.booleans())
def test_parents_stand_before_their_young_and_circles_are_named(
    entries: list[Numbered[AnimalEntry]], placeholders: bool
) -> None:
    ids = iter(range(1000))
    rows = resolve(entries, Known(), Options(placeholders=placeholders), lambda: f"id{next(ids)}")
    place = {row.animal_id: number for number, row in enumerate(rows)}

    assert {row.line for row in rows} == {each.line for each in entries}
    for row in rows:
        for parent in (row.sire_id, row.dam_id):
            assert parent is None or place[parent] < place[row.animal_id]
        named = [each.entry.sire for each in entries if each.line == row.line and not row.made]
        if named and named[0] == row.entry.external_ref:
            assert row.refused


def test_a_circle_is_written_out_by_its_lines() -> None:
    entries = [
        Numbered(line=2, entry=AnimalEntry(code="A", sire="B")),
        Numbered(line=3, entry=AnimalEntry(code="B", sire="C")),
        Numbered(line=4, entry=AnimalEntry(code="C", sire="A")),
        Numbered(line=5, entry=AnimalEntry(code="D", sire="A")),
    ]
    ids = iter("abcd")
    rows = {row.line: row for row in resolve(entries, Known(), Options(), lambda: next(ids))}

    assert "2 -> 3 -> 4 -> 2" in rows[2].problems[0].text
    assert all(rows[line].problems[0].rule == "cycle" for line in (2, 3, 4, 5))


def test_an_animal_that_is_there_cannot_descend_from_its_own_young() -> None:
    known = Known(
        by_reference={"old": "o", "kid": "k"}, own=frozenset("ok"), pedigree={"k": ("o", None), "o": (None, None)}
    )
    [row] = resolve(
        [Numbered(line=2, entry=AnimalEntry(external_ref="old", sire="kid"))], known, Options(), lambda: "new"
    )

    assert (row.animal_id, row.known, row.problems[0].rule) == ("o", True, "cycle")
