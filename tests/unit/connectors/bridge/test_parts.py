"""The small parts: locks, pointers, envelopes, verdicts, the tracker."""

import random
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from hypothesis import given
from hypothesis import strategies as st

from reptidex.connectors.bridge import backoff, claim_check, verdicts
from reptidex.connectors.bridge.arrivals import Admission, Arrival, admitted, comes_in, read_event
from reptidex.connectors.bridge.claim_check import Pointer, pointer_attributes, pointer_body, read_pointer
from reptidex.connectors.bridge.envelopes import unwrap
from reptidex.connectors.bridge.heads import head_of, with_members
from reptidex.connectors.bridge.limits import ATTRIBUTES_WE_SEND, check_attributes
from reptidex.connectors.bridge.loops import sent_on
from reptidex.connectors.bridge.sqs import Received
from reptidex.connectors.bridge.tracker import GIVE_UP_S, Tracker
from reptidex.connectors.bridge.verdicts import Fate
from reptidex.errors import ContractError
from tests.integration.bridge.said import event, seen

ADMISSION = Admission(events=("*",), own="us", origin="outside")


def client_error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PublishBatch")


@pytest.mark.parametrize(
    ("problem", "entries", "fate"),
    [
        (client_error("Throttled"), 10, Fate.SLOWER),
        (client_error("Whatever", 429), 10, Fate.SLOWER),
        (client_error("InternalError", 500), 10, Fate.AGAIN),
        (client_error("NotFound", 404), 10, Fate.WAIT),
        (client_error("AuthorizationError", 403), 10, Fate.WAIT),
        (client_error("Whatever", 403), 10, Fate.WAIT),
        (client_error("InvalidParameter"), 10, Fate.ALONE),
        (client_error("InvalidParameter"), 1, Fate.NEVER),
        (client_error("InvalidSignatureException"), 1, Fate.WAIT),
        (client_error("RequestTimeout"), 1, Fate.AGAIN),
        (client_error("Whatever", 408), 1, Fate.AGAIN),
        (ParamValidationError(report="x"), 10, Fate.ALONE),
        (ParamValidationError(report="x"), 1, Fate.NEVER),
        (EndpointConnectionError(endpoint_url="x"), 10, Fate.AGAIN),
        (RuntimeError("a fault of ours"), 10, Fate.AGAIN),
    ],
)
def test_a_failed_call_is_judged_by_its_cause(problem: Exception, entries: int, fate: Fate) -> None:
    assert verdicts.of_call(problem, entries).fate is fate


def test_entries_are_judged_one_by_one() -> None:
    answer = {
        "Successful": [{"Id": "0"}],
        "Failed": [
            {"Id": "1", "Code": "InvalidParameter", "SenderFault": True},
            {"Id": "2", "Code": "InternalError", "SenderFault": False},
            {"Id": "3", "Code": "KMSAccessDenied", "SenderFault": True},
            {"Id": "4", "Code": "Throttled", "SenderFault": True},
        ],
    }

    fates = [each.fate for each in verdicts.of_entries([str(n) for n in range(6)], answer)]

    assert fates == [Fate.DONE, Fate.NEVER, Fate.AGAIN, Fate.WAIT, Fate.SLOWER, Fate.AGAIN]


@given(st.integers(1, 10_000), st.integers(0, 100))
def test_a_message_given_back_is_never_shown_at_once(receives: int, seed: int) -> None:
    wait = backoff.show_again_s(receives, random.Random(seed))

    assert min(2**receives, 900) <= wait <= 43_200


def test_an_event_of_ours_gets_origin_and_hops_and_keeps_its_bytes() -> None:
    raw = event("animal.created")

    sent, origin, hops = sent_on(raw, head_of(raw), "us")

    assert sent.startswith(raw[:-1])
    assert seen(sent) == seen(raw) | {"rxorigin": "us", "rxhops": 1}
    assert (origin, hops) == ("us", 1)


