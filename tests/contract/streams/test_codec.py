"""Bytes and typed events are the same thing: nothing is lost on the way, and nothing wrong comes through."""

import string
import timeit
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from reptidex.errors import ContractError, UnknownContractError
from reptidex.streams import catalogue, codec
from reptidex.streams.contract import Event
from reptidex.streams.envelope import AnyEvent, CloudEvent, sequence_text
from reptidex.streams.examples import raw_examples
from reptidex.streams.schema import schema_of

EVENTS = {cls.contract.name: cls for cls in catalogue.events()}
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def values_of(kind: Any, extra: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Return a strategy of the values that a payload's type allows."""
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=more):
            return values_of(inner, more)
        case inspect.StrType() if (extra or {}).get("format") == "uuid":
            return st.uuids(version=4).map(str)
        case inspect.StrType(min_length=least, max_length=most):
            wide = st.text(st.characters(codec="utf-8"), min_size=least or 0, max_size=min(most or 40, 40))
            return st.text(string.hexdigits, min_size=least or 0, max_size=most) if (least or 0) > 40 else wide
        case inspect.IntType(ge=least):
            return st.integers(least if least is not None else -(2**53), 2**53)
        case inspect.FloatType(ge=least, le=most):
            return st.floats(least, most, allow_nan=False, allow_infinity=False, allow_subnormal=False)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.DateTimeType():
            return TIMES
        case inspect.DateType():
            return st.dates(date(1900, 1, 1), date(2100, 1, 1))
        case inspect.LiteralType(values=members):
            return st.sampled_from(members)
        case inspect.UnionType(types=types):
            return st.one_of(*map(values_of, types))
        case inspect.VarTupleType(item_type=item, max_length=most):
            return st.lists(values_of(item), max_size=min(most or 3, 3)).map(tuple)
        case inspect.TupleType(item_types=items):
            return st.tuples(*map(values_of, items))
        case inspect.DictType():
            return st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
        case inspect.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{field.name: values_of(field.type) for field in fields})
    raise TypeError(f"no strategy for {kind}")


PAYLOADS = {name: values_of(inspect.type_info(cls)) for name, cls in EVENTS.items()}


@st.composite
def any_event(draw: Callable[..., Any]) -> AnyEvent:
    """Draw an event of any name with any payload that its contract allows."""
    name = draw(st.sampled_from(sorted(EVENTS)))
    data: Event = draw(PAYLOADS[name])
    return CloudEvent(
        id=str(draw(st.uuids())),
        source=f"/repti-{data.contract.service}",
        type=name,
        subject=data.key,
        time=draw(TIMES),
        dataschema=data.contract.schema,
        sequence=draw(st.none() | st.integers(1, 10**11).map(sequence_text)),
        actor=draw(st.none() | st.just("service:repti-core")),
        rxhops=draw(st.none() | st.integers(0, 4)),
        data=data,
    )


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_event())
def test_every_event_that_its_type_allows_comes_back_as_it_was(event: AnyEvent) -> None:
    raw = codec.encode(event)

    assert codec.decode(raw, event.type) == event
    assert codec.decode(raw) == event
    assert codec.encode(codec.decode(raw, event.type)) == raw


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_event())
def test_every_payload_that_its_type_allows_is_valid_under_its_schema(event: AnyEvent) -> None:
    payload = msgspec.json.decode(codec.encode(event))["data"]

    jsonschema.validate(payload, schema_of(type(event.data)))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(EVENTS)), st.binary(max_size=200))
def test_rubbish_is_a_contract_error_and_nothing_else(name: str, raw: bytes) -> None:
    with pytest.raises(ContractError):
        codec.decode(raw, name)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_event_damaged_in_one_place_is_read_or_refused_and_never_blows_up(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(EVENTS)))
    raw = bytearray(raw_examples(name)[0])
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))

    try:
        event = codec.decode(bytes(raw), name)
    except ContractError:
        return

    assert event.type == name


def test_nesting_without_end_is_refused() -> None:
    deep = b'{"later":' + b"[" * 200_000 + b"]" * 200_000 + b","
    raw = raw_examples("animal.created")[0].replace(b"{", deep, 1)

    with pytest.raises(ContractError):
        codec.decode(raw, "animal.created")


def test_an_unknown_name_is_refused_by_its_name() -> None:
    raw = raw_examples("animal.created")[0].replace(b'"animal.created"', b'"animal.invented"')

    with pytest.raises(UnknownContractError, match=r"animal\.invented"):
        codec.decode(raw)


def test_an_event_on_the_topic_of_another_is_refused() -> None:
    with pytest.raises(ContractError, match=r"says its type is 'animal\.updated'"):
        codec.decode(raw_examples("animal.updated")[0], "animal.created")


def test_a_wrong_value_is_refused_with_its_place() -> None:
    raw = raw_examples("animal.created")[0].replace(b'"sex":"female"', b'"sex":"both"')

    with pytest.raises(ContractError, match=r"sex"):
        codec.decode(raw, "animal.created")


def test_the_schema_of_another_event_is_refused() -> None:
    raw = raw_examples("animal.created")[0].replace(b"urn:reptidex:animal.created/1", b"urn:reptidex:animal.updated/1")

    with pytest.raises(ContractError, match="dataschema"):
        codec.decode(raw, "animal.created")


def test_an_event_of_a_newer_version_is_read_as_far_as_it_is_known() -> None:
    raw = raw_examples("animal.created")[0]
    newer = raw.replace(b"urn:reptidex:animal.created/1", b"urn:reptidex:animal.created/2")

    assert codec.decode(newer, "animal.created").data == codec.decode(raw, "animal.created").data


def test_decoding_costs_little_more_than_the_bare_decoder() -> None:
    raw, bare = raw_examples("animal.created")[0], codec.decoder_for("animal.created")
    ours, theirs = [], []
    for _ in range(100):  # by turns, so that a busy machine slows both
        ours.append(timeit.timeit(lambda: codec.decode(raw, "animal.created"), number=200))
        theirs.append(timeit.timeit(lambda: bare.decode(raw), number=200))

    assert min(ours) < 1.8 * min(theirs)
