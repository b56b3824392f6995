"""Answers of SQS mean the same as botocore reads them, where ours reads them itself."""

from typing import Any

import msgspec
import pytest
from botocore.parsers import ResponseParserFactory
from botocore.session import Session

from reptidex.connectors.bridge.answers import PlainParsers

SQS = Session().get_service_model("sqs")
MESSAGE = {
    "MessageId": "7d2f",
    "ReceiptHandle": "AQEB",
    "MD5OfBody": "d41d",
    "Body": '{"id": "é"}',
    "Attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "g", "SequenceNumber": "18849"},
    "MessageAttributes": {"rxorigin": {"DataType": "String", "StringValue": "acme"}},
}
HEADERS = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "r-1"}
NO_QUEUE = {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}


def read(factory: Any, operation: str, body: bytes, status: int) -> Any:
    """Read an answer by the parser that a factory makes."""
    answer = {"body": body, "headers": HEADERS, "status_code": status, "context": {"operation_name": operation}}
    return factory.create_parser("json").parse(answer, SQS.operation_model(operation).output_shape)


@pytest.mark.parametrize(
    ("operation", "status", "body"),
    [
        ("ReceiveMessage", 200, msgspec.json.encode({"Messages": [MESSAGE, MESSAGE]})),
        ("ReceiveMessage", 200, b"{}"),
        ("ReceiveMessage", 200, b""),
        ("ReceiveMessage", 200, b"<html>a proxy</html>"),
        ("ReceiveMessage", 400, msgspec.json.encode(NO_QUEUE)),
        ("ReceiveMessage", 503, b"<html>busy</html>"),
        ("DeleteMessageBatch", 200, b'{"Successful": [{"Id": "0"}], "Failed": []}'),
        ("GetQueueUrl", 200, b'{"QueueUrl": "http://127.0.0.1/1/q"}'),
        ("GetQueueAttributes", 200, b'{"Attributes": {"VisibilityTimeout": "30"}}'),
    ],
)
def test_an_answer_is_read_as_botocore_reads_it(operation: str, status: int, body: bytes) -> None:
    assert read(PlainParsers(), operation, body, status) == read(ResponseParserFactory(), operation, body, status)


def test_other_protocols_are_left_to_botocore() -> None:
    assert type(PlainParsers().create_parser("query")) is type(ResponseParserFactory().create_parser("query"))
