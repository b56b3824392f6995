"""A newcomer's collection and members' access, in whatever order the news arrives."""

from typing import Any

import pytest

from reptidex.streams.core import AuthUserCreated, AuthUserDeleted, OrgMemberAdded, OrgMemberChanged, OrgMemberRemoved
from reptidex.tables.animal.models import Access, Collection

USER, VIVARIUM = "33333333-0000-7000-8000-000000000000", "44444444-0000-7000-8000-000000000000"
CREATED = AuthUserCreated(
    user_id=USER, vivarium_id=VIVARIUM, email_hash="e" * 64, display_name="Gecko Grove", how="password"
)
ADDED = OrgMemberAdded(vivarium_id=VIVARIUM, user_id=USER, role="herpetologist")


@pytest.mark.parametrize("order", [(CREATED, ADDED), (ADDED, CREATED), (ADDED, CREATED, ADDED, CREATED)])
async def test_a_newcomer_has_the_same_collection_in_any_order_of_arrival(keepers: Any, order: Any) -> None:
    for event in order:
        await keepers.harness.handle(event, sequence=2)
    collection = await keepers.harness.get(Collection, VIVARIUM)
    access = await keepers.harness.get(Access, Access.id_of(VIVARIUM, USER))

    assert (collection.prefix, collection.owner_id, collection.template) == ("GECKO", USER, "{prefix}-{seq:04}")
    assert (access.role, access.active) == ("herpetologist", True)


async def test_animals_registered_before_the_name_is_known_keep_their_codes(keepers: Any) -> None:
    first = await keepers.animal(vivarium_id=VIVARIUM)
    await keepers.harness.handle(CREATED)
    second = await keepers.animal(vivarium_id=VIVARIUM)

    assert [(await keepers.row(one)).code for one in (first, second)] == ["RX-0001", "RX-0002"]


async def test_a_late_word_of_joining_does_not_bring_a_removed_member_back(keepers: Any) -> None:
    removed = OrgMemberRemoved(vivarium_id=VIVARIUM, user_id=USER, role="herpetologist")
    await keepers.harness.handle(removed, sequence=5)
    await keepers.harness.handle(ADDED, sequence=2)
    access = await keepers.harness.get(Access, Access.id_of(VIVARIUM, USER))

    assert not access.active


async def test_a_changed_role_is_followed(keepers: Any) -> None:
    await keepers.harness.handle(ADDED, sequence=2)
    changed = OrgMemberChanged(vivarium_id=VIVARIUM, user_id=USER, role="keeper", previous_role="herpetologist")
    await keepers.harness.handle(changed, sequence=3)

    assert (await keepers.harness.get(Access, Access.id_of(VIVARIUM, USER))).role == "keeper"


async def test_a_person_who_is_gone_has_no_access_left(keepers: Any) -> None:
    await keepers.harness.handle(CREATED)
    await keepers.harness.handle(ADDED, sequence=2)
    await keepers.harness.handle(AuthUserDeleted(user_id=USER, reason="requested"))

    assert not (await keepers.harness.get(Access, Access.id_of(VIVARIUM, USER))).active
    assert (await keepers.harness.get(Collection, VIVARIUM)).owner_id is None
