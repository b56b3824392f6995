"""What repti-core can be asked to do for vivariums, profiles, live settings and telemetry."""

from datetime import datetime
from typing import Literal

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Plan, Role


@command(key="vivarium_id", service="core")
class OpenVivarium(Command, frozen=True, kw_only=True):
    """Open a business vivarium with its founder as herpetologist."""

    vivarium_id: str
    subscription_id: str
    user_id: str
    name: str


@command(key="vivarium_id", service="core")
class ChangeVivarium(Command, frozen=True, kw_only=True):
    """Change a vivarium's name."""

    vivarium_id: str
    name: str


@command(key="vivarium_id", service="core")
class AddMember(Command, frozen=True, kw_only=True):
    """Make somebody a member."""

    vivarium_id: str
    user_id: str
    role: Role
    by: str


@command(key="vivarium_id", service="core")
class ChangeMember(Command, frozen=True, kw_only=True):
    """Give a member another role."""

    vivarium_id: str
    user_id: str
    role: Role
    by: str


@command(key="vivarium_id", service="core")
class RemoveMember(Command, frozen=True, kw_only=True):
    """End a membership: the member leaves (`by` themselves), or is removed."""

    vivarium_id: str
    user_id: str
    by: str


@command(key="vivarium_id", service="core")
class LoseMember(Command, frozen=True, kw_only=True):
    """Drop the membership of somebody whose account is gone; a vivarium without an owner is closed."""

    vivarium_id: str
    user_id: str


@command(key="profile_id", service="core")
class ChangeProfile(Command, frozen=True, kw_only=True):
    """Change a public profile; what is None stays as it is."""

    profile_id: str
    display_name: str | None = None
    slug: str | None = None
    bio: str | None = None
    location: str | None = None
    website: str | None = None
    avatar_file_id: str | None = None
    visibility: Literal["private", "public"] | None = None


@command(key="config_key", service="core")
class ChangeSetting(Command, frozen=True, kw_only=True):
    """Set a live setting (JSON as text), or take it back (None)."""

    config_key: str
    scope: str = "platform"
    value: str | None
    by: str


@command(key="feature_key", service="core")
class ToggleFeature(Command, frozen=True, kw_only=True):
    """Switch a feature flag, or move its rollout."""

    feature_key: str
    enabled: bool
    rollout: float = 1.0
    scope: str = "platform"
    plans: tuple[Plan, ...] = ()
    description: str = ""
    by: str


@command(key="bucket", service="core")
class CloseMinute(Command, frozen=True, kw_only=True):
    """Publish what was counted in one minute."""

    bucket: str
    minute: datetime


@command(key="service_name", service="core")
class TrackSample(Command, frozen=True, kw_only=True):
    """Keep a metric or behaviour sample, and publish it."""

    service_name: str
    sample_id: str
    kind: Literal["metric", "behaviour"]
    name: str
    value: float
    unit: str = ""
    labels: dict[str, str] = {}
    sampled_at: datetime
