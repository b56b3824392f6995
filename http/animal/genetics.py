"""What is known of an animal's genes and why, and what laboratories found."""

import asyncio
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.explain import Explained, explain
from reptidex.domain.genetics.looks import full_name
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal.access import own_animal, seen_animal
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done, Remarked
from reptidex.streams.commands.animal_genetics import LocusResult, RecordTest, WithdrawTest
from reptidex.streams.values import Id, LongText, Ratio, Text
from reptidex.tables.animal.families import Family, called, family_of, loci_told, records, tested
from reptidex.tables.animal.genetics import GeneticTest
from reptidex.tables.animal.genetics_queries import tests_of
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.relatives import ratio

routes = Routes("genetics of an animal")


class PairChance(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of alleles that the animal may carry."""

    alleles: tuple[str, str]
    name: str
    probability: Ratio


class KnownLocus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at one locus."""

    locus: str
    name: str
    status: str
    """tested, visual, proven, possible, claimed, normal or disputed."""
    evidence: str
    """The strongest evidence: lab, parentage, offspring, clutch or claim."""
    pairs: tuple[PairChance, ...]
    """Empty where the records contradict each other."""
    steps: tuple[str, ...]
    """How that is known: which record, which rule, step by step."""
    relatives: int
    """How many relatives were reckoned with."""
    from_sire: Ratio | None = None
    """For a gene on both sex chromosomes: how likely the animal has it from its sire (for a male: a male maker)."""


class GeneticsView(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an animal's genes. A locus that is not listed is recorded of nobody in its family."""

    animal_id: str
    species: str
    loci: tuple[KnownLocus, ...]
    polygenic: tuple[str, ...]
    """Looks that many genes make: no odds are given for them."""
    notes: tuple[str, ...]
    relatives: int


class NewGeneticTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A laboratory's result."""

    laboratory: Annotated[str, Meta(min_length=1, max_length=255)]
    method: Text = ""
    """Such as PCR or sequencing."""
    reference: Text = ""
    """The laboratory's number of the report."""
    tested_on: date
    results: Annotated[tuple[LocusResult, ...], Meta(min_length=1, max_length=32)]
    document_file_id: Id | None = None
    """The report, uploaded to repti-media."""
    notes: LongText = ""


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a test is taken back."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]


class TestedView(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded test; `results` says at which loci it is disputed, and by what."""

    test: GeneticTest
    remarks: tuple[Remarked, ...] = ()


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of repti-media's answer."""

    vivarium_id: str
    state: str


@routes.get("/animals/{animal_id}/genetics", policy=public(cost=5), errors=(404,))
async def get_genetics(request: Request[None, None]) -> GeneticsView:
    """Say what is known of an animal's genes and why: its record, tests, parents and young, reckoned anew."""
    animal, looking = await seen_animal(request)
    family = await family_of(request.read, [animal.animal_id])
    # Off the event loop: a wide family takes some milliseconds a locus.
    return await asyncio.to_thread(_known, animal, family, looking)


def _known(animal: Animal, family: Family, looking: str) -> GeneticsView:
    species = need_species(animal.species_id)
    visible = [
        key for key, one in family.animals.items() if shows_name(sight(one.visibility, one.vivarium_id, looking))
    ]
    names = called(family.animals, visible)
    found = []
    for locus in loci_told(species, family):
        known = tested(family, animal.animal_id, locus.locus)
        by = f"{known[0].laboratory}, {known[0].tested_on}" if known else ""
        said = explain(locus, records(species, family, locus), animal.animal_id, names, by)
        if said.status != "normal" or any(gene.locus == locus.locus for gene in animal.genotype):
            found.append(_view(said, species.locus(locus.locus)))
    by_name = {name.casefold(): one for one in species.morphs for name in (one.name, *one.aliases)}
    shown = (by_name.get(name.strip().casefold()) for name in animal.morphs)
    notes = [] if family.whole else ["there are more relatives than are reckoned with; the nearest were"]
    linked = any(locus.linked or locus.sex_linked for locus in species.loci)
    if linked:
        notes.append("each gene is reckoned by itself here; what linked genes tell of one another is left out")
    return GeneticsView(
        animal_id=animal.animal_id,
        species=animal.species,
        loci=tuple(found),
        polygenic=tuple(one.name for one in shown if one is not None and one.inheritance == "polygenic"),
        notes=tuple(notes),
        relatives=len(family.animals) - 1,
    )


def _view(said: Explained, locus: Any) -> KnownLocus:
    return KnownLocus(
        locus=said.locus,
        name=said.name,
        status=said.status,
        evidence=said.evidence,
        pairs=tuple(
            PairChance(alleles=pair, name=full_name(locus, pair), probability=ratio(share))
            for pair, share in sorted(said.pairs.items(), key=lambda one: (-one[1], one[0]))
        ),
        steps=said.steps,
        relatives=said.relatives,
        from_sire=ratio(said.from_sire) if said.from_sire is not None else None,
    )


@routes.post("/animals/{animal_id}/genetics/tests", policy=member("handler"), status=201, errors=(404, 422))
async def record_test(request: Request[NewGeneticTest, None]) -> TestedView:
    """Record a laboratory's result. What it contradicts comes back as remarks; an earlier test is not overruled, but disputed."""
    animal = await own_animal(request, "handler")
    body = request.body
    if body.document_file_id is not None:
        await _own_document(request, body.document_file_id, animal.vivarium_id)
    values = {name: getattr(body, name) for name in body.__struct_fields__}
    command = RecordTest(
        test_id=request.new_id(),
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        recorded_by=request.caller.subject or None,
        **values,
    )
    done = await request.ask(command, Done)
    return TestedView(test=await request.read.need(GeneticTest, done.id), remarks=done.remarks)


async def _own_document(request: Request[Any, Any], file_id: str, vivarium_id: str) -> None:
    try:
        file = await request.ports.media.get(f"/internal/files/{file_id}", FileFacts)
    except NotFoundError:
        file = None
    if file is None or file.vivarium_id != vivarium_id or file.state != "ready":
        raise InvalidError(f"there is no file {file_id} of this vivarium that is ready", "/document_file_id")


@routes.get("/animals/{animal_id}/genetics/tests", policy=member("keeper"), errors=(404,))
async def list_tests(request: Request[None, Paging]) -> Page[GeneticTest]:
    """List the tests of an animal, withdrawn ones too, latest first."""
    animal = await own_animal(request, "keeper")
    rows, cursor = await request.read.page(tests_of(animal.animal_id), request.query)
    return Page(items=rows, next=cursor)


@routes.post("/animals/{animal_id}/genetics/tests/{test_id}/withdraw", policy=member("handler"), errors=(404, 422))
async def withdraw_test(request: Request[Withdrawal, None]) -> TestedView:
    """Take a test back. Its row stays; the animal's record says again what it said before."""
    animal = await own_animal(request, "handler")
    command = WithdrawTest(
        test_id=request.path["test_id"],
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        reason=request.body.reason,
    )
    done = await request.ask(command, Done)
    return TestedView(test=await request.read.need(GeneticTest, done.id))
