"""Ids in bodies and queries: a text of the right length is not enough where it becomes part of another service's path."""

from typing import Annotated

import msgspec
import pytest

from reptidex.http.server.bodies import BodyDecoder
from reptidex.http.server.guards import IdGuard
from reptidex.http.server.refusals import ShapeError
from reptidex.streams.values import Id

GOOD = "018f6f5e-7c3a-7b6e-9d1a-2f4b5c6d7e8f"
PATH = "../../internal/users/aaaaaaaa/status"
assert len(PATH) == len(GOOD)


class Leaf(msgspec.Struct):
    """Something with an id."""

    leaf_id: Id | None = None
    twig_id: Id | msgspec.UnsetType = msgspec.UNSET
    name: Annotated[str, msgspec.Meta(max_length=50)] = ""


class Tree(msgspec.Struct):
    """Something with ids in every place where ids stand."""

    tree_id: Id
    leaves: list[Leaf] = []
    among: tuple[Id, ...] = ()
    within: "Tree | None" = None


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"tree_id": PATH}, "/tree_id"),
        ({"tree_id": GOOD.upper()}, "/tree_id"),
        ({"tree_id": GOOD.replace("-", "_")}, "/tree_id"),
        ({"tree_id": GOOD[:-1] + "\n"}, "/tree_id"),
        ({"tree_id": GOOD, "leaves": [{"leaf_id": GOOD}, {"leaf_id": PATH}]}, "/leaves/1/leaf_id"),
        ({"tree_id": GOOD, "among": [GOOD, PATH]}, "/among/1"),
    ],
)
def test_what_is_no_uuid_is_refused_with_its_place(wrong: dict[str, object], pointer: str) -> None:
    with pytest.raises(ShapeError) as refused:
        BodyDecoder(Tree).decode(msgspec.json.encode(wrong), "application/json")

    assert refused.value.pointer == pointer


def test_uuids_and_what_is_left_out_pass_and_names_need_not_be_ids() -> None:
    good = Tree(tree_id=GOOD, leaves=[Leaf(), Leaf(leaf_id=GOOD, name=PATH)], among=(GOOD,), within=Tree(tree_id=GOOD))

    IdGuard(Tree).check(good, "body")
