"""Which endpoint a path goes to, beside aiohttp's dispatcher."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import assume, given
from hypothesis import strategies as st

from reptidex.http.server.refusals import MethodError, NoRouteError
from reptidex.http.server.table import Table

WORDS, METHODS = ("animals", "search", "a"), ("GET", "POST", "DELETE")
segment = st.sampled_from((*WORDS, "{one_id}"))
routes = st.dictionaries(
    st.tuples(st.sampled_from(METHODS), st.lists(segment, min_size=1, max_size=3).map(tuple)), st.none(), max_size=8
)
asked = st.lists(st.sampled_from((*WORDS, "x", "", "%2F", "gr%C3%BCn", "a%20b")), max_size=4)


async def _theirs(places: list[tuple[str, str]], method: str, path: str) -> Any:
    dispatcher = web.UrlDispatcher()

    async def unused(_: web.Request) -> web.Response:
        return web.Response()

    found = {}
    for place in places:
        found[dispatcher.add_route(*place, unused)] = place
        if place[0] == "GET":
            found[dispatcher.add_route("HEAD", place[1], unused)] = place
    match = await dispatcher.resolve(make_mocked_request(method, path))
    if isinstance(match.http_exception, web.HTTPMethodNotAllowed):
        return match.http_exception.allowed_methods
    return None if match.http_exception else (found[match.route], list(match.values()))


@given(routes, st.sampled_from((*METHODS, "HEAD", "PUT")), asked)
async def test_a_path_goes_where_aiohttp_takes_it_words_before_parameters(
    served: dict[tuple[str, tuple[str, ...]], None], method: str, parts: list[str]
) -> None:
    # Each parameter has a name of its own, as in a path of ours.
    exact = sorted(served, key=lambda each: ([part.startswith("{") for part in each[1]], each[1]))
    places = [
        (verb, "".join(f"/{part.replace('one', 'abc'[at])}" for at, part in enumerate(path))) for verb, path in exact
    ]
    table: Table[tuple[str, str]] = Table()
    for place in reversed(places):
        table.add(*place, place)
    path = "/" + "/".join(parts)
    assume(not path.startswith("//"))  # the mocked request takes it for another host
    try:
        ours: Any = table.find(method, path)
    except NoRouteError:
        ours = None
    except MethodError as refused:
        ours = set(refused.allowed.split(", ")) - {"OPTIONS"}

    assert ours == await _theirs(places, method, path)


@pytest.mark.parametrize("path", ["", "animals", "*", "/animals/", "//animals"])
def test_what_is_no_path_of_ours_is_not_found(path: str) -> None:
    table: Table[str] = Table()
    table.add("GET", "/animals/{animal_id}", "one")
    table.add("GET", "/animals", "all")

    with pytest.raises(NoRouteError):
        table.find("GET", path)