def test_an_event_that_came_in_keeps_its_origin_and_counts_a_hop_more() -> None:
    raw = event("animal.created", rxorigin="acme", rxhops=2)

    sent, origin, hops = sent_on(raw, head_of(raw), "us")

    assert seen(sent) == seen(raw) | {"rxhops": 3}
    assert (origin, hops) == ("acme", 3)


@given(st.dictionaries(st.text(min_size=1), st.integers(), min_size=1))
def test_members_are_put_in_without_touching_the_rest(members: dict[str, int]) -> None:
    raw = b'{"a":{"b":"}"} }  '

    assert msgspec.json.decode(with_members(raw, members)) == {"a": {"b": "}"}} | members


@pytest.mark.parametrize(
    ("members", "attributes", "lock"),
    [
        ({"rxorigin": "us"}, {}, "origin"),
        ({}, {"rxorigin": "us"}, "origin"),
        ({"rxorigin": "acme", "rxhops": 5}, {}, "hops"),
        ({"rxorigin": "acme"}, {"rxhops": "9"}, "hops"),
    ],
)
def test_what_has_been_here_or_too_far_is_locked_out(members: Any, attributes: Any, lock: str) -> None:
    assert read_event(event("animal.created", **members), attributes, ADMISSION) == lock


def test_the_body_says_more_of_the_origin_than_the_attribute() -> None:
    found = read_event(event("animal.created", rxorigin="acme"), {"rxorigin": "us"}, ADMISSION)

    assert isinstance(found, Arrival)
    assert seen(found.said.value)["rxorigin"] == "acme"


def test_a_trace_that_stands_in_the_attributes_alone_comes_along() -> None:
    document = seen(event("animal.created"))
    del document["traceparent"]
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    found = read_event(msgspec.json.encode(document), {"traceparent": trace}, ADMISSION)

    assert isinstance(found, Arrival)
    assert seen(found.said.value)["traceparent"] == dict(found.said.headers)["traceparent"].decode() == trace


def test_patterns_take_in_and_take_out() -> None:
    patterns = ("animal.*", "order.created", "!animal.archived")

    found = [
        admitted(name, patterns) for name in ("animal.created", "order.created", "animal.archived", "file.deleted")
    ]

    assert found == [True, True, False, False]


@pytest.mark.parametrize(
    "name", ["payment.completed", "auth.user.updated", "org.member.added", "admin.action.performed"]
)
@pytest.mark.parametrize(
    ("patterns", "let_in"),
    [
        (("*",), False),
        (("*.*",), False),
        (("[a-z]*",), False),
        (("pay*", "au*", "or*", "ad*"), False),
        (("payment.*", "auth.*", "org.*", "admin.*"), True),
        (("payment.*", "auth.*", "org.*", "admin.*", "!*"), False),
    ],
)
def test_what_moves_money_or_gives_rights_comes_in_by_its_own_name_only(
    name: str, patterns: tuple[str, ...], let_in: bool
) -> None:
    assert comes_in(name, patterns) is let_in and comes_in("animal.created", ("*",))


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pointer_is_read_as_it_was_written(legacy: bool) -> None:
    pointer = Pointer("ours", claim_check.key_of(b"x"))
    attributes = pointer_attributes(pointer, 300_000, legacy=legacy)

    assert read_pointer(pointer_body(pointer, legacy=legacy), attributes, {"ours"}) == pointer
    check_attributes({f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(6)} | attributes)
    assert len(attributes) + 6 == ATTRIBUTES_WE_SEND


def test_a_pointer_into_somebody_elses_bucket_is_not_followed() -> None:
    with pytest.raises(ContractError, match="nothing may be read"):
        read_pointer(pointer_body(Pointer("theirs", "k")), {}, {"ours"})


def envelope(topic: str, message: str, **more: Any) -> str:
    said = {"Type": "Notification", "MessageId": "1", "TopicArn": topic, "Message": message, **more}
    return msgspec.json.encode(said).decode()


@pytest.mark.parametrize("key", ["", "a" * 1025, "\u00e4" * 513])
def test_a_pointer_to_no_possible_object_is_refused(key: str) -> None:
    with pytest.raises(ContractError, match="key has 1 to 1024 bytes"):
        read_pointer(pointer_body(Pointer("b", key)), {}, {"b"})


