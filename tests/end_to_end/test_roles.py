"""What somebody may do no longer, they can do no longer: also while their access token still says otherwise."""

from typing import Any

from tests.end_to_end.conftest import Confirmed, World


async def test_who_is_put_out_of_a_vivarium_is_out_at_every_service_within_seconds(
    world: World, confirmed: Confirmed
) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    vivarium = (await sam.call("core", "POST", "/vivariums", {"name": "Sand & Sons"}, expect=201))["vivarium_id"]
    members = f"/vivariums/{vivarium}/members"
    await sam.call("core", "POST", members, {"user_id": bea.user_id, "role": "handler"}, expect=201)
    switched = await bea.call("core", "POST", "/auth/switch", {"vivarium_id": vivarium})

    async def seen(token: str) -> int:
        url, headers = f"{world.settings.urls['animal']}/animals", {"Authorization": f"Bearer {token}"}
        async with world.session.get(url, headers=headers) as answer:
            return answer.status

    async def out() -> Any:
        return await seen(switched["access_token"]) == 401

    assert await seen(switched["access_token"]) == 200
    await sam.call("core", "DELETE", f"{members}/{bea.user_id}", expect=204)
    await world.until(out, "the token's end")
    again = await bea.call("core", "POST", "/auth/switch", {"vivarium_id": bea.vivarium_id})

    assert await seen(again["access_token"]) == 200
