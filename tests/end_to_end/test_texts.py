"""A telephone number is confirmed by a text, and what was chosen comes as one: through Twilio's API, log and database."""

import re
from typing import Any

from tests.end_to_end.conftest import Confirmed, World

NUMBER = "+491701234567"


async def texts_to(world: World, number: str) -> list[str]:
    async with world.session.get(f"{world.payments}/_texts", params={"to": number}) as answer:
        return [each["body"] for each in await answer.json()]


async def test_a_confirmed_number_gets_what_was_chosen_as_a_text(world: World, confirmed: Confirmed) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")

    async def code() -> Any:
        return next((found[0] for each in await texts_to(world, NUMBER) if (found := re.match(r"\d{6}", each))), "")

    _, asked = await sam.exchange("core", "PUT", "/auth/telephone", {"number": NUMBER}, expect=202)
    digits = await world.until(code, "a text with the code")
    await sam.call("core", "POST", "/auth/telephone/confirm", {"code": digits}, expect=204)
    await world.heard(asked.request_id, "notification.sent", "notification.delivered")

    wish = {"channels": {"post.replied": ["sms"]}}
    await sam.call("community", "PUT", "/notifications/preferences", wish)
    [forum, *_] = await sam.call("community", "GET", "/community/forums")
    post = {"kind": "question", "title": "Which substrate?", "text": "For crested geckos."}
    written = await sam.call("community", "POST", f"/community/forums/{forum['forum_id']}/posts", post, expect=201)
    path = f"/community/posts/{written['post_id']}/replies"
    _, answer = await bea.exchange("community", "POST", path, {"text": "Coconut."}, expect=201)
    await world.heard(answer.request_id, "notification.sent", "notification.delivered")

    assert "Somebody answered your post “Which substrate?”." in await texts_to(world, NUMBER)
    await sam.call("core", "DELETE", "/auth/telephone", expect=204)
    assert (await sam.call("core", "GET", "/auth/telephone"))["number"] == ""
