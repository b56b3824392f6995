"""repti-ops: admin tools, audit log, integrations, monitoring."""

import aiohttp
import msgspec

from reptidex.agents.ops import admin, audit, monitoring
from reptidex.http.ops import admin as admin_views
from reptidex.http.ops import audit as audit_views
from reptidex.http.ops import console
from reptidex.services.service import Service
from reptidex.settings import SERVICES, Settings
from reptidex.streams import core
from reptidex.streams.catalogue import events_of
from reptidex.streams.commands.ops import WatchService
from reptidex.streams.community import NotificationFailed


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How a service did when it was looked at."""

    status: str
    dependencies: dict[str, float]


class HealthProbe:
    """Reads the deep health of the services over HTTP."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.urls = urls
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3))

    async def look(self, service: str) -> Finding:
        """Return how a service does; one that does not answer is down."""
        try:
            async with self.session.get(f"{self.urls[service.removeprefix('repti-')]}/health/deep") as answer:
                body = await answer.json(content_type=None)
                status = "up" if answer.status == 200 else "degraded"
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return Finding(status="down", dependencies={})
        parts = body.get("dependencies", {}) if isinstance(body, dict) else {}
        latencies = {name: float(part.get("ms", 0.0)) if part.get("ok") else -1.0 for name, part in parts.items()}
        return Finding(status=status, dependencies=latencies)


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """What repti-ops talks to."""

    health: HealthProbe

    async def aclose(self) -> None:
        """Close the connections."""
        await self.health.session.close()


async def connect(settings: Settings) -> Ports:
    """Build the connectors."""
    return Ports(health=HealthProbe(settings.urls))


SERVICE = Service(
    name="repti-ops",
    port=8006,
    database="repti_ops_db",
    purpose="admin tools, audit log, integrations, monitoring",
    publishes=events_of("ops"),
    hears={
        core.AuthUserCreated: "show users to administrators",
        core.AuthUserDeleted: "forget a deleted user",
        core.OrgCreated: "show vivariums to administrators",
        core.OrgUpdated: "show vivariums to administrators",
        NotificationFailed: "alert on messages that could not be sent",
    },
    hears_everything="audit",
    asks={"repti-core": "authentication, events access"},
    agents=(
        audit.audit_event,
        audit.seal_stream,
        admin.list_person,
        admin.forget_person,
        admin.list_organization,
        admin.perform_admin_action,
        admin.flag_content,
        admin.decide_case,
        monitoring.watch_service,
        monitoring.record_health,
        monitoring.raise_failed_notice,
    ),
    carriers=(monitoring.look_at_health,),
    views=(audit_views.routes, admin_views.routes, console.routes),
    connect=connect,
    at_start=tuple(WatchService(service=f"repti-{name}") for name in SERVICES),
)
