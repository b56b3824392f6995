"""What our events and queues are called on AWS, and back; a name that no contract has is refused both ways.

The mapping itself is `reptidex.streams.names`; here the catalogue has its say: a bridge that made topics of whatever
it hears would spread each spelling mistake.
"""

from functools import cache

from reptidex.errors import UnknownContractError
from reptidex.settings import BRIDGE, SERVICES
from reptidex.streams import names
from reptidex.streams.edge import known_events
from reptidex.streams.topics import is_ordered

OURS = frozenset((*SERVICES, BRIDGE))


@cache
def sns_name(event_name: str, env: str, *, fifo: bool) -> str:
    """Return the SNS topic of an event: `animal.created` in `prod` is `prod-animal-created`.

    Raises `UnknownContractError` for a name that is no event of ours.
    """
    return names.sns_name(_known(event_name), environment=env, fifo=fifo)


def queue_name(consumer: str, event_or_group: str, env: str, *, fifo: bool) -> str:
    """Return the SQS queue in which a consumer hears an event or a group of them (`inbound`, `animal.events`).

    A consumer of ours has its short name (`animal`, `bridge`), and `repti-` is put in front of it. A name longer than
    the 80 characters of SQS is cut and ends in a hash of the whole, so the true one belongs in a tag of the queue.
    Raises `ContractError` for characters that no queue may have.
    """
    whose = f"repti-{consumer}" if consumer in OURS else consumer
    return names.queue_name(whose, event_or_group, environment=env, fifo=fifo)


@cache
def event_name(sns_topic_name: str, env: str) -> str:
    """Return the event of an SNS topic, FIFO or not: the inverse of `sns_name`.

    Raises `ContractError` for a topic of another environment or form, `UnknownContractError` for one that is no event of ours.
    """
    return _known(names.event_name(sns_topic_name, environment=env))


def is_fifo(event_name: str) -> bool:
    """Say whether the order of an event is part of its contract, so that its topic is a FIFO one."""
    return is_ordered(event_name)


def arn_prefix(service: str, region: str, account: str) -> str:
    """Return the ARN of a topic (`sns`) or queue (`sqs`) up to its name, in the partition of AWS that a region belongs to.

    Source: AWS General Reference, "Amazon Resource Names (ARNs)".
    """
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:{service}:{region}:{account}:"


def topic_of_arn(arn: str) -> str:
    """Return the name of the topic in an ARN (`arn:aws:sns:<region>:<account>:<name>`)."""
    return arn.rpartition(":")[2]


def region_of_arn(arn: str) -> str:
    """Return the region in an ARN."""
    return arn.split(":")[3]


def _known(name: str) -> str:
    if name not in known_events():
        raise UnknownContractError(name)
    return name
