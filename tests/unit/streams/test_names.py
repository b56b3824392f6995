"""Names cross to AWS and back without loss."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reptidex.errors import ContractError
from reptidex.streams import catalogue
from reptidex.streams.names import QUEUE_LIMIT, event_name, queue_name, sns_name

FOREIGN = st.text("abcXYZ019._-", min_size=1, max_size=60)
ENVIRONMENTS = st.sampled_from(["", "dev", "staging2"])


@given(FOREIGN, ENVIRONMENTS, st.booleans())
def test_every_name_comes_back_from_sns_as_it_was(name: str, environment: str, fifo: bool) -> None:
    topic = sns_name(name, environment=environment, fifo=fifo)

    assert event_name(topic, environment=environment) == name


@given(FOREIGN, FOREIGN)
def test_no_two_names_share_a_topic(one: str, other: str) -> None:
    assume(one != other)

    assert sns_name(one) != sns_name(other)


@given(st.text("abZ9_-", min_size=1, max_size=40))
def test_a_topic_is_either_refused_or_comes_back_as_it_was(topic: str) -> None:
    try:
        name = event_name(topic)
    except ContractError:
        return

    assert sns_name(name) == topic


@given(FOREIGN, ENVIRONMENTS, st.booleans())
def test_a_topic_has_only_characters_that_sns_takes(name: str, environment: str, fifo: bool) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}(\.fifo)?", sns_name(name, environment=environment, fifo=fifo))


@pytest.mark.parametrize("cls", tuple(catalogue.events()), ids=lambda cls: str(cls.contract.name))
def test_an_event_of_ours_has_the_same_name_with_dashes_for_dots(cls: type) -> None:
    contract = cls.contract  # type: ignore[attr-defined]

    assert sns_name(contract.name) == contract.sns == contract.name.replace(".", "-")
    assert event_name(contract.sns) == contract.name


def test_a_dash_and_an_underscore_of_others_are_told_apart_from_a_dot() -> None:
    assert sns_name("acme.lab-result_v2") == "acme-lab_-result__v2"


@pytest.mark.parametrize("topic", ["animal_created", "animal-created_", "prod-animal-created!", ""])
def test_a_topic_that_we_cannot_have_named_is_refused(topic: str) -> None:
    with pytest.raises(ContractError):
        event_name(topic)


def test_a_topic_of_another_environment_is_refused() -> None:
    with pytest.raises(ContractError, match="environment"):
        event_name("staging-animal-created", environment="prod")


def test_an_environment_with_a_dash_is_refused_since_it_could_not_be_told_from_the_name() -> None:
    with pytest.raises(ContractError, match="environment"):
        sns_name("animal.created", environment="pre-prod")


@pytest.mark.parametrize("name", ["", "animal created", "tier.ähnlich", "a" * 300])
def test_a_name_that_sns_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(ContractError):
        sns_name(name)


@given(FOREIGN, FOREIGN)
def test_queue_names_fit_and_do_not_collide(one: str, other: str) -> None:
    assume(one != other)
    long, longer = f"a.{'x' * 70}.{one}", f"a.{'x' * 70}.{other}"

    assert len(queue_name("community", long, fifo=True)) <= QUEUE_LIMIT
    assert queue_name("community", long, fifo=True).endswith(".fifo")
    assert queue_name("community", long) != queue_name("community", longer)
