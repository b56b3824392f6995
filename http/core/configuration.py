"""Live settings and feature flags."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.live_settings import check_name, value_text
from reptidex.domain.rollout import reaches
from reptidex.http.core.api_keys import EVERYBODY
from reptidex.http.server.policy import public, scope
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.core_vivariums import ChangeSetting, ToggleFeature
from reptidex.streams.values import Plan, Share
from reptidex.tables.core.platform import Feature, Setting
from reptidex.tables.core.vivariums import Vivarium
from reptidex.tables.query import select

routes = Routes("configuration")


class FeatureView(msgspec.Struct, frozen=True, kw_only=True):
    """A feature as it stands for who asks."""

    feature_key: str
    enabled: bool


class FeatureDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A feature flag, whole."""

    feature_key: str
    scope: str
    enabled: bool
    rollout: float
    plans: tuple[str, ...]
    description: str
    updated_at: datetime
    updated_by: str


class FeatureBody(msgspec.Struct, frozen=True, kw_only=True):
    """How a flag stands from now on."""

    enabled: bool
    rollout: Share = 1.0
    """The share of vivariums that have it, from 0 to 1; raising it keeps those who had it."""
    plans: tuple[Plan, ...] = ()
    """Only these plans; empty: all."""
    description: Annotated[str, Meta(max_length=255)] = ""


class SettingBody(msgspec.Struct, frozen=True, kw_only=True):
    """A setting's value from now on: any JSON, null for the default."""

    value: Any = None
    """At most 2000 characters as JSON."""
    scope: Annotated[str, Meta(min_length=1, max_length=50)] = "platform"


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """A live setting."""

    config_key: str
    scope: str
    value: str | None
    """JSON as text."""
    revision: int
    updated_at: datetime


class SettingFilter(Paging, frozen=True, kw_only=True):
    """Which settings."""

    scope: str = "platform"


@routes.get("/config/features", policy=public())
async def list_features(request: Request[None, None]) -> Page[FeatureView]:
    """Say which features the caller has: stable per vivarium, and those that everybody has for nobody in particular."""
    subject = request.caller.vivarium_id
    vivarium = await request.read.get(Vivarium, subject) if subject else None
    items = [
        FeatureView(
            feature_key=each.feature_key,
            enabled=reaches(
                each.feature_key,
                subject,
                enabled=each.enabled,
                rollout=each.rollout,
                plans=each.plans,
                plan=vivarium.plan if vivarium else "",
            ),
        )
        for each in await request.read.find(select(Feature, order=("feature_key",)))
    ]
    return Page(items=items)


@routes.get("/config/features/all", policy=scope("admin", services=EVERYBODY))
async def list_flags(request: Request[None, Paging]) -> Page[FeatureDetail]:
    """List the flags, whole."""
    found, following = await request.read.page(select(Feature, order=("feature_key",)), request.query)
    return Page(items=[msgspec.convert(each, FeatureDetail, from_attributes=True) for each in found], next=following)


@routes.put("/config/features/{feature}", policy=scope("admin"), errors=(422,))
async def toggle_feature(request: Request[FeatureBody, None]) -> FeatureDetail:
    """Switch a flag, or move its rollout."""
    body = request.body
    command = ToggleFeature(
        feature_key=check_name(request.path["feature"]),
        enabled=body.enabled,
        rollout=body.rollout,
        plans=body.plans,
        description=body.description,
        by=request.caller.subject,
    )
    return await request.ask(command, FeatureDetail)


@routes.get("/config/settings", policy=scope("admin", services=EVERYBODY))
async def list_settings(request: Request[None, SettingFilter]) -> Page[SettingView]:
    """List the live settings of a scope."""
    wanted = select(Setting, Setting.c.scope == request.query.scope, order=("config_key",))
    found, following = await request.read.page(wanted, request.query)
    return Page(items=[msgspec.convert(each, SettingView, from_attributes=True) for each in found], next=following)


@routes.put("/config/settings/{setting}", policy=scope("admin"), errors=(422,))
async def change_setting(request: Request[SettingBody, None]) -> SettingView:
    """Set a live setting; every service hears of it."""
    command = ChangeSetting(
        config_key=check_name(request.path["setting"]),
        scope=request.body.scope,
        value=value_text(request.body.value),
        by=request.caller.subject,
    )
    return await request.ask(command, SettingView)
