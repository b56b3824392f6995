"""repti-ops: admin tools, audit log, integrations, monitoring."""

import aiohttp
import msgspec

from reptidex.agents.ops import admin, audit, compliance, moderation, monitoring, people
from reptidex.agents.projection import Projection
from reptidex.connectors.services.client import ServiceClient
from reptidex.connectors.services.neighbours import Neighbours, neighbours
from reptidex.http.ops import admin as admin_views
from reptidex.http.ops import audit as audit_views
from reptidex.http.ops import compliance as compliance_views
from reptidex.http.ops import console
from reptidex.http.ops import moderation as moderation_views
from reptidex.http.ops import monitoring as monitoring_views
from reptidex.http.ops import system as system_views
from reptidex.http.server.health import Health
from reptidex.http.server.own_data import own_data
from reptidex.services.service import Service
from reptidex.settings import SERVICES, Settings
from reptidex.streams import community, core
from reptidex.streams.catalogue import events_of
from reptidex.streams.commands.ops import WatchService
from reptidex.streams.ops import HealthStatus
from reptidex.tables.ops.personal import PERSONAL
from reptidex.tables.ops.projections import AUDIT, PEOPLE, VIVARIUMS

LOOK_S = 3.0
"""A service that has not said how it does by then is down."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How a service did when it was looked at."""

    status: HealthStatus
    dependencies: dict[str, float]
    """Latency of each in milliseconds; -1 for one that is down."""


class HealthProbe:
    """Reads the deep health of the services over HTTP."""

    def __init__(self, urls: dict[str, str], session: aiohttp.ClientSession) -> None:
        self._urls, self._session = urls, session

    async def look(self, service: str) -> Finding:
        """Return how a service (full name) does; one that does not answer, or not in these words, is down."""
        url = f"{self._urls[service.removeprefix('repti-')]}/health/deep"
        try:
            async with self._session.get(url, timeout=aiohttp.ClientTimeout(total=LOOK_S)) as answer:
                health = msgspec.json.decode(await answer.read(), type=Health)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.MsgspecError, ValueError):
            return Finding(status="down", dependencies={})
        latencies = {name: part.ms if part.ok else -1.0 for name, part in health.dependencies.items()}
        return Finding(status=health.status, dependencies=latencies)


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """What repti-ops talks to."""

    core: ServiceClient
    health: HealthProbe
    others: Neighbours

    async def aclose(self) -> None:
        """Close the connections."""
        await self.others.aclose()


async def connect(settings: Settings) -> Ports:
    """Build the connectors."""
    others = await neighbours(settings, own="ops")
    return Ports(core=others.to("core"), health=HealthProbe(settings.urls, others.session), others=others)


SERVICE = Service(
    name="repti-ops",
    port=8006,
    database="repti_ops_db",
    purpose="admin tools, audit log, integrations, monitoring",
    publishes=events_of("ops"),
    hears={
        core.AuthUserCreated: "show users to administrators",
        core.AuthUserUpdated: "show their names and standing",
        core.AuthUserDeleted: "forget a deleted user; close the request for it",
        core.OrgCreated: "show vivariums to administrators",
        core.OrgUpdated: "show vivariums to administrators",
        community.CommunityPostCreated: "moderate what the automatic check finds suspicious",
        community.CommunityPostUpdated: "moderate what the automatic check finds suspicious",
        community.CommunityInteractionReplied: "moderate what the automatic check finds suspicious",
        community.NotificationFailed: "alert on messages that could not be sent",
    },
    hears_everything="audit",
    asks={"repti-core": "authentication, events access, live settings"},
    agents=(
        audit.audit_event,
        audit.seal_stream,
        people.list_person,
        people.follow_person,
        people.forget_person,
        people.list_organization,
        admin.perform_admin_action,
        moderation.flag_content,
        moderation.flag_suspicious,
        moderation.decide_case,
        moderation.appeal_decision,
        compliance.request_erasure,
        compliance.note_erasure,
        monitoring.watch_service,
        monitoring.record_health,
        monitoring.raise_failed_notice,
    ),
    carriers=(monitoring.look_at_health,),
    views=(
        audit_views.routes,
        admin_views.routes,
        moderation_views.routes,
        monitoring_views.routes,
        compliance_views.routes,
        system_views.routes,
        console.routes,
        own_data("ops", PERSONAL),
    ),
    projections=(
        Projection(
            name="audit",
            why="the records of the audit trail; its trees and checkpoints prove them, and stay",
            parts=(AUDIT,),
            agents=(audit.restore_record,),
        ),
        Projection(
            name="directory",
            why="users and vivariums, as administrators see them",
            parts=(PEOPLE, VIVARIUMS),
            agents=(people.list_person, people.follow_person, people.forget_person, people.list_organization),
        ),
    ),
    connect=connect,
    at_start=tuple(WatchService(service=f"repti-{name}") for name in SERVICES),
)
