"""The catalogue's editors: what they change lies over the shipped files, is told, and can be traced."""

from typing import Any

import msgspec
import pytest

from reptidex.agents.animal.editing import ProposalDecidedError, TaxonChangedError, TaxonExistsError
from reptidex.domain.catalogue import shelf
from reptidex.domain.catalogue.entries import Combo, SpeciesFacts
from reptidex.domain.catalogue.shelf import find_species, need_species, shipped
from reptidex.domain.genetics.loci import Allele, Locus
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import taxonomy, taxonomy_editor
from reptidex.http.middlewares.validation import etag_of
from reptidex.http.server.refusals import PreconditionError
from reptidex.http.server.routes import Paging
from reptidex.streams.animal import TaxonomyMorphAdded, TaxonomySpeciesAdded, TaxonomySpeciesUpdated
from reptidex.streams.commands.animal import TellTaxonomy, Told
from reptidex.streams.commands.animal_taxonomy import EditTaxon
from reptidex.streams.values import Gene
from reptidex.tables.animal.taxonomy import refresh
from tests.unit.animal.asking import Asker

BALL = next(find_species("Python regius"))
SLIDER = next(find_species("Trachemys scripta"))
SOURCE = "Smith 2026, Journal of Sliders 1:1"
PIED = Locus(locus="pied", name="Pied", alleles=(Allele(allele="pied", name="Pied", mode="recessive"),))


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def put_pied(keepers: Any, ask: Asker, locus: Locus = PIED, headers: Any = None) -> Any:
    body = taxonomy_editor.LocusChange(locus=locus, source=SOURCE)
    path = {"species_id": SLIDER.species_id, "locus": locus.locus}
    return await ask(taxonomy_editor.put_locus, keepers.sam, body=body, headers=headers, **path)


def told(keepers: Any, since: int, kind: type[Any]) -> list[Any]:
    return [each.data for each in keepers.harness.events[since:] if isinstance(each.data, kind)]


async def test_a_locus_and_its_morph_live_over_the_shipped_file_and_are_told(keepers: Any, ask: Asker) -> None:
    await keepers.harness.ask(TellTaxonomy(request_id=keepers.id()), Told)
    since = len(keepers.harness.events)
    await put_pied(keepers, ask)
    morph = taxonomy_editor.MorphFacts(name="Pied", inheritance="recessive", genotype={"pied": ("pied", "pied")})
    body = taxonomy_editor.MorphChange(morph=morph, source=SOURCE)
    changed = await ask(taxonomy_editor.add_morph, keepers.sam, body=body, species_id=SLIDER.species_id)
    [added] = told(keepers, since, TaxonomyMorphAdded)
    genes = (Gene(locus="pied", alleles=("pied", "+")),)
    animal = await keepers.animal(species_id=SLIDER.species_id, genotype=genes)

    assert changed.by_locus["pied"].sources == (SOURCE,) and "pied" not in shipped()[SLIDER.species_id].by_locus
    assert (added.name, added.locus, added.inheritance) == ("Pied", "pied", "recessive")
    assert (await keepers.row(animal)).genotype == genes
    assert await keepers.harness.ask(TellTaxonomy(request_id=keepers.id()), Told) == Told(species=0, morphs=0)


async def test_another_worker_sees_an_edit_when_it_looks_after_its_catalogue(keepers: Any, ask: Asker) -> None:
    await put_pied(keepers, ask)
    shelf.lay_over((), "")
    assert "pied" not in need_species(SLIDER.species_id).by_locus

    await refresh(keepers.harness.read)
    assert "pied" in need_species(SLIDER.species_id).by_locus
    held = need_species(SLIDER.species_id)
    await refresh(keepers.harness.read)
    assert need_species(SLIDER.species_id) is held, "nothing is made anew where nothing changed"


