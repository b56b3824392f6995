"""Derived ids: UUIDv7, the same on every run, never the same twice."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from reptidex.agents.engine.identity import id_at, log_seed, place_of, seed_at, seed_of

AT = datetime(2026, 5, 4, 3, 2, 1, 987000, tzinfo=UTC)
offsets = st.integers(min_value=0, max_value=2**40)


@given(offsets, st.integers(min_value=0, max_value=20_000))
def test_an_id_is_a_uuid_of_version_seven_with_its_causes_time(offset: int, ordinal: int) -> None:
    seed = seed_at(log_seed("post", "parcel.weighed", 3), offset)
    made = UUID(id_at(place_of(seed, AT), seed, ordinal))

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(AT.timestamp() * 1000)


@given(offsets)
def test_the_time_is_that_of_the_causes_id_where_it_has_one(offset: int) -> None:
    seed, cause = seed_at(seed_of("somewhere"), offset), "018f3e2a-77aa-7b1c-8d2e-0123456789ab"
    later = AT.replace(year=2030)

    assert UUID(id_at(place_of(seed, later, cause), seed, 0)).int >> 80 == UUID(cause).int >> 80
    for another in ("order 7", cause.upper(), cause.replace("-7", "-4"), ""):
        assert UUID(id_at(place_of(seed, AT, another), seed, 0)).int >> 80 == int(AT.timestamp() * 1000)


@given(offsets, offsets)
def test_two_offsets_never_share_their_bits(one: int, other: int) -> None:
    seed = seed_of("post/parcel.weighed/3")

    assert (seed_at(seed, one) == seed_at(seed, other)) == (one == other)


def test_ids_of_one_message_are_distinct_and_sort_by_ordinal() -> None:
    seed = seed_of("somewhere")
    place = place_of(seed, AT)
    made = [id_at(place, seed, ordinal) for ordinal in range(4096)]

    assert made == sorted(set(made))
    assert len({id_at(place, seed, ordinal) for ordinal in range(20_000)}) == 20_000
