"""Groups seen from outside: ListGroups, DescribeGroups, DeleteGroups."""

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused
from reptidex.devlog.groups.group import Group, GroupState
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.schema import Answer
from reptidex.devlog.storage.entries import OffsetsForgotten

_CONSUMER = "consumer"


def list_groups(broker: Broker, request: Request) -> Answer:
    """Name every group that has members or committed positions."""
    kinds = dict.fromkeys(broker.store.state.offsets, _CONSUMER)
    kinds |= {group.group_id: group.protocol_type or _CONSUMER for group in broker.groups}
    return {"groups": [{"group_id": group_id, "protocol_type": kind} for group_id, kind in kinds.items()]}


def describe_groups(broker: Broker, request: Request) -> Answer:
    """Show state and members."""
    return {"groups": [_describe(broker, group_id) for group_id in request.decode().groups]}


async def delete_groups(broker: Broker, request: Request) -> Answer:
    """Delete groups without members, with their positions."""
    out = []
    for group_id in request.decode().groups_names:
        answer = {"group_id": group_id, "error_code": ErrorCode.none}
        try:
            if broker.groups.get(group_id) is None and group_id not in broker.store.state.offsets:
                raise Refused(ErrorCode.group_id_not_found)
            broker.groups.forget(group_id)
            broker.store.submit(OffsetsForgotten(group_id))
        except Refused as refused:
            answer["error_code"] = refused.code
        out.append(answer)
    await broker.store.durable()
    return {"results": out}


def _describe(broker: Broker, group_id: str) -> Answer:
    group = broker.groups.get(group_id)
    if group is None:
        state = GroupState.EMPTY if group_id in broker.store.state.offsets else "Dead"
        return {"group_id": group_id, "group_state": str(state), "protocol_type": _CONSUMER, "members": []}
    return {
        "group_id": group_id,
        "group_state": str(group.state),
        "protocol_type": group.protocol_type,
        "protocol_data": group.protocol or "",
        "members": _members(group),
    }


def _members(group: Group) -> list[Answer]:
    return [
        {
            "member_id": member.member_id,
            "group_instance_id": member.instance_id,
            "client_id": member.client_id,
            "client_host": member.client_host,
            "member_metadata": member.metadata(group.protocol),
            "member_assignment": member.assignment,
        }
        for member in group.members.values()
    ]
