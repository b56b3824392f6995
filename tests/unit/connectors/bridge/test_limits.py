"""Every limit of SNS and SQS is refused before the call, with its name, what was asked, and its source."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.connectors.bridge import limits
from reptidex.connectors.bridge.limits import LimitError


def text(value: str, kind: str = "String") -> dict[str, Any]:
    return {"DataType": kind, "StringValue": value}


GOOD: dict[str, Callable[[], Any]] = {
    "topic of 256": lambda: limits.check_topic_name("a" * 256),
    "FIFO topic": lambda: limits.check_topic_name("prod-order-created.fifo", fifo=True),
    "queue of 80": lambda: limits.check_queue_name("q" * 75 + ".fifo", fifo=True),
    "eight attributes": lambda: limits.check_attributes({f"a{n}": text("x") for n in range(8)}),
    "ten where allowed": lambda: limits.check_attributes({f"a{n}": text("x") for n in range(10)}, most=10),
    "attribute name with dots inside": lambda: limits.check_attributes({"a.b_c-d": text("x")}),
    "binary": lambda: limits.check_attributes({"a": {"DataType": "Binary.gzip", "BinaryValue": b"x"}}),
    "list": lambda: limits.check_attributes({"a": text('["x"]', "String.Array")}),
    "number": lambda: limits.check_attributes({"a": text("-1.5E-3", "Number")}),
    "number of 38 digits": lambda: limits.check_attributes({"a": text("9" * 38, "Number.int")}),
    "characters of XML": lambda: limits.check_body("\t\n\r é 🦎 \ue000 \ufffd"),
    "exactly the size": lambda: limits.check_size(262_144),
    "one mebibyte on SQS": lambda: limits.check_size(1_048_576, limits.SQS_BYTES),
    "batch of ten": lambda: limits.check_batch([str(n) for n in range(10)], 262_144),
    "subject of 99": lambda: limits.check_subject("ä" * 99),
    "visibility of 12 hours": lambda: limits.check_visibility(43_200),
    "receive ten": lambda: limits.check_receive(10, 20),
}

BAD: dict[str, Callable[[], Any]] = {
    "topic of 257": lambda: limits.check_topic_name("a" * 257),
    "topic with a dot": lambda: limits.check_topic_name("animal.created"),
    "empty topic": lambda: limits.check_topic_name(""),
    "FIFO topic without suffix": lambda: limits.check_topic_name("order-created", fifo=True),
    "standard topic with suffix": lambda: limits.check_topic_name("order-created.fifo"),
    "queue of 81": lambda: limits.check_queue_name("q" * 76 + ".fifo", fifo=True),
    "nine attributes": lambda: limits.check_attributes({f"a{n}": text("x") for n in range(9)}),
    "attribute AWS.x": lambda: limits.check_attributes({"AWS.x": text("x")}),
    "attribute amazon.x": lambda: limits.check_attributes({"amazon.x": text("x")}),
    "attribute a..b": lambda: limits.check_attributes({"a..b": text("x")}),
    "attribute .a": lambda: limits.check_attributes({".a": text("x")}),
    "attribute ce:type": lambda: limits.check_attributes({"ce:type": text("x")}),
    "attribute name of 257": lambda: limits.check_attributes({"a" * 257: text("x")}),
    "empty attribute": lambda: limits.check_attributes({"a": text("")}),
    "unknown type": lambda: limits.check_attributes({"a": text("x", "Boolean")}),
    "binary as text": lambda: limits.check_attributes({"a": {"DataType": "Binary", "StringValue": "x"}}),
    "number that is none": lambda: limits.check_attributes({"a": text("1.2.3", "Number")}),
    "number of 39 digits": lambda: limits.check_attributes({"a": text("9" * 39, "Number")}),
    "number out of range": lambda: limits.check_attributes({"a": text("1E127", "Number")}),
    "control character in an attribute": lambda: limits.check_attributes({"a": text("\x01")}),
    "control character": lambda: limits.check_body("a\x0bb"),
    "U+FFFE": lambda: limits.check_body("é\ufffe"),
    "empty body": lambda: limits.check_body(""),
    "one byte too many": lambda: limits.check_size(262_145),
    "one byte too many on SQS": lambda: limits.check_size(1_048_577, limits.SQS_BYTES),
    "empty batch": lambda: limits.check_batch([], 0),
    "batch of eleven": lambda: limits.check_batch([str(n) for n in range(11)], 0),
    "same ids": lambda: limits.check_batch(["a", "a"], 0),
    "entry id with a dot": lambda: limits.check_batch(["a.b"], 0),
    "entry id of 81": lambda: limits.check_batch(["a" * 81], 0),
    "batch too large as a sum": lambda: limits.check_batch(["a", "b"], 262_145),
    "subject of 100": lambda: limits.check_subject("s" * 100),
    "subject of two lines": lambda: limits.check_subject("a\nb"),
    "visibility above 12 hours": lambda: limits.check_visibility(43_201),
    "receive eleven": lambda: limits.check_receive(11, 20),
    "wait 21 s": lambda: limits.check_receive(10, 21),
}


@pytest.mark.parametrize("check", GOOD.values(), ids=GOOD.keys())
def test_what_aws_takes_passes(check: Callable[[], Any]) -> None:
    check()


@pytest.mark.parametrize("check", BAD.values(), ids=BAD.keys())
def test_what_aws_refuses_is_refused_with_its_source(check: Callable[[], Any]) -> None:
    with pytest.raises(LimitError) as caught:
        check()

    assert caught.value.source.startswith("Amazon S")
    assert caught.value.source in str(caught.value)
    assert not caught.value.retriable


def test_attributes_are_measured_in_bytes_of_name_type_and_value() -> None:
    attributes: dict[str, dict[str, Any]] = {"a": text("é"), "bc": {"DataType": "Binary", "BinaryValue": b"123"}}

    assert limits.attribute_bytes(attributes) == (1 + 6 + 2) + (2 + 6 + 3)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_escaped_event_says_the_same_in_characters_that_sqs_takes(value: str) -> None:
    event = json.dumps({"data": value}, ensure_ascii=False)

    written = limits.escaped(event)

    limits.check_characters(written)
    assert json.loads(written) == {"data": value}
