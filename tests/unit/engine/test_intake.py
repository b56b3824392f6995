"""What is taken for an event of its topic: one of that type, in the version that the contract has now or can be brought to."""

from datetime import UTC, datetime

import msgspec
import pytest

from reptidex.agents.engine.inputs import LogRecord
from reptidex.agents.engine.intake import Intake, Reception
from reptidex.streams import codec
from reptidex.streams.envelope import AnyEvent, enveloped
from tests.unit.engine.parcels import ParcelCounted, ParcelWeighed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEIGHED = enveloped(ParcelWeighed(parcel_id="a", weight=1), "m", NOW)
COUNTED = enveloped(ParcelCounted(parcel_id="a", times=1, total=1), "m", NOW)


def taken(value: bytes) -> Intake:
    at = ("parcel.weighed", 0)
    return Reception("post").take({at: [LogRecord(*at, 0, b"a", value)]}, {}, (), NOW)


def test_an_event_of_the_topic_is_taken() -> None:
    intake = taken(codec.encode(WEIGHED))

    assert ([one.event for one in intake.inputs], intake.unreadable) == ([WEIGHED], [])


def test_a_later_version_is_read_as_far_as_this_one_goes() -> None:
    later = msgspec.structs.replace(WEIGHED, dataschema="urn:reptidex:parcel.weighed/9")
    intake = taken(codec.encode(later).replace(b'"weight":1', b'"weight":1,"scales":"new"'))

    assert ([one.event.data for one in intake.inputs], intake.unreadable) == ([WEIGHED.data], [])


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(
            msgspec.structs.replace(WEIGHED, dataschema="urn:elsewhere:parcel.weighed/1"), id="another schema"
        ),
        pytest.param(COUNTED, id="another event"),
    ],
)
def test_what_only_looks_like_one_is_set_aside_as_unreadable_and_passed(event: AnyEvent) -> None:
    intake = taken(codec.encode(event))

    assert (intake.inputs, [letter.state for letter in intake.unreadable]) == ([], ["unreadable"])
    assert intake.positions["parcel.weighed", 0].next_offset == 1
