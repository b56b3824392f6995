"""What a caller may see and do here: the token says it, and this service's own record of members can only take away."""

from typing import Any

from reptidex.domain.visibility import has_page, sight
from reptidex.errors import ForbiddenError, NotFoundError
from reptidex.http.server.policy import RANK, Role
from reptidex.http.server.routes import Request
from reptidex.tables.animal.models import Access, Animal

Asked = Request[Any, Any]


async def viewer(request: Asked) -> str:
    """Return the vivarium for which the caller looks; empty for an outsider, a former member among them."""
    caller = request.caller
    if caller.kind != "user" or not caller.vivarium_id:
        return ""
    known = await request.read.get(Access, Access.id_of(caller.vivarium_id, caller.subject))
    return "" if known is not None and not known.active else caller.vivarium_id


async def admit(request: Asked, role: Role) -> str:
    """Return the caller's vivarium, if they still have at least this role there.

    A token lives for minutes, so a member who was removed or demoted is turned away by the record kept here. Where nothing has
    been heard of a member yet, the token alone holds. Raises `ForbiddenError`.
    """
    caller = request.caller
    known = await request.read.get(Access, Access.id_of(caller.vivarium_id, caller.subject))
    if known is not None and (not known.active or RANK[known.role] < RANK[role]):
        raise ForbiddenError("your access to this vivarium has ended or changed; sign in again")
    return caller.vivarium_id


async def own_animal(request: Asked, role: Role) -> Animal:
    """Return the animal of the path if it is the caller's vivarium's. Raises `NotFoundError`, `ForbiddenError`."""
    vivarium_id = await admit(request, role)
    animal_id = request.path["animal_id"]
    animal = await request.read.get(Animal, animal_id)
    if animal is None or animal.vivarium_id != vivarium_id:
        raise NotFoundError("animal", animal_id)
    return animal


async def seen_animal(request: Asked) -> tuple[Animal, str]:
    """Return the animal of the path if the caller may open its page, and for which vivarium they look.

    Raises `NotFoundError`, for one that is hidden too.
    """
    animal_id = request.path["animal_id"]
    animal = await request.read.get(Animal, animal_id)
    looking = await viewer(request)
    if animal is None or not has_page(sight(animal.visibility, animal.vivarium_id, looking)):
        raise NotFoundError("animal", animal_id)
    return animal, looking
