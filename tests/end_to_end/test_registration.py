"""Flow A, registration, and its bad paths."""

import asyncio
from collections import Counter

import aiokafka

from reptidex.platform.story import registration
from reptidex.platform.visitor import PASSWORD, Step, UnexpectedAnswerError, Visitor
from reptidex.streams.contract import message_class
from tests.end_to_end.conftest import World


async def test_a_registration_reaches_every_service(world: World) -> None:
    sam = world.visitor("Sam")

    step = await registration(sam, world.until)
    await world.heard(
        step.request_id,
        "auth.user.created",
        "profile.updated",
        "org.created",
        "org.member.added",
        "billing.subscription.created",
        "embed.profile.created",
        "notification.sent",
        "notification.delivered",
        "search.indexed",
    )

    counted = Counter(world.watcher.names(step.request_id))
    assert counted["auth.user.created"] == counted["org.created"] == counted["notification.sent"] == 1


async def test_the_chain_of_a_registration_is_audited_whole(world: World) -> None:
    sam = world.visitor("Sam")
    step = await registration(sam, world.until)
    await world.heard(step.request_id, "notification.delivered", "search.indexed", "embed.profile.created")
    expected = {seen.event.id for seen in world.watcher.by_correlation[step.request_id]}

    async def audited() -> bool:
        try:
            chain = await sam.call("ops", "GET", f"/audit/chains/{step.request_id}")
        except UnexpectedAnswerError:
            return False  # not one of its events has been audited yet
        return expected <= {event["event_id"] for event in chain["events"]}

    assert await world.until(audited, "the audit of the whole chain")


async def test_a_taken_address_is_refused_and_leaves_no_half_made_user(world: World) -> None:
    sam, thief = world.visitor("Sam"), world.visitor("Thief")
    await sam.register()
    thief.email = sam.email.upper()

    body = {"email": thief.email, "password": PASSWORD, "display_name": "Thief"}
    problem, step = await thief.exchange("core", "POST", "/auth/register", body, expect=409)

    assert problem["status"] == 409 and world.watcher.names(step.request_id) == []


async def test_two_registrations_of_one_address_at_once_make_one_user(world: World) -> None:
    first, second = world.visitor("Sam"), world.visitor("Sam")
    second.email = first.email

    results = await asyncio.gather(first.register(), second.register(), return_exceptions=True)

    refused = [each for each in results if isinstance(each, UnexpectedAnswerError)]
    assert [each.answered for each in refused] == [409]


async def test_a_weak_password_is_refused_with_the_reason(world: World) -> None:
    body = {"email": world.visitor("Sam").email, "password": "password", "display_name": "Sam"}

    problem = await world.visitor("Sam").call("core", "POST", "/auth/register", body, expect=422)

    assert "password" in problem["pointer"] and problem["detail"]


async def test_a_repeated_event_sends_no_second_welcome(world: World) -> None:
    sam = world.visitor("Sam")
    step = await sam.register()
    await world.until(sam.confirmation_token, "the welcome mail")
    await _say_again(world, step.request_id, "auth.user.created")
    bea = world.visitor("Bea")
    await bea.register()
    await world.until(bea.confirmation_token, "a later welcome mail")

    assert len(await sam.letters()) == 1


async def _say_again(world: World, correlation_id: str, name: str) -> None:
    """Put an event on the log once more, byte for byte, as a producer that retries does."""
    topic = message_class(name).contract.topic
    consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=world.settings.log, auto_offset_reset="earliest")
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=world.settings.log, acks="all")
    await consumer.start()
    await producer.start()
    try:
        async with asyncio.timeout(15):
            async for record in consumer:
                if correlation_id.encode() in record.value:
                    await producer.send_and_wait(
                        topic, record.value, record.key, partition=record.partition, headers=list(record.headers)
                    )
                    return
    finally:
        await consumer.stop()
        await producer.stop()