async def test_changed_facts_are_told_by_name(keepers: Any, ask: Asker) -> None:
    await keepers.harness.ask(TellTaxonomy(request_id=keepers.id()), Told)
    since = len(keepers.harness.events)
    facts = {name: getattr(SLIDER, name) for name in SpeciesFacts.__struct_fields__} | {"clutch_size": (2, 25)}
    body = taxonomy_editor.FactsChange(facts=SpeciesFacts(**facts), source=SOURCE)
    after = await ask(taxonomy_editor.change_species, keepers.sam, body=body, species_id=SLIDER.species_id)
    [event] = told(keepers, since, TaxonomySpeciesUpdated)

    assert (event.changed, event.clutch_size) == (("clutch_size",), (2, 25))
    assert after.loci == SLIDER.loci and len(after.morphs) == len(SLIDER.morphs)


async def test_a_new_species_can_be_registered_at_once(keepers: Any, ask: Asker) -> None:
    facts = SpeciesFacts(
        slug="gekko-gecko",
        scientific_name="Gekko gecko",
        common_names=("Tokay gecko",),
        family="Gekkonidae",
        code="TG",
        sex_system="unknown",
    )
    body = taxonomy_editor.FactsChange(facts=facts, source=SOURCE)
    since = len(keepers.harness.events)
    added = await ask(taxonomy_editor.add_species, keepers.sam, body=body)

    assert [event.scientific_name for event in told(keepers, since, TaxonomySpeciesAdded)] == ["Gekko gecko"]
    assert [one.species_id for one in find_species("tokay")] == [added.species_id]
    assert await keepers.animal(species_id=added.species_id)
    with pytest.raises(InvalidError, match="Gekko gecko has the"):
        await ask(taxonomy_editor.add_species, keepers.sam, body=body)


def locus_of(name: str, *alleles: str, **more: Any) -> dict[str, Any]:
    """Write a locus as an editor would send it."""
    known = [{"allele": allele, "name": allele, "mode": "recessive"} for allele in alleles]
    return {"locus": name, "name": name, "alleles": known, "sources": ["x"]} | more


@pytest.mark.parametrize(
    ("kind", "part", "value", "why"),
    [
        ("locus", "pied", locus_of("pied", "pied", sources=[]), "sources"),
        ("locus", "pied", locus_of("other", "pied"), "other"),
        ("locus", "pied", locus_of("pied", "pied", mode="x"), "mode"),
        ("morph", "m", {"morph_id": "m", "name": "M", "inheritance": "unknown", "genotype": {"no": ["a", "a"]}}, "no"),
        ("combo", "C", {"name": "C", "genotype": {"albino": ["albino", "albino"]}, "sources": ["x"]}, "two loci"),
        ("locus", "albino", locus_of("albino", "albino"), "toffee"),
        ("locus", "banana", locus_of("banana", "banana", sex_linked="z"), "z-linked"),
        ("species", BALL.species_id, {"slug": "x"}, "slug"),
    ],
)
async def test_an_edit_that_does_not_fit_is_refused_with_the_reason(
    keepers: Any, kind: Any, part: str, value: dict[str, Any], why: str
) -> None:
    text = msgspec.json.encode(value).decode()
    command = EditTaxon(species_id=BALL.species_id, kind=kind, part=part, value=text, source=SOURCE)

    with pytest.raises(InvalidError, match=why):
        await keepers.harness.handle(command)
    with pytest.raises(InvalidError):
        await keepers.harness.handle(msgspec.structs.replace(command, value="{"))
    assert not await keepers.harness.letters()


async def test_two_editors_do_not_overwrite_each_other(keepers: Any, ask: Asker) -> None:
    seen = etag_of(msgspec.json.encode(need_species(SLIDER.species_id)))
    await put_pied(keepers, ask, headers={"If-Match": seen})
    with pytest.raises(PreconditionError):
        await put_pied(keepers, ask, headers={"If-Match": seen})
    value = msgspec.json.encode(msgspec.structs.replace(PIED, sources=(SOURCE,))).decode()
    late = EditTaxon(species_id=SLIDER.species_id, kind="locus", part="pied", value=value, source=SOURCE, expected=0)
    with pytest.raises(TaxonChangedError):
        await keepers.harness.handle(late)
    with pytest.raises(TaxonExistsError):
        await keepers.harness.handle(msgspec.structs.replace(late, expected=None, new=True))


