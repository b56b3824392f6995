"""Sealed batches hold what was said, in order, under numbers that count on."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from reptidex.agents.engine.inputs import MARK, mark_of
from reptidex.agents.engine.sealing import BATCH_BYTES, Outgoing, opened, seal, type_header

NOW = datetime(2026, 1, 1, tzinfo=UTC)
records = st.tuples(
    st.sampled_from(["parcel.posted", "parcel.counted"]),
    st.integers(0, 2),
    st.binary(max_size=8),
    st.binary(min_size=1, max_size=40_000),
    st.uuids().map(str),
    st.just(type_header("parcel.posted")),
    st.none() | st.just("00-1-2-01"),
)


@given(st.lists(records, max_size=40), st.integers(1, 2**40))
def test_what_is_opened_is_what_was_sealed(said: list[Outgoing], first: int) -> None:
    sealed = seal("post", 3, first, said, NOW)

    found = [record for each in sealed for record in opened(each)]
    assert sum(each.count for each in sealed) == len(found) == len(said)
    by_number = {mark_of(record.headers)[1]: record for record in found}
    for number, (topic, partition, key, value, event_id, kind, traceparent) in enumerate(said, first):
        record = by_number[number]
        headers = dict(record.headers)
        assert (record.topic, record.partition, record.key, record.value) == (topic, partition, key, value)
        assert (headers[MARK], headers["ce_id"]) == (b"post:3:%d" % number, event_id.encode())
        assert (kind in record.headers, headers.get("traceparent")) == (True, traceparent and traceparent.encode())


@given(st.lists(records, max_size=40))
def test_the_records_of_one_topic_partition_keep_their_order(said: list[Outgoing]) -> None:
    numbers: dict[tuple[str, int], list[int]] = {}
    for sealed in seal("post", 0, 1, said, NOW):
        for record in opened(sealed):
            numbers.setdefault((record.topic, record.partition), []).append(mark_of(record.headers)[1])

    assert all(each == sorted(each) for each in numbers.values())


def test_a_record_larger_than_a_batch_has_one_of_its_own() -> None:
    small: Outgoing = ("t", 0, b"k", b"v" * 10, "id", type_header("t"), None)
    large: Outgoing = ("t", 0, b"k", b"v" * 3 * BATCH_BYTES, "id", type_header("t"), None)
    sealed = seal("post", 0, 1, [small, large, small], NOW)

    assert [each.count for each in sealed] == [1, 1, 1]
