"""Drawings: whatever people write, the result is well-formed and runs nothing."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.drawing.card import Card, card, safe_link
from reptidex.domain.drawing.chart import pedigree_chart
from reptidex.domain.drawing.facts import Ancestor, Line, Manifest, Pedigree, Transfer
from reptidex.domain.drawing.papers import certificate, manifest
from reptidex.domain.drawing.placeholder import placeholder
from reptidex.domain.uploads import TypeRefusedError, accept, check_pixels, sniff
from reptidex.errors import InvalidError

SVG = "{http://www.w3.org/2000/svg}"
ID = "11111111-0000-7000-8000-000000000001"
NASTY = "<script>alert(1)</script>\"'&]]>\x00\ud800\u202e"


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def pedigree(name: str) -> Pedigree:
    places = [Ancestor(number=1, generation=0, known=True, name=name, code="K-1")]
    places += [Ancestor(number=2, generation=1, known=True, code="K-2", sex="male")]
    places += [Ancestor(number=3, generation=1)]
    return Pedigree(
        animal_id=ID, generations=1, places=tuple(places), inbreeding=0.25, completeness=(0.5,), owner="Sam"
    )


def transfer(name: str) -> Transfer:
    words = {"code": "K-1", "name": name, "species": "Python regius", "morph": "Albino", "sex": "male"}
    more = {"born_on": None, "owner": name, "former_owner": "Sam", "on_day": "2026-06-01", "lineage_status": "claimed"}
    return Transfer(animal_id=ID, inbreeding=0.125, **words, **more)  # type: ignore[arg-type]


@given(st.text() | st.just(NASTY))
def test_no_text_becomes_markup(words: str) -> None:
    line = Line(species=words, count=1, venomous=False, details=words)
    shipment = Manifest(order_id=words, shipper=words, consignee=words, on_day="2026-06-01", lines=(line,))
    for svg in (pedigree_chart(pedigree(words)), certificate(transfer(words)), manifest(shipment)):
        tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}

        assert tags <= {"svg", "title", "rect", "circle", "polyline", "text"}


@given(st.text() | st.just(NASTY))
def test_a_card_holds_no_markup_of_others(words: str) -> None:
    page = card(Card(display_name=words, bio=words, location=words, website=words)).decode("utf-8", "surrogatepass")

    assert "<script" not in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize(
    ("address", "linked"),
    [("https://kiwi.example/a", True), ("javascript:alert(1)", False), ("//evil.example", False), ("http://[", False)],
)
def test_only_web_addresses_are_linked(address: str, linked: bool) -> None:
    assert bool(safe_link(address)) is linked


def test_a_chart_names_every_place_and_its_figures() -> None:
    said = texts(pedigree_chart(pedigree("Kiwi")))

    assert "♂ K-2" in said and "unknown" in said
    assert any("F = 0.25" in words and "50%" in words for words in said)


def test_the_same_animal_has_the_same_placeholder() -> None:
    assert placeholder(ID, "K-1", "Python regius") == placeholder(ID, "K-1", "Python regius")


def test_a_manifest_says_whether_the_animals_are_venomous() -> None:
    lines = (Line(species="Python regius", count=2, venomous=False), Line(species="Vipera", count=1, venomous=True))
    said = texts(manifest(Manifest(order_id="o", shipper="Sam", consignee="Bea", on_day="2026-06-01", lines=lines)))

    assert any("VENOMOUS" in words for words in said)
    assert "3 animals in all" in said


@pytest.mark.parametrize(
    ("data", "claimed"), [(b"<svg/>", "image/svg+xml"), (b"GIF89a", "image/gif"), (b"\xff\xd8\xff\xe0", "image/png")]
)
def test_what_is_not_taken_or_not_what_it_claims_is_refused(data: bytes, claimed: str) -> None:
    with pytest.raises(TypeRefusedError):
        accept(data, claimed)


def test_an_empty_file_and_a_huge_picture_are_refused() -> None:
    with pytest.raises(InvalidError):
        accept(b"", "image/png")
    with pytest.raises(InvalidError):
        check_pixels(30_000, 30_000)


@given(st.binary(max_size=64))
def test_any_bytes_can_be_sniffed(data: bytes) -> None:
    found = sniff(data)

    assert found is None or found.kind in ("image", "document")