async def test_the_history_of_a_species_says_what_was_before_and_why(keepers: Any, ask: Asker) -> None:
    await put_pied(keepers, ask)
    await put_pied(keepers, ask, msgspec.structs.replace(PIED, name="Piebald"))
    page = await ask(taxonomy_editor.list_revisions, "", query=Paging(), species_id=SLIDER.species_id)
    [last, first] = page.items

    assert (first.number, first.before, last.number) == (1, None, 2)
    assert msgspec.json.decode(last.before)["name"] == "Pied"
    assert msgspec.json.decode(last.after)["name"] == "Piebald"
    assert (last.source, last.by) == (SOURCE, None), "who edited is for administrators"
    with pytest.raises(NotFoundError):
        await ask(taxonomy_editor.list_revisions, "", query=Paging(), species_id=keepers.id())


async def test_a_proposal_waits_for_an_editor(keepers: Any, ask: Asker) -> None:
    combo = Combo(name="Pastel Pinstripe", genotype={"pastel": ("pastel", "+"), "pinstripe": ("pinstripe", "+")})
    body = taxonomy_editor.NewProposal(species_id=BALL.species_id, combo=combo, source=SOURCE)
    first = await ask(taxonomy_editor.propose, keepers.bea, body=body)
    second = await ask(taxonomy_editor.propose, keepers.bea, body=body)
    assert all(one.name != combo.name for one in need_species(BALL.species_id).combos)

    async def decide(proposal: Any, accept: bool, answer: str = "") -> Any:
        decision = taxonomy_editor.Decision(accept=accept, answer=answer)
        return await ask(taxonomy_editor.decide, keepers.sam, body=decision, proposal_id=proposal.proposal_id)

    accepted = await decide(first, True)
    with pytest.raises(ProposalDecidedError):
        await decide(first, False, "no")
    with pytest.raises(InvalidError, match="why"):
        await decide(second, False)
    declined = await decide(second, False, "It is there already.")

    assert (accepted.status, declined.status, declined.answer) == ("accepted", "declined", "It is there already.")
    assert any(one.name == combo.name for one in need_species(BALL.species_id).combos)


@pytest.mark.parametrize("parts", [{}, {"locus": PIED, "combo": None, "morph": None}])
async def test_a_proposal_is_about_one_part_of_a_known_species(keepers: Any, ask: Asker, parts: dict[str, Any]) -> None:
    body = taxonomy_editor.NewProposal(source=SOURCE, **parts)

    with pytest.raises(InvalidError):
        await ask(taxonomy_editor.propose, keepers.bea, body=body)


async def test_lists_are_paged_and_searched(ask: Asker) -> None:
    first = await ask(taxonomy.list_morphs, query=taxonomy.MorphFilter(species_id=BALL.species_id, limit=100))
    second = await ask(
        taxonomy.list_morphs, query=taxonomy.MorphFilter(species_id=BALL.species_id, limit=100, cursor=first.next)
    )
    found = await ask(taxonomy.search_taxa, query=taxonomy.TaxonFilter(q="coral glow"))
    warned = await ask(
        taxonomy.list_morphs, query=taxonomy.MorphFilter(species_id=BALL.species_id, welfare=True, name="bee")
    )

    assert len(first.items) == 100 and second.next is None
    assert len(first.items) + len(second.items) == len(BALL.morphs) + len(BALL.combos)
    assert (found.items[0].title, found.items[0].fit) == ("Banana", "exact")
    assert {view.name for view in warned.items} == {"Bumblebee", "Killer Bee"}
    shown = await ask(taxonomy.get_morph, morph_id=warned.items[0].morph_id)
    assert shown == warned.items[0] and shown.kind == "combo"
    with pytest.raises(InvalidError):
        await ask(taxonomy.list_species, query=taxonomy.SpeciesFilter(cursor="%%"))