@pytest.mark.parametrize(("said", "hops"), [("2", 2), ("\u00b2", 1), ("-1", 1), ("", 1), ("99999", 1)])
def test_hops_that_are_no_number_are_one(said: str, hops: int) -> None:
    arrival = read_event(event("animal.created"), {"rxhops": said}, ADMISSION)

    assert isinstance(arrival, Arrival)
    assert seen(arrival.said.value)["rxhops"] == hops


def test_an_envelope_is_taken_off_with_its_attributes() -> None:
    body = envelope("arn:aws:sns:r:1:prod-a", "{}", MessageAttributes={"rxorigin": {"Type": "String", "Value": "acme"}})

    found = unwrap(body, {}, topics=("arn:aws:sns:r:1:prod-*",), buckets=frozenset())

    assert (found.body, found.attributes, found.topic_arn) == ("{}", {"rxorigin": "acme"}, "arn:aws:sns:r:1:prod-a")


def test_an_envelope_of_a_foreign_topic_is_refused() -> None:
    with pytest.raises(ContractError, match="nothing is taken"):
        unwrap(envelope("arn:aws:sns:r:666:prod-a", "{}"), {}, topics=("arn:aws:sns:r:1:*",), buckets=frozenset())


def test_an_event_that_only_speaks_of_notifications_is_no_envelope() -> None:
    body = '{"data":{"Type":"Notification","TopicArn":"x"}}'

    assert unwrap(body, {}, topics=(), buckets=frozenset()).body == body


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def message(name: str, handle: str) -> Received:
    return Received(message_id=name, handle=handle, body="")


def test_a_second_delivery_swaps_the_handle_and_is_no_second_piece_of_work() -> None:
    tracker = Tracker(30, clock=Clock())

    assert tracker.add(message("a", "1"))
    assert not tracker.add(message("a", "2"))
    assert (tracker.handle("a"), tracker.swapped, len(tracker)) == ("2", 1, 1)


def test_messages_are_due_at_half_their_time_ten_at_once_and_again() -> None:
    clock = Clock()
    tracker = Tracker(30, clock=clock)
    for number in range(12):
        tracker.add(message(f"m{number}", "h"))
    clock.now = 14.9
    assert tracker.take_due() == []
    clock.now = 15.0
    assert (len(tracker.take_due()), len(tracker.take_due()), tracker.take_due()) == (10, 2, [])
    assert tracker.next_due() == 30.0


def test_a_message_that_is_done_is_due_no_more() -> None:
    clock = Clock()
    tracker = Tracker(30, clock=clock)
    tracker.add(message("a", "1"))
    tracker.drop("a")
    clock.now = 100.0
    assert (tracker.take_due(), tracker.next_due()) == ([], None)


def test_after_a_quarter_of_an_hour_a_message_is_given_up() -> None:
    clock = Clock()
    tracker = Tracker(30, clock=clock)
    tracker.add(message("a", "1"))
    asked = 0
    while clock.now < 2 * GIVE_UP_S:
        clock.now += 1
        asked += len(tracker.take_due())
    assert (asked, tracker.given_up) == (GIVE_UP_S / 15 - 1, 1)


@pytest.mark.parametrize(
    "body",
    [
        '{"TopicArn":"a","Type":"Notification","more":%s}',
        '{"Type":"Notification","TopicArn":%s}',
        '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k","more":%s}]',
    ],
)
def test_nesting_without_end_is_refused_as_it_is_in_an_event(body: str) -> None:
    with pytest.raises(ContractError):
        read_event(
            unwrap(body % ("[" * 100_000 + "]" * 100_000), {}, topics=(), buckets={"b"}).body.encode(), {}, ADMISSION
        )


@pytest.mark.parametrize("origin", ["a" * 201, "a\nb", "\x00"])
def test_an_origin_that_aws_would_not_take_back_does_not_come_in(origin: str) -> None:
    with pytest.raises(ContractError, match="rxorigin"):
        read_event(event("animal.created"), {"rxorigin": origin}, ADMISSION)
