"""Genes the real way: asked over HTTP, decided on the log, kept in the database, told to the others."""

from typing import Any

import pytest

from reptidex.platform.visitor import UnexpectedAnswerError, Visitor
from tests.end_to_end.conftest import World

BALL = "66526c3a-c179-584b-8f18-7a60362732a4"
HET = {"locus": "albino", "alleles": ["albino", "+"]}
VISUAL = {"locus": "albino", "alleles": ["albino", "albino"]}
MAYBE = HET | {"probability": {"numerator": 2, "denominator": 3}}


async def animal(sam: Visitor, sex: str, *genes: dict[str, Any]) -> str:
    body = {"species_id": BALL, "sex": sex, "born_on": "2022-05-01", "genotype": list(genes)}
    found: str = (await sam.call("animal", "POST", "/animals", body, expect=201))["animal_id"]
    return found


async def odds(sam: Visitor, animal_id: str) -> Any:
    [gene] = (await sam.call("animal", "GET", f"/animals/{animal_id}"))["genotype"]
    return gene.get("probability"), gene.get("evidence", "claim")


async def test_a_clutch_and_a_laboratory_move_what_is_known(world: World, confirmed: Any) -> None:
    sam = await confirmed("Sam")
    sire, dam = await animal(sam, "male", MAYBE), await animal(sam, "female", VISUAL)
    laid = {"dam_id": dam, "candidate_sire_ids": [sire], "laid_on": "2026-03-01", "laid": 6}
    clutch = (await sam.call("animal", "POST", "/clutches", laid, expect=201))["clutch"]["clutch_id"]
    hatch = {"hatched_on": "2026-04-28", "hatchlings": [{"sex": "female"}] * 5}
    _, step = await sam.exchange("animal", "POST", f"/clutches/{clutch}/hatchlings", hatch, expect=201)

    assert await odds(sam, sire) == ({"numerator": 1, "denominator": 17}, "clutch")
    await world.heard(step.request_id, "genetics.trait.recorded", "breeding.offspring.recorded")

    said = await sam.call("animal", "GET", f"/animals/{sire}/genetics")
    [albino] = said["loci"]
    assert (albino["status"], albino["evidence"]) == ("possible", "clutch")
    assert any("Bayes" in line for line in albino["steps"])

    test = {"laboratory": "Gecko Genes", "tested_on": "2026-05-02", "results": [HET]}
    done, step = await sam.exchange("animal", "POST", f"/animals/{sire}/genetics/tests", test, expect=201)
    assert await odds(sam, sire) == (None, "lab")
    await world.heard(step.request_id, "genetics.trait.proven")

    withdraw = f"/animals/{sire}/genetics/tests/{done['test']['test_id']}/withdraw"
    await sam.call("animal", "POST", withdraw, {"reason": "another snake's sample"})
    assert await odds(sam, sire) == ({"numerator": 1, "denominator": 17}, "clutch")
    [listed] = (await sam.call("animal", "GET", f"/animals/{sire}/genetics/tests"))["items"]
    assert listed["withdrawn_because"] == "another snake's sample"


async def test_a_parent_that_is_tested_after_its_young_disputes_the_young(world: World, confirmed: Any) -> None:
    sam = await confirmed("Sam")
    sire, dam = await animal(sam, "male"), await animal(sam, "female")
    born = {"species_id": BALL, "born_on": "2025-05-01", "sire_id": sire, "dam_id": dam}
    young = (await sam.call("animal", "POST", "/animals", born, expect=201))["animal_id"]
    for one, gene in ((young, VISUAL), (sire, {"locus": "albino", "alleles": ["+", "+"]})):
        test = {"laboratory": "Gecko Genes", "tested_on": "2026-05-02", "results": [gene]}
        _, step = await sam.exchange("animal", "POST", f"/animals/{one}/genetics/tests", test, expect=201)

    await world.heard(step.request_id, "lineage.validated")
    found = await sam.call("animal", "GET", f"/animals/{young}")
    assert found["lineage_status"] == "disputed"


async def test_odds_look_ups_and_plans_are_answered(world: World, confirmed: Any) -> None:
    sam = await confirmed("Sam")
    sire, dam = await animal(sam, "male", HET), await animal(sam, "female", HET)
    asked = {"species_id": BALL, "sire_id": sire, "dam_id": dam}
    told, step = await sam.exchange("animal", "POST", "/genetics/predictions", asked)
    assert {one["label"]: one["probability"] for one in told["looks"]} == {
        "Albino": {"numerator": 1, "denominator": 4},
        "66% het Albino": {"numerator": 3, "denominator": 4},
    }
    await world.heard(step.request_id, "genetics.prediction.requested", "genetics.prediction.completed")

    eggs = await sam.call("animal", "POST", "/genetics/odds", {"share": {"numerator": 1, "denominator": 4}, "eggs": 6})
    assert (eggs["needed"][0]["eggs"], eggs["clutch"]["exact"]) == (9, "3367/4096")

    wanted = {"species_id": BALL, "target": {"morphs": ["Albino"]}}
    found = await sam.call("animal", "POST", "/genetics/lookup", wanted)
    assert [(one["sire"]["animal_id"], one["dam"]["animal_id"]) for one in found["pairings"]] == [(sire, dam)]

    plans = await sam.call("animal", "POST", "/genetics/plans", wanted)
    assert [one["generations"] for one in plans["plans"]] == [1]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/genetics/predictions",
            {"species_id": BALL, "sire_genotype": [{"locus": "albino", "alleles": ["albino", "toffee", "+"]}]},
        ),
        ("/genetics/predictions", {"species_id": BALL, "sire_genotype": [{"locus": "albino", "alleles": []}]}),
        ("/genetics/odds", {"share": {"numerator": 0, "denominator": 4}}),
        ("/genetics/odds", {"share": {"numerator": 1, "denominator": 0}}),
        (
            "/genetics/odds",
            {"share": {"numerator": 1, "denominator": 4}, "confidence": {"numerator": 7, "denominator": 2}},
        ),
        ("/genetics/lookup", {"species_id": BALL, "target": {"morphs": ["Sparkle"]}}),
        ("/genetics/plans", {"species_id": BALL, "target": {"genotype": [VISUAL]}}),
        ("/genetics/plans", {"species_id": BALL, "target": {}, "generations": 99}),
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason(
    world: World, confirmed: Any, path: str, body: dict[str, Any]
) -> None:
    sam = await confirmed("Sam")

    with pytest.raises(UnexpectedAnswerError) as refusal:
        await sam.call("animal", "POST", path, body)

    assert refusal.value.answered == 422 and refusal.value.body["detail"]
