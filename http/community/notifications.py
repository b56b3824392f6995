"""Messages: a person's own, their wishes about them, and what providers report."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.messages import TEMPLATES, fill
from reptidex.errors import InvalidError, NotFoundError, UnauthenticatedError
from reptidex.http.server.policy import public, services, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.community import (
    Follow,
    FollowKind,
    Notify,
    ReadNotification,
    RecordDelivered,
    SetPreferences,
)
from reptidex.streams.community import Channel
from reptidex.streams.values import Id, Key
from reptidex.tables.community import queries
from reptidex.tables.community.models import Notification, Preference

routes = Routes("notifications")


class NotificationView(msgspec.Struct, frozen=True, kw_only=True):
    """One message in the application."""

    notification_id: str
    template: str
    subject: str
    text: str
    created_at: datetime
    read_at: datetime | None
    facts: dict[str, str]


class Inbox(Paging, frozen=True, kw_only=True):
    """Which messages."""

    unread: bool = False


class PreferencesView(msgspec.Struct, frozen=True, kw_only=True):
    """Over which channels a person hears of what; every template, with its default where nothing was chosen."""

    channels: dict[str, tuple[str, ...]]


class NewPreferences(msgspec.Struct, frozen=True, kw_only=True):
    """The choice for some templates; an empty list switches one off."""

    channels: dict[str, tuple[Channel, ...]]


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a service wants a person to get."""

    recipient_id: Id
    template: Key
    facts: dict[str, str] = {}
    cause_id: Annotated[str, Meta(max_length=200)] = ""


class NewFollow(msgspec.Struct, frozen=True, kw_only=True):
    """Whom or what to follow; a morph by its name, everything else by its id."""

    target_kind: FollowKind
    target_id: Key
    following: bool = True


class FollowView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person follows."""

    target_kind: str
    target_id: str
    since: datetime


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail provider says became of a message."""

    message_id: str
    event: Annotated[str, Meta(description="`delivered`; others are taken note of and change nothing")]


def _view(row: Notification) -> NotificationView:
    words = fill(row.template, row.facts)
    return NotificationView(
        notification_id=row.notification_id,
        template=row.template,
        subject=words.subject,
        text=words.text,
        created_at=row.created_at,
        read_at=row.read_at,
        facts=row.facts,
    )


def _preferences(row: Preference | None) -> PreferencesView:
    defaults: dict[str, tuple[str, ...]] = {name: kind.channels for name, kind in TEMPLATES.items()}
    chosen = {name: tuple(kinds) for name, kinds in row.channels.items()} if row else {}
    return PreferencesView(channels=defaults | chosen)


@routes.get("/notifications", policy=signed_in())
async def list_notifications(request: Request[None, Inbox]) -> Page[NotificationView]:
    """List the caller's messages, newest first."""
    wanted = queries.notifications_of(request.caller.subject, unread=request.query.unread)
    found, after = await request.read.page(wanted, request.query)
    return Page(items=[_view(row) for row in found], next=after)


@routes.put("/notifications/{notification_id}/read", policy=signed_in())
async def read_notification(request: Request[None, None]) -> NotificationView:
    """Mark one of the caller's messages as seen."""
    command = ReadNotification(notification_id=request.path["notification_id"], user_id=request.caller.subject)
    return _view(await request.ask(command, Notification))


@routes.get("/notifications/preferences", policy=signed_in())
async def get_preferences(request: Request[None, None]) -> PreferencesView:
    """Show over which channels the caller hears of what."""
    return _preferences(await request.read.get(Preference, request.caller.subject))


@routes.put("/notifications/preferences", policy=signed_in())
async def set_preferences(request: Request[NewPreferences, None]) -> PreferencesView:
    """Choose over which channels to hear of what; messages that the account depends on cannot be switched off."""
    for name in request.body.channels:
        if name not in TEMPLATES:
            raise InvalidError(f"there is no message {name!r}; GET this address lists them", f"/channels/{name}")
        if TEMPLATES[name].must:
            raise InvalidError(f"{name!r} cannot be changed: the account depends on it", f"/channels/{name}")
    command = SetPreferences(user_id=request.caller.subject, channels=request.body.channels)
    return _preferences(await request.ask(command, Preference))


@routes.post("/notifications/send", policy=services("repti-core", "repti-ops", "repti-commerce"), status=202)
async def send_notification(request: Request[NewMessage, None]) -> None:
    """Tell a person something; a second message for the same cause is not sent."""
    ask = request.body
    if ask.template not in TEMPLATES:
        raise InvalidError(f"there is no message {ask.template!r}", "/template")
    cause = ask.cause_id or request.request_id
    await request.tell(Notify(recipient_id=ask.recipient_id, template=ask.template, facts=ask.facts, cause_id=cause))


@routes.post("/webhooks/mail", policy=public())
async def take_delivery_report(request: Request[Any, None]) -> None:
    """Take a provider's report on a message; it is signed over its raw bytes (HMAC-SHA256, header `X-Signature`)."""
    if not request.ports.report_is_genuine(request.raw, request.headers.get("X-Signature", "")):
        raise UnauthenticatedError("the report's signature is not the provider's")
    try:
        report = msgspec.json.decode(request.raw, type=DeliveryReport)
    except msgspec.MsgspecError as problem:
        raise InvalidError(str(problem)) from problem
    found = await request.read.find(queries.by_reference(report.message_id))
    if not found:
        raise NotFoundError("message", report.message_id)
    if report.event == "delivered":
        await request.tell(
            RecordDelivered(notification_id=found[0].notification_id, provider_reference=report.message_id)
        )


@routes.post("/community/follow", policy=signed_in(), status=204)
async def follow(request: Request[NewFollow, None]) -> None:
    """Follow somebody or something, or cease to."""
    ask = request.body
    await request.tell(
        Follow(
            user_id=request.caller.subject,
            target_kind=ask.target_kind,
            target_id=ask.target_id,
            following=ask.following,
        )
    )


@routes.get("/community/follows", policy=signed_in())
async def list_follows(request: Request[None, Paging]) -> Page[FollowView]:
    """List what the caller follows, newest first."""
    found, after = await request.read.page(queries.followed_by(request.caller.subject), request.query)
    return Page(items=[msgspec.convert(row, FollowView, from_attributes=True) for row in found], next=after)