async def test_a_mail_provider_that_is_down_is_tried_again(world: World) -> None:
    await world.mail_faults(fail_next=2)
    sam = world.visitor("Sam")

    step = await sam.register()
    await world.heard(step.request_id, "notification.sent")

    assert len(await sam.letters()) == 1


async def test_a_mail_that_is_refused_for_good_is_published_and_alerted(world: World) -> None:
    sam = world.visitor("Sam")
    await world.mail_faults(refused=[sam.email.lower()])

    step = await sam.register()
    await world.heard(step.request_id, "notification.failed", "monitoring.alert.raised")

    # What is sent is the notice in the application.
    assert world.watcher.names(step.request_id).count("notification.sent") <= 1 and await sam.letters() == []


async def test_a_mailbox_that_refuses_gets_no_more_mails_until_it_takes_one_that_was_asked_for(world: World) -> None:
    sam, operator = world.visitor("Sam"), world.visitor("Operator")
    for person in (sam, operator):
        await person.register()
        await person.confirm(await world.until(person.confirmation_token, "the welcome mail"))
        await person.sign_in()
    await world.administrator(operator)
    await world.mail_faults(refused=[sam.email.lower()])

    first = await _new_password(sam)
    await world.heard(first.request_id, "notification.failed")
    await world.mail_faults()
    second = await _new_password(sam)
    await world.heard(second.request_id, "notification.sent")
    refused = (await operator.call("community", "GET", "/notifications/refused"))["items"]
    notices = (await sam.call("community", "GET", "/notifications"))["items"]
    letters = [letter["subject"] for letter in await sam.letters()]

    assert [each["reason"] for each in refused if each["user_id"] == sam.user_id] == ["550 5.1.1 no such mailbox"]
    assert [each["template"] for each in notices] == ["password.changed", "mail.refused", "password.changed"]
    assert "Your password was changed" not in letters

    await sam.call("core", "POST", "/auth/forgot-password", {"email": sam.email}, expect=202)

    async def goes_on() -> bool:
        left = (await operator.call("community", "GET", "/notifications/refused"))["items"]
        return sam.user_id not in {each["user_id"] for each in left}

    await world.until(goes_on, "the letter that was asked for")


async def _new_password(person: Visitor) -> Step:
    """Have somebody set a password (the same again), of which they are told; return the request."""
    body = {"current_password": PASSWORD, "password": PASSWORD}
    _, step = await person.exchange("core", "PUT", "/auth/password", body, expect=204)
    return step


async def test_a_used_refresh_token_ends_the_session(world: World) -> None:
    sam = world.visitor("Sam")
    await sam.register()
    await sam.confirm(await world.until(sam.confirmation_token, "the welcome mail"))
    await sam.sign_in()
    first = {"refresh_token": sam.refresh_token}
    second = await sam.call("core", "POST", "/auth/refresh", first)

    await sam.call("core", "POST", "/auth/refresh", first, expect=401)

    problem = await sam.call("core", "POST", "/auth/refresh", {"refresh_token": second["refresh_token"]}, expect=401)
    assert problem["status"] == 401


async def test_guessing_at_one_account_is_slowed_down_and_no_other_account_with_it(world: World) -> None:
    sam, bea = world.visitor("Sam"), world.visitor("Bea")
    for person in (sam, bea):
        await person.register()
        await person.confirm(await world.until(person.confirmation_token, "the welcome mail"))
    guess = {"email": sam.email, "password": "a wrong password"}

    async def guessed() -> tuple[int, str]:
        async with world.session.post(f"{world.settings.urls['core']}/auth/login", json=guess) as answer:
            await answer.read()
            return answer.status, answer.headers.get("Retry-After", "")

    found = await asyncio.gather(*(guessed() for _ in range(15)))
    refused = {after for status, after in found if status == 429}
    await bea.sign_in()

    assert Counter(status for status, _ in found) == {401: 10, 429: 5}
    assert all(0 < int(after) <= 90 for after in refused)
