"""Names cross the bridge both ways, and only those of contracts."""

import pytest

from reptidex.connectors.bridge import limits
from reptidex.connectors.bridge.names import event_name, is_fifo, queue_name, sns_name, topic_of_arn
from reptidex.errors import ContractError, UnknownContractError
from reptidex.streams import catalogue

EVENTS = [cls.contract.name for cls in catalogue.events()]


@pytest.mark.parametrize("env", ["", "prod"])
@pytest.mark.parametrize("name", EVENTS)
def test_every_contract_has_a_topic_that_sns_takes_and_that_leads_back(name: str, env: str) -> None:
    topic = sns_name(name, env, fifo=is_fifo(name))

    limits.check_topic_name(topic, fifo=is_fifo(name))
    assert event_name(topic, env) == name


def test_no_two_contracts_share_a_topic() -> None:
    assert len({sns_name(name, "prod", fifo=is_fifo(name)) for name in EVENTS}) == len(EVENTS)


@pytest.mark.parametrize("topic", ["prod-animal-vanished", "prod-animal-created-v9", "prod-repti-animal-commands"])
def test_a_topic_without_a_contract_is_refused(topic: str) -> None:
    with pytest.raises(UnknownContractError):
        event_name(topic, "prod")


def test_a_topic_of_another_environment_is_refused() -> None:
    with pytest.raises(ContractError, match="environment"):
        event_name("dev-animal-created", "prod")


def test_an_event_without_a_contract_gets_no_topic() -> None:
    with pytest.raises(UnknownContractError):
        sns_name("animal.vanished", "prod", fifo=False)


@pytest.mark.parametrize(
    "name", ["animal.transferred", "sales.transaction.started", "inventory.reserved", "order.created"]
)
def test_order_is_part_of_the_contract_of(name: str) -> None:
    assert is_fifo(name)


def test_order_is_no_part_of_the_contract_of_the_rest() -> None:
    assert not is_fifo("animal.created")


def test_a_consumer_of_ours_is_told_apart_from_a_partner() -> None:
    assert queue_name("animal", "inbound", "prod", fifo=True) == "prod-repti_-animal-inbound.fifo"
    assert queue_name("acme", "inbound", "prod", fifo=False) == "prod-acme-inbound"


@pytest.mark.parametrize("fifo", [True, False])
def test_the_longest_queue_name_is_one_that_sqs_takes(fifo: bool) -> None:
    limits.check_queue_name(queue_name("community", "a." + "x" * 200, "staging", fifo=fifo), fifo=fifo)


def test_the_topic_of_an_arn() -> None:
    assert topic_of_arn("arn:aws:sns:eu-central-1:123456789012:prod-order-created.fifo") == "prod-order-created.fifo"
