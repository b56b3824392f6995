"""Messages: a person's own, and their wishes about them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.messages import DELIVERABLE, TEMPLATES, fill
from reptidex.errors import DomainError, InvalidError
from reptidex.http.server.policy import services, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.community import Notify, ReadNotification, SetPreferences
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

    channels: Annotated[dict[str, Annotated[tuple[Channel, ...], Meta(max_length=8)]], Meta(max_length=100)]


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a service wants a person to get."""

    recipient_id: Id
    template: Key
    facts: Annotated[dict[str, Annotated[str, Meta(max_length=2000)]], Meta(max_length=50)] = {}
    cause_id: Annotated[str, Meta(max_length=200)] = ""


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


@routes.put("/notifications/{notification_id}/read", policy=signed_in(), errors=(404,))
async def read_notification(request: Request[None, None]) -> NotificationView:
    """Mark one of the caller's messages as seen."""
    command = ReadNotification(notification_id=request.path["notification_id"], user_id=request.caller.subject)
    return _view(await request.ask(command, Notification))


@routes.get("/notifications/preferences", policy=signed_in())
async def get_preferences(request: Request[None, None]) -> PreferencesView:
    """Show over which channels the caller hears of what."""
    return _preferences(await request.read.get(Preference, request.caller.subject))


@routes.put("/notifications/preferences", policy=signed_in(), errors=(409, 422))
async def set_preferences(request: Request[NewPreferences, None]) -> PreferencesView:
    """Choose over which channels to hear of what; messages that the account depends on cannot be switched off."""
    for name, channels in request.body.channels.items():
        if name not in TEMPLATES:
            raise InvalidError("there is no such message; GET this address lists them", "/channels")
        if TEMPLATES[name].must:
            raise InvalidError(f"{name!r} cannot be changed: the account depends on it", f"/channels/{name}")
        if closed := [channel for channel in channels if channel not in DELIVERABLE]:
            raise InvalidError(
                f"there is no way for {closed[0]} messages; {' and '.join(DELIVERABLE)} are", "/channels"
            )
    await _check_number(request)
    command = SetPreferences(user_id=request.caller.subject, channels=request.body.channels)
    return _preferences(await request.ask(command, Preference))


async def _check_number(request: Request[NewPreferences, None]) -> None:
    """Check that there is a number for texts, where somebody chooses them."""
    if not any("sms" in kinds for kinds in request.body.channels.values()):
        return
    if request.ports.texter is None:
        raise InvalidError("no texts are sent here", "/channels")
    if not (await request.ports.contacts.of(request.caller.subject)).telephone:
        raise DomainError("confirm a telephone number first: PUT /auth/telephone at repti-core")


@routes.post(
    "/notifications/send", policy=services("repti-core", "repti-ops", "repti-commerce"), status=202, errors=(422,)
)
async def send_notification(request: Request[NewMessage, None]) -> None:
    """Tell a person something; a second message for the same cause is not sent."""
    ask = request.body
    if ask.template not in TEMPLATES:
        raise InvalidError("there is no such message", "/template")
    cause = ask.cause_id or request.request_id
    await request.tell(Notify(recipient_id=ask.recipient_id, template=ask.template, facts=ask.facts, cause_id=cause))
