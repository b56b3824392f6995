"""The platform's live settings, kept by repti-core; a change is an act of an administrator and stands in the audit trail."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.live_settings import check_name, check_no_secret, value_text
from reptidex.http.server.policy import scope
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.ops import AdminTaken, PerformAdminAction

routes = Routes("system")


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """A live setting."""

    config_key: str
    scope: str
    value: str | None
    """JSON as text."""
    revision: int
    updated_at: datetime


class NewSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting's value from now on (any JSON; null for its default), and why."""

    config_key: Annotated[str, Meta(max_length=100)]
    value: Any = None
    reason: Annotated[str, Meta(min_length=3, max_length=2000)]


@routes.get("/admin/system/config", policy=scope("admin"), errors=(503,))
async def list_settings(request: Request[None, Paging]) -> Page[SettingView]:
    """List the platform's live settings, as repti-core has them now."""
    query: dict[str, str | int | float | None] = {"cursor": request.query.cursor, "limit": request.query.limit}
    found: Page[SettingView] = await request.ports.core.get("/config/settings", Page[SettingView], query)
    return found


@routes.put("/admin/system/config", policy=scope("admin"), status=202, errors=(422,))
async def change_setting(request: Request[NewSetting, None]) -> AdminTaken:
    """Change a live setting: repti-core carries it out, and every service hears of it."""
    ask = request.body
    name = check_name(ask.config_key, "/config_key")
    # Core would refuse it, but by then the act, with the value, would stand in the log for ever.
    check_no_secret(name, "/config_key")
    command = PerformAdminAction(
        target_id=name,
        target_kind="config",
        admin_id=request.caller.subject,
        action="config.change",
        value=value_text(ask.value),
        reason=ask.reason,
    )
    return await request.ask(command, AdminTaken)
