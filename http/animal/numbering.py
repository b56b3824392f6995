"""The template of a vivarium's codes: shown, tried out, set."""

from datetime import UTC, date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.shelf import species
from reptidex.domain.codes import FALLBACK
from reptidex.domain.registry.templates import WORDS, Facts, checked, scope_of
from reptidex.errors import InvalidError
from reptidex.http.animal.access import admit
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import SetNumbering
from reptidex.streams.values import Id, Sex
from reptidex.tables.animal.keeping import Counter
from reptidex.tables.animal.models import Collection

routes = Routes("numbering")
Template = Annotated[str, Meta(min_length=1, max_length=100)]


class NumberingView(msgspec.Struct, frozen=True, kw_only=True):
    """How a vivarium's animals are numbered."""

    template: str
    prefix: str
    species_codes: dict[str, str]
    example: str
    """What an animal of no known species, registered today, might be called."""
    words: tuple[str, ...] = tuple(f"{{{word}}}" for word in WORDS)
    """What a template may be made of, beside capitals, digits and dashes; `{seq:04}` has at least four digits."""


class NewNumbering(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How animals are numbered from now on; what is left out stays."""

    template: Template | None = None
    prefix: Annotated[str, Meta(min_length=1, max_length=10)] | None = None
    species_codes: dict[str, str] | None = None
    """Other letters for a species than the catalogue's, by species id."""


class Preview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template to try on an animal."""

    template: Template | None = None
    """Left out: the vivarium's own."""
    species_id: Id | None = None
    born_on: date | None = None
    sex: Sex = "unknown"
    count: Annotated[int, Meta(ge=1, le=20)] = 3


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """The next codes that such animals would get, those taken by hand not looked at."""

    template: str
    codes: tuple[str, ...]


async def _collection(request: Request[object, object], vivarium_id: str) -> Collection:
    known = await request.read.get(Collection, vivarium_id)
    return known or Collection(vivarium_id=vivarium_id, prefix=FALLBACK, opened_at=datetime.now(UTC))


def _view(collection: Collection) -> NumberingView:
    scope = scope_of(collection.template, Facts(), prefix=collection.prefix, today=datetime.now(UTC).date())
    return NumberingView(
        template=collection.template,
        prefix=collection.prefix,
        species_codes=collection.species_codes,
        example=scope.code(1),
    )


@routes.get("/numbering", policy=member("keeper"))
async def show_numbering(request: Request[None, None]) -> NumberingView:
    """Show how the vivarium's animals are numbered."""
    return _view(await _collection(request, await admit(request, "keeper")))


@routes.put("/numbering", policy=member("curator"), errors=(422,))
async def set_numbering(request: Request[NewNumbering, None]) -> NumberingView:
    """Set how animals are numbered from now on; codes that were given stay as they are."""
    vivarium_id = await admit(request, "curator")
    body = request.body
    command = SetNumbering(
        vivarium_id=vivarium_id, template=body.template, prefix=body.prefix, species_codes=body.species_codes
    )
    await request.ask(command, Done)
    return _view(await _collection(request, vivarium_id))


@routes.post("/numbering/preview", policy=member("keeper"), errors=(422,))
async def preview_numbering(request: Request[Preview, None]) -> Previewed:
    """Show the codes that the next animals of a kind would get; nothing is taken."""
    vivarium_id = await admit(request, "keeper")
    body, collection = request.body, await _collection(request, vivarium_id)
    template = checked(body.template or collection.template)
    entry = species().get(body.species_id) if body.species_id else None
    if body.species_id and entry is None:
        raise InvalidError("the catalogue has no such species; GET /species lists them", "/species_id")
    letters = collection.species_codes.get(body.species_id or "") or (entry.code if entry else "")
    facts = Facts(species=letters, born_on=body.born_on, sex=body.sex)
    scope = scope_of(template, facts, prefix=collection.prefix, today=datetime.now(UTC).date())
    counter = await request.read.get(Counter, Counter.id_of(vivarium_id, scope.name))
    first = counter.next_number if counter else 1
    return Previewed(template=template, codes=tuple(scope.code(first + step) for step in range(body.count)))
