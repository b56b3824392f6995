"""Settings of topics: DescribeConfigs, AlterConfigs, IncrementalAlterConfigs."""

from typing import Any

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.schema import Answer
from reptidex.devlog.storage.catalog import DEFAULTS, Topic, wrong_setting
from reptidex.devlog.storage.entries import ConfigsSet

_TOPIC = 2
_OWN, _DEFAULT = 1, 5
_SET, _DELETE, _APPEND, _SUBTRACT = range(4)


def describe_configs(broker: Broker, request: Request) -> Answer:
    """Show all settings with where each comes from; a broker resource shows the defaults."""
    out = []
    for resource in request.decode().resources:
        answer: dict[str, Any] = {"resource_type": resource.resource_type, "resource_name": resource.resource_name}
        own: dict[str, str] = {}
        try:
            if resource.resource_type == _TOPIC:
                own = _topic(broker, resource).configs
        except Refused as refused:
            out.append(answer | {"error_code": refused.code, "error_message": refused.message, "configs": []})
            continue
        answer["configs"] = [
            {"name": key, "value": value, "config_source": _OWN if key in own else _DEFAULT, "synonyms": []}
            for key, value in (DEFAULTS | own).items()
            if not resource.configuration_keys or key in resource.configuration_keys
        ]
        out.append(answer)
    return {"results": out}


async def alter_configs(broker: Broker, request: Request) -> Answer:
    """Replace all of a topic's own settings."""
    wanted = request.decode()
    async with broker.settings_lock:
        answers = [
            _change(broker, resource, {config.name: config.value for config in resource.configs}, wanted.validate_only)
            for resource in wanted.resources
        ]
        await broker.store.durable()
    return {"responses": answers}


async def incremental_alter_configs(broker: Broker, request: Request) -> Answer:
    """Set, delete, append to or subtract from single settings (KIP-339)."""
    wanted = request.decode()
    answers = []
    async with broker.settings_lock:
        for resource in wanted.resources:
            topic = broker.store.state.topics.get(resource.resource_name)
            configs = dict(topic.configs) if topic is not None else {}
            for change in resource.configs:
                _increment(configs, change.name, change.config_operation, change.value)
            answers.append(_change(broker, resource, configs, wanted.validate_only))
        await broker.store.durable()
    return {"responses": answers}


def _increment(configs: dict[str, Any], key: str, operation: int, value: str | None) -> None:
    if operation == _SET:
        configs[key] = value
    elif operation == _DELETE:
        configs.pop(key, None)
    else:
        items = [item for item in configs.get(key, DEFAULTS.get(key, "")).split(",") if item and item != value]
        configs[key] = ",".join([*items, value or ""] if operation == _APPEND else items)


def _change(broker: Broker, resource: Any, configs: dict[str, str], validate_only: bool) -> Answer:
    answer: dict[str, Any] = {"resource_type": resource.resource_type, "resource_name": resource.resource_name}
    try:
        topic = _topic(broker, resource)
        for key, value in configs.items():
            if wrong := wrong_setting(key, value):
                raise Refused(ErrorCode.invalid_config, wrong)
        if not validate_only:
            broker.store.submit(ConfigsSet(topic.topic_id, configs))
    except Refused as refused:
        answer |= {"error_code": refused.code, "error_message": refused.message}
    return answer


def _topic(broker: Broker, resource: Any) -> Topic:
    if resource.resource_type != _TOPIC:
        raise Refused(ErrorCode.invalid_request, "only topics have settings here")
    topic = broker.store.state.topics.get(resource.resource_name)
    if topic is None:
        raise Refused(ErrorCode.unknown_topic_or_partition)
    return topic
