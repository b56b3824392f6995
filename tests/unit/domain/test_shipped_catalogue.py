"""The shipped catalogue as breeders would check it: sources, complexes, sex linkage, warnings, and its published form."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reptidex.commands.catalogue import faults, schema_text
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.finding import find
from reptidex.domain.catalogue.shelf import find_species, shipped

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(
    (one for one in files("reptidex.domain.catalogue").iterdir() if one.name.endswith(".json")),
    key=lambda one: one.name,
)


def entry(name: str) -> Species:
    return next(find_species(name))


def hazards_of(species: str, allele: str) -> set[tuple[str, int, str]]:
    found = next(one for locus in entry(species).loci for one in locus.alleles if one.allele == allele)
    return {(hazard.severity, hazard.copies, hazard.certainty) for hazard in found.hazards}


def test_it_holds_at_least_twelve_species_and_a_hundred_and_fifty_morphs() -> None:
    assert len(shipped()) >= 12
    assert sum(len(one.morphs) for one in shipped().values()) >= 150


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_every_file_has_the_published_form_and_sources_throughout(file: Any) -> None:
    raw = file.read_bytes()
    jsonschema.validate(json.loads(raw), json.loads(schema_text()))

    assert faults(raw) == []
    assert json.loads(raw)["format"] == 1 and json.loads(raw)["revision"] >= 1


def test_the_published_schema_is_the_one_in_the_documentation() -> None:
    assert (ROOT / "docs/catalogue.schema.json").read_text() == schema_text(), (
        "run: reptidex catalogue --schema > docs/catalogue.schema.json"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"morphs": [{"morph_id": "1", "name": "X", "inheritance": "recessive", "genotype": {"nowhere": ["a", "a"]}}]},
        {"scientific_nmae": "Python regius"},
        {"incubation_days": [65, 55]},
        {"live_bearing": True, "incubation_days": [55, 65]},
        {"loci": [{"locus": "a", "name": "A", "alleles": [{"allele": "x", "name": "X", "mode": "recesive"}]}]},
    ],
)
def test_a_wrong_entry_is_refused_with_the_reason(wrong: dict[str, Any]) -> None:
    good = json.loads(next(file for file in FILES if file.name == "trachemys_scripta.json").read_bytes())

    assert faults(json.dumps(good).encode()) == []
    assert len(faults(json.dumps(good | wrong).encode())) == 1


@pytest.mark.parametrize(
    ("species", "locus", "alleles"),
    [
        ("ball python", "blueeyed", {"mojave", "lesser", "butter", "russo", "mystic", "phantom", "special", "bamboo"}),
        ("ball python", "yellowbelly", {"yellowbelly", "asphalt", "gravel", "spark", "specter"}),
        ("ball python", "blackeyed", {"fire", "vanilla", "disco"}),
        ("ball python", "eightball", {"cinnamon", "black_pastel", "enchi", "red_axanthic"}),
        ("ball python", "clown", {"clown", "cryptic"}),
        ("corn snake", "amel", {"amel", "ultra"}),
        ("corn snake", "hypo", {"hypo", "strawberry", "christmas"}),
        ("corn snake", "motley", {"motley", "stripe"}),
        ("crested gecko", "cappuccino", {"cappuccino", "sable"}),
    ],
)
def test_an_allelic_complex_is_one_locus(species: str, locus: str, alleles: set[str]) -> None:
    assert alleles <= {one.allele for one in entry(species).locus(locus).alleles}


def test_look_alikes_that_are_not_allelic_are_loci_of_their_own() -> None:
    assert {"tremper", "bell", "rainwater"} <= entry("leopard gecko").by_locus.keys()
    assert {"axanthic_vpi", "axanthic_tsk", "axanthic_mj"} <= entry("ball python").by_locus.keys()
    assert {"kahl", "sharp"} <= entry("Boa imperator").by_locus.keys()


def test_banana_lies_on_the_sex_chromosomes_of_an_xy_species() -> None:
    ball = entry("ball python")
    banana = ball.locus("banana")

    assert (ball.sex_system, banana.sex_linked, banana.recombination) == ("xy", "x", "1/20")
    assert entry("corn snake").sex_system == "zw"


@pytest.mark.parametrize(
    ("species", "allele", "expected"),
    [
        ("ball python", "spider", {("welfare", 1, "established"), ("lethal", 2, "disputed")}),
        ("ball python", "champagne", {("welfare", 1, "established"), ("lethal", 2, "established")}),
        ("ball python", "cinnamon", {("welfare", 2, "established")}),
        ("ball python", "black_pastel", {("welfare", 2, "established")}),
        ("leopard gecko", "enigma", {("welfare", 1, "established"), ("lethal", 2, "disputed")}),
        ("leopard gecko", "lemonfrost", {("welfare", 1, "established")}),
        ("carpet python", "jaguar", {("welfare", 1, "established"), ("nonviable", 2, "established")}),
        ("bearded dragon", "leatherback", {("welfare", 2, "established")}),
        ("crested gecko", "lillywhite", {("nonviable", 2, "established")}),
    ],
)
def test_what_harms_its_bearer_is_warned_of(species: str, allele: str, expected: set[tuple[str, int, str]]) -> None:
    assert hazards_of(species, allele) == expected


@pytest.mark.parametrize("name", ["Toffee Belly", "Pistachio"])
def test_what_sources_contradict_each_other_about_is_unknown(name: str) -> None:
    morph = next(one for one in entry("Heterodon nasicus").morphs if one.name == name)

    assert morph.inheritance == "unknown"


@pytest.mark.parametrize(
    ("words", "title", "kind"),
    [
        ("royal python", "Python regius", "species"),
        ("Elaphe guttata", "Pantherophis guttatus", "species"),
        ("cheynei", "Morelia spilota cheynei", "subspecies"),
        ("coral glow", "Banana", "morph"),
        ("BEL", "Blue-Eyed Leucistic", "morph"),
        ("snow anaconda", "Yeti", "combo"),
        ("yellowbelly complex", "Yellowbelly complex", "locus"),
    ],
)
def test_anything_is_found_by_any_of_its_names(words: str, title: str, kind: str) -> None:
    best = find(words)[0].what

    assert (best.title, best.kind) == (title, kind)
