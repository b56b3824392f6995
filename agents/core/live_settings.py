"""Live settings and feature flags: changed here, heard by every service."""

from collections.abc import AsyncIterator

from reptidex.agents.agent import Unit, agent
from reptidex.domain.live_settings import check_no_secret
from reptidex.errors import DomainError
from reptidex.streams import core as events
from reptidex.streams.commands.core_vivariums import ChangeSetting, ToggleFeature
from reptidex.streams.contract import Event
from reptidex.tables.core.platform import Feature, Setting


@agent(ChangeSetting, prefetch={Setting: "config_key"})
async def change_setting(command: ChangeSetting, unit: Unit) -> AsyncIterator[Event]:
    """Set a live setting, or take it back to its default."""
    check_no_secret(command.config_key)
    known = await unit.get(Setting, command.config_key)
    if known is not None and known.scope != command.scope:
        raise DomainError(f"this setting is one of the scope {known.scope!r}; those who have it would lose it")
    if known is not None and known.value == command.value:
        unit.answer(known)
        return
    setting = Setting(
        config_key=command.config_key,
        scope=command.scope,
        value=command.value,
        revision=known.revision + 1 if known else 1,
        updated_at=unit.now,
        updated_by=command.by,
    )
    unit.put(setting)
    unit.answer(setting)
    yield events.ConfigUpdated(
        config_key=setting.config_key,
        scope=setting.scope,
        old=known.value if known else None,
        new=setting.value,
        revision=setting.revision,
    )


@agent(ToggleFeature, prefetch={Feature: "feature_key"})
async def toggle_feature(command: ToggleFeature, unit: Unit) -> AsyncIterator[Event]:
    """Switch a feature flag, or move its rollout."""
    known = await unit.get(Feature, command.feature_key)
    feature = Feature(
        feature_key=command.feature_key,
        scope=command.scope,
        enabled=command.enabled,
        rollout=command.rollout,
        plans=tuple(command.plans),
        description=command.description or (known.description if known else ""),
        updated_at=unit.now,
        updated_by=command.by,
    )
    unit.put(feature)
    unit.answer(feature)
    yield events.ConfigFeatureToggled(
        feature_key=feature.feature_key,
        scope=feature.scope,
        old=known.enabled if known else None,
        new=feature.enabled,
        rollout=feature.rollout,
        plans=command.plans,
    )
