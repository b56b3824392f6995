"""The AsyncAPI 3.0 document of the platform, made from the catalogue.

A channel per event (its address is the topic), a message per event (the CloudEvent around its payload, with the examples),
an operation per service and event that it sends or receives. Payload schemas are rewritten from JSON Schema 2020-12 to
the draft-07 dialect that AsyncAPI's own schema objects are in.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from reptidex.settings import SERVICES
from reptidex.streams import catalogue, codec
from reptidex.streams.contract import Event
from reptidex.streams.described import field_docs, summary
from reptidex.streams.envelope import CloudEvent
from reptidex.streams.examples import example_documents
from reptidex.streams.names import sns_name
from reptidex.streams.schema import schema_of
from reptidex.streams.topics import event_topic, is_ordered

Document = dict[str, Any]
Hears = Mapping[str, Mapping[type[Event], str]]
"""By the short name of a service: the events that it hears, each with the reason."""

_KAFKA = {"bindingVersion": "0.5.0"}
_SNS = {"bindingVersion": "0.1.0"}


def document(
    hears: Hears | None = None,
    *,
    log: str = "127.0.0.1:9092",
    partitions: int = 4,
    replication: int = 1,
    version: str = "1",
) -> Document:
    """Return the document; `hears` adds who receives what, `log` is the address of the Kafka-compatible log."""
    events = tuple(catalogue.events())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ReptiDex events",
            "version": version,
            "description": "Everything that the six services of ReptiDex tell each other. Every message is a CloudEvent "
            "1.0 in structured JSON; the Kafka key is its `subject`; order holds within a subject by `sequence`.",
            "tags": [{"name": f"repti-{name}"} for name in SERVICES],
        },
        "defaultContentType": codec.CONTENT_TYPE,
        "servers": {"log": {"host": log, "protocol": "kafka", "description": "The Kafka-compatible log"}},
        "channels": {cls.contract.name: _channel(cls, partitions, replication) for cls in events},
        "operations": dict(_operations(events, hears or {})),
        "components": {
            "messages": {cls.contract.name: _message(cls) for cls in events},
            "schemas": {"CloudEvent": _envelope()} | _payloads(events),
        },
    }


def _channel(cls: type[Event], partitions: int, replication: int) -> Document:
    contract = cls.contract
    topic = event_topic(cls, partitions)
    kafka = {
        "topic": topic.name,
        "partitions": partitions,
        "replicas": replication,
        "topicConfiguration": {"cleanup.policy": [topic.cleanup], "retention.ms": topic.retention_ms},
    }
    fifo = is_ordered(contract.name)
    sns = {
        "name": sns_name(contract.name, fifo=fifo),
        "ordering": {"type": "FIFO" if fifo else "standard", "contentBasedDeduplication": False},
    }
    return {
        "address": contract.topic,
        "title": contract.name,
        "summary": summary(cls),
        "messages": {"event": {"$ref": f"#/components/messages/{contract.name}"}},
        "tags": [{"name": f"repti-{contract.service}"}],
        "bindings": {"kafka": kafka | _KAFKA, "sns": sns | _SNS},
    }


def _operations(events: tuple[type[Event], ...], hears: Hears) -> Iterator[tuple[str, Document]]:
    for cls in events:
        yield _operation(cls.contract.service, "send", cls, "publishes it")
    for service, heard in hears.items():
        for cls, why in heard.items():
            yield _operation(service, "receive", cls, why)


def _operation(service: str, action: str, cls: type[Event], why: str) -> tuple[str, Document]:
    channel = f"#/channels/{cls.contract.name}"
    return f"repti-{service}.{action}.{cls.contract.name}", {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/event"}],
        "summary": f"repti-{service}: {why}",
        "tags": [{"name": f"repti-{service}"}],
        "bindings": {"kafka": {"groupId": {"type": "string", "const": f"repti-{service}"}} | _KAFKA},
    }


def _message(cls: type[Event]) -> Document:
    contract = cls.contract
    told = {
        "type": {"const": contract.name},
        "source": {"const": f"/repti-{contract.service}"},
        "dataschema": {"const": contract.schema},
        "data": {"$ref": f"#/components/schemas/{cls.__name__}"},
    }
    return {
        "name": contract.name,
        "title": contract.name,
        "summary": summary(cls),
        "contentType": codec.CONTENT_TYPE,
        "payload": {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"type": "object", "properties": told}]},
        "bindings": {"kafka": {"key": {"type": "string", "description": f"`{contract.key}` of the payload"}} | _KAFKA},
        "examples": [
            {"name": f"example {number}", "payload": payload}
            for number, payload in enumerate(example_documents(contract.name), 1)
        ],
    }


def _envelope() -> Document:
    made = msgspec.json.schema(CloudEvent[dict[str, Any]])["$defs"]
    (schema,) = made.values()
    for name, text in field_docs(CloudEvent).items():
        schema["properties"][name]["description"] = text
    schema["required"] = ["specversion", *schema["required"]]
    plain: Document = _draft7(schema)
    return plain | {"title": "CloudEvent", "description": summary(CloudEvent)}


def _payloads(events: tuple[type[Event], ...]) -> Document:
    schemas: Document = {}
    for cls in events:
        schemas |= {name: _draft7(definition) for name, definition in schema_of(cls)["$defs"].items()}
    return schemas


def _draft7(schema: Any) -> Any:
    """Rewrite references and tuples; leave everything else as it is."""
    if isinstance(schema, list):
        return [_draft7(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {word: _draft7(value) for word, value in schema.items()}
    if isinstance(reference := plain.get("$ref"), str):
        plain["$ref"] = reference.replace("#/$defs/", "#/components/schemas/")
    if "prefixItems" in plain:
        plain["additionalItems"] = plain.pop("items", True)
        plain["items"] = plain.pop("prefixItems")
    return plain


__all__ = ["Document", "Hears", "document"]
