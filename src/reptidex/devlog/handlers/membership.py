"""Members of groups: JoinGroup, SyncGroup, Heartbeat, LeaveGroup."""

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused
from reptidex.devlog.groups.member import JoinRequest
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.schema import Answer

_MEMBER_ID_REQUIRED_SINCE = 4


async def join_group(broker: Broker, request: Request) -> Answer:
    """Enter the group's next generation; the answer comes when all members are in."""
    body = request.decode()
    instance_id = getattr(body, "group_instance_id", None)
    session = body.session_timeout.total_seconds()
    rebalance = body.rebalance_timeout.total_seconds() if request.version >= 1 else session
    wanted = JoinRequest(
        body.member_id,
        instance_id,
        body.protocol_type,
        [(protocol.name, bytes(protocol.metadata)) for protocol in body.protocols],
        session,
        rebalance,
        request.client_id,
        request.session.peer,
        needs_id=request.version >= _MEMBER_ID_REQUIRED_SINCE,
    )
    new_id = broker.groups.new_member_id(instance_id or request.client_id or "member")
    try:
        group = broker.groups.get_or_create(body.group_id)
        joined = await group.join(wanted, new_id, broker.groups.now())
    except Refused as refused:
        told = refused.message if refused.code is ErrorCode.member_id_required else body.member_id
        return {"error_code": refused.code, "generation_id": -1, "protocol_name": "", "leader": "", "member_id": told}
    return {
        "generation_id": joined.generation,
        "protocol_name": joined.protocol,
        "leader": joined.leader,
        "member_id": joined.member_id,
        "members": [
            {"member_id": member, "group_instance_id": instance, "metadata": metadata}
            for member, instance, metadata in joined.members
        ],
    }


async def sync_group(broker: Broker, request: Request) -> Answer:
    """Give the leader's assignments to the members, and each member its own."""
    body = request.decode()
    assignments = {row.member_id: bytes(row.assignment) for row in body.assignments}
    instance_id = getattr(body, "group_instance_id", None)
    try:
        group = broker.groups.require(body.group_id)
        waiting = group.sync(body.member_id, body.generation_id, assignments, broker.groups.now(), instance_id)
        return {"assignment": (await waiting).data}
    except Refused as refused:
        return {"error_code": refused.code}


def heartbeat(broker: Broker, request: Request) -> Answer:
    """Keep a member alive, or tell it to join again."""
    body = request.decode()
    try:
        group = broker.groups.require(body.group_id)
        instance_id = getattr(body, "group_instance_id", None)
        group.heartbeat(body.member_id, body.generation_id, broker.groups.now(), instance_id)
    except Refused as refused:
        return {"error_code": refused.code}
    return {}


def leave_group(broker: Broker, request: Request) -> Answer:
    """Let members go without waiting for their sessions to run out."""
    body = request.decode()
    many = getattr(body, "members", None)
    leaving = [(row.member_id, row.group_instance_id) for row in many] if many is not None else [(body.member_id, None)]
    answers = []
    for member_id, instance_id in leaving:
        answer = {"member_id": member_id, "group_instance_id": instance_id, "error_code": ErrorCode.none}
        try:
            broker.groups.require(body.group_id).leave(member_id, instance_id, broker.groups.now())
        except Refused as refused:
            answer["error_code"] = refused.code
        answers.append(answer)
    if many is not None:
        return {"members": answers}
    return {"error_code": answers[0]["error_code"]}
