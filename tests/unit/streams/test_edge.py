"""What comes in from outside is looked at closely, and refused with the place of what is wrong."""

import msgspec
import pytest

from reptidex.errors import ContractError, ForeignContractError, UnknownContractError
from reptidex.streams import catalogue, edge
from reptidex.streams.contract import Command, command
from reptidex.streams.examples import raw_examples
from reptidex.streams.publisher import check_publishable

CREATED = raw_examples("animal.created")[0]
TRANSFERRED = raw_examples("animal.transferred")[0]


def test_a_good_event_of_the_own_service_passes() -> None:
    assert edge.accept(CREATED, service="animal").type == "animal.created"


def test_the_full_name_of_a_service_is_as_good_as_the_short_one() -> None:
    assert edge.accept(CREATED, service="repti-animal").type == "animal.created"


def test_an_event_of_another_service_is_refused() -> None:
    with pytest.raises(ForeignContractError, match=r"animal\.created is published by repti-animal, not by commerce"):
        edge.accept(CREATED, service="commerce")


def test_a_source_that_is_not_the_owner_is_refused() -> None:
    with pytest.raises(ContractError, match="source"):
        edge.accept(CREATED.replace(b'"/repti-animal"', b'"/somewhere"'), service="animal")


def test_a_subject_that_is_not_the_key_is_refused() -> None:
    subject = b'"subject":"'
    at = CREATED.index(subject) + len(subject)

    with pytest.raises(ContractError, match="subject"):
        edge.accept(CREATED[:at] + b"0" * 8 + CREATED[at + 8 :], service="animal")


@pytest.mark.parametrize(
    ("raw", "old", "place"),
    [(TRANSFERRED, b'"to_vivarium_id":"', "$.data.to_vivarium_id"), (TRANSFERRED, b'"id":"', "$.id")],
)
def test_an_id_that_only_has_the_length_of_a_uuid_is_refused_with_its_place(raw: bytes, old: bytes, place: str) -> None:
    at = raw.index(old) + len(old)

    with pytest.raises(ContractError) as refusal:
        edge.accept(raw[:at] + b"z" * 36 + raw[at + 36 :], service="animal")
    assert place in str(refusal.value)


@pytest.mark.parametrize("value", [b"", b"%b\\n%b", b"%b\\n"])
def test_an_id_that_is_none_or_more_than_one_is_refused(value: bytes) -> None:
    at = TRANSFERRED.index(b'"to_vivarium_id":"') + len(b'"to_vivarium_id":"')
    good = TRANSFERRED[at : at + 36]
    bad = value.replace(b"%b", good)

    with pytest.raises(ContractError, match=r"\$\.data\.to_vivarium_id"):
        edge.accept(TRANSFERRED[:at] + bad + TRANSFERRED[at + 36 :], service="animal")


def test_a_bad_id_deep_in_a_list_is_found() -> None:
    raw = raw_examples("breeding.offspring.recorded")[0]
    at = raw.index(b'"animal_ids":["') + len(b'"animal_ids":["')

    with pytest.raises(ContractError, match=r"\$\.data\.animal_ids\[0\]"):
        edge.accept(raw[:at] + b"Z" * 36 + raw[at + 36 :], service="animal")


@pytest.mark.parametrize("sequence", ["0", "7", "000000000007", "9" * 12])
def test_a_sequence_of_up_to_twelve_digits_passes(sequence: str) -> None:
    assert edge.accept(_in_sequence(sequence), service="animal").version == int(sequence)


@pytest.mark.parametrize("sequence", ["", "9" * 13, "9" * 100_000, "-1", "+1", "1_0", " 1", "1\n", "1.0", "٣", "first"])
def test_a_sequence_that_no_reader_could_keep_is_refused_with_its_place(sequence: str) -> None:
    with pytest.raises(ContractError, match=r"\$\.sequence") as refusal:
        edge.accept(_in_sequence(sequence), service="animal")
    assert len(str(refusal.value)) < 200


def _in_sequence(sequence: str) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(CREATED) | {"sequence": sequence})


def test_an_event_too_large_to_cross_the_bridge_is_refused() -> None:
    with pytest.raises(ContractError, match="262144 are allowed"):
        edge.accept(CREATED + b" " * edge.SIZE_LIMIT, service="animal")


def test_a_name_that_the_catalogue_lacks_is_refused() -> None:
    with pytest.raises(UnknownContractError):
        edge.accept(CREATED.replace(b'"animal.created"', b'"animal.invented"'), service="animal")


def test_a_command_cannot_be_published() -> None:
    @command(key="thing_id", service="planted")
    class DoThing(Command, frozen=True, kw_only=True):
        thing_id: str

    with pytest.raises(UnknownContractError):
        check_publishable(DoThing.contract.name, "planted")


def test_the_edge_knows_the_events_and_nothing_else() -> None:
    assert edge.known_events() == {cls.contract.name for cls in catalogue.events()}


def with_member(written: bytes) -> bytes:
    """Return an event with one more member, as it is written."""
    return CREATED[:-1] + b"," + written + b"}"


@pytest.mark.parametrize("written", [b'"more":"\xff\xfe"', b'"\xff":1', b'"more":["\xc3"]', b'"more":"\xed\xa0\x80"'])
def test_bytes_that_are_no_text_are_refused_though_no_field_of_ours_holds_them(written: bytes) -> None:
    assert edge.accept(with_member('"more":"Käfer"'.encode()), service="animal")
    with pytest.raises(ContractError, match="not UTF-8"):
        edge.accept(with_member(written), service="animal")


@pytest.mark.parametrize("time", ["2026-01-01T00:00:00", "2026-01-01T00:00", "2026-01-01"])
def test_a_time_without_its_offset_is_no_moment(time: str) -> None:
    document = msgspec.json.decode(CREATED) | {"time": time}
    with pytest.raises(ContractError, match=r"\$\.time"):
        edge.accept(msgspec.json.encode(document), service="animal")


@pytest.mark.parametrize("digits", [10, 5000, 100_000])
def test_a_version_of_many_digits_is_refused_like_any_other(digits: int) -> None:
    raw = CREATED.replace(b"urn:reptidex:animal.created/1", b"urn:reptidex:animal.created/" + b"1" * digits)
    with pytest.raises(ContractError, match="dataschema"):
        edge.accept(raw, service="animal")


@pytest.mark.parametrize(
    ("member", "value"),
    [("rxhops", -1), ("rxhops", 2**70), ("rxorigin", ""), ("rxorigin", "a\nb"), ("rxorigin", "a" * 201)],
)
def test_what_bridges_go_by_has_a_form(member: str, value: object) -> None:
    with pytest.raises(ContractError, match=rf"\$\.{member}"):
        edge.accept(with_member(msgspec.json.encode({member: value})[1:-1]), service="animal")


@pytest.mark.parametrize("member", ["correlationid", "causationid", "actor", "vivariumid", "traceparent"])
@pytest.mark.parametrize("value", ["\x01", "a\x00", "a\nb", "\ufffe", "a" * 513])
def test_a_context_that_aws_would_not_take_as_an_attribute_is_refused_with_its_place(member: str, value: str) -> None:
    """On a FIFO topic it would be a dead letter, and what follows under its key would wait behind it."""
    with pytest.raises(ContractError, match=rf"\$\.{member}"):
        edge.accept(msgspec.json.encode(msgspec.json.decode(CREATED) | {member: value}), service="animal")
