"""Answers of SQS, taken as they come.

botocore walks each answer by the model of its service, member by member, to make bytes of blobs and dates of timestamps: two
thirds of what reading a full receive costs. The answers of SQS that we read have neither.
"""

from typing import Any

import msgspec
from botocore.parsers import JSONParser, ResponseParserFactory


class PlainParser(JSONParser):
    """Reads the AWS JSON protocol without the model; what is no JSON object, and every error, as botocore does."""

    def _do_parse(self, response: dict[str, Any], shape: Any) -> Any:
        whole: Any = super()
        try:
            parsed = msgspec.json.decode(response["body"] or b"{}", type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return whole._do_parse(response, shape)
        whole._inject_response_metadata(parsed, response["headers"])
        return parsed


class PlainParsers(ResponseParserFactory):
    """Gives clients of the AWS JSON protocol a `PlainParser` (botocore's component `response_parser_factory`)."""

    def create_parser(self, protocol_name: str) -> Any:
        return PlainParser() if protocol_name == "json" else super().create_parser(protocol_name)
