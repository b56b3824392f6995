"""What people are told of their own account, and how they are forgotten."""

from collections.abc import AsyncIterator

from reptidex.agents.agent import Call, Effect, Unit, agent, carries_out
from reptidex.agents.community.refusals import forget_other
from reptidex.agents.community.telling import notify
from reptidex.agents.community.texts import without_texts
from reptidex.domain.messages import money_text
from reptidex.streams.commands.community import NotifyMembers
from reptidex.streams.commands.community_forum import ErasePost
from reptidex.streams.contract import Command, Event
from reptidex.streams.core import (
    AuthSessionReused,
    AuthSessionStarted,
    AuthUserCreated,
    AuthUserDeleted,
    AuthUserUpdated,
    BillingInvoiceFailed,
    BillingInvoicePaid,
)
from reptidex.tables.community import forum, queries
from reptidex.tables.community.models import Contact, Follow, Notification, Preference, SavedSearch
from reptidex.tables.community.reviews import Reviewer, reviewers_by


@agent(AuthUserCreated, prefetch={Contact: "user_id", Preference: "user_id"})
async def welcome_user(event: AuthUserCreated, unit: Unit) -> AsyncIterator[Event]:
    """Send a new user the welcome with the link that confirms the address, once; nobody who is gone is welcomed."""
    contact = await unit.get(Contact, event.user_id)
    if contact is not None:
        return
    unit.put(Contact(user_id=event.user_id, welcomed=True))
    template = "welcome.verified" if event.email_verified else "welcome"
    for said in await notify(unit, [event.user_id], template, {}):
        yield said


@agent(AuthUserDeleted, prefetch={Contact: "user_id"})
async def forget_user(event: AuthUserDeleted, unit: Unit) -> None:
    """Forget a deleted user: messages, wishes, follows, searches; posts lose their words."""
    person = event.user_id
    unit.put(Contact(user_id=person, gone=True))
    unit.delete(Preference, person)
    for message in await unit.find(queries.all_notifications_of(person)):
        unit.delete(Notification, message.notification_id)
    for follow in await unit.find(queries.followed_by(person)):
        unit.delete(Follow, follow.follow_id)
    for search in await unit.find(queries.searches_of(person)):
        unit.delete(SavedSearch, search.search_id)
    for known in await unit.find(reviewers_by(person)):
        unit.delete(Reviewer, known.reviewer_id)
    posts = {each.post_id for each in await unit.find(forum.posts_by(person))}
    posts |= {each.post_id for each in await unit.find(forum.replies_by(person))}
    posts |= {each.post_id for each in await unit.find(forum.votes_by(person))}
    for post_id in sorted(posts):
        unit.timer(f"post/{post_id}/erase/{person}", unit.now, ErasePost(post_id=post_id, user_id=person))


ASKED_FOR = {
    "confirmation_requested": ("confirmation",),
    "password_reset_requested": ("password.reset",),
    "password": ("password.changed",),
    "email_change_requested": ("email.change", "email.change.asked"),
    "email": ("email.changed",),
    "email_change_stopped": ("email.change.stopped",),
    "identities": ("identities.changed",),
    "telephone_requested": ("telephone.code",),
    "mfa_enabled": ("second.factor.changed",),
    "api_keys": ("api.key.made",),
}


@agent(AuthUserUpdated, prefetch={Contact: "user_id", Preference: "user_id"})
async def tell_of_account(event: AuthUserUpdated, unit: Unit) -> AsyncIterator[Event]:
    """Send the links that a user asked for, and tell of what gives or takes a way into the account."""
    if event.email_verified or event.email_hash:
        await forget_other(unit, event.user_id, event.email_hash or "")
    if "telephone_removed" in event.changed:
        await without_texts(unit, event.user_id)
    for changed in event.changed:
        for template in ASKED_FOR.get(changed, ()):
            for said in await notify(unit, [event.user_id], template, {}):
                yield said


@agent(AuthSessionStarted, prefetch={Contact: "user_id", Preference: "user_id"})
async def tell_of_new_device(event: AuthSessionStarted, unit: Unit) -> AsyncIterator[Event]:
    """Tell a user that a device not seen before signed in."""
    if event.new_device:
        facts = {"device": event.device or "an unknown device"}
        for said in await notify(unit, [event.user_id], "session.new", facts):
            yield said


@agent(AuthSessionReused, prefetch={Contact: "user_id", Preference: "user_id"})
async def tell_of_reuse(event: AuthSessionReused, unit: Unit) -> AsyncIterator[Event]:
    """Tell a user that somebody presented a used sign-in."""
    for said in await notify(unit, [event.user_id], "session.reused", {}):
        yield said


PATIENT = 24
"""Attempts over more than an hour: who is not found out is not told."""


class AskForOwners(Effect, frozen=True, kw_only=True):
    """Ask repti-core who runs a vivarium, to tell them something."""

    vivarium_id: str
    template: str
    facts: dict[str, str]
    cause_id: str


@carries_out(AskForOwners, attempts=PATIENT)
async def ask_for_owners(effect: AskForOwners, call: Call) -> Command | None:
    """Name those who own the vivarium."""
    owners = await call.ports.contacts.owners(effect.vivarium_id)
    return NotifyMembers(
        vivarium_id=effect.vivarium_id,
        recipients=tuple(owners),
        template=effect.template,
        facts=effect.facts,
        cause_id=effect.cause_id,
    )


@agent(BillingInvoicePaid, BillingInvoiceFailed)
async def tell_of_invoice(event: BillingInvoicePaid | BillingInvoiceFailed, unit: Unit) -> None:
    """Tell the owners of a vivarium that an invoice was paid, or could not be."""
    template = "invoice.paid" if isinstance(event, BillingInvoicePaid) else "invoice.failed"
    unit.effect(
        AskForOwners(
            vivarium_id=event.vivarium_id,
            template=template,
            facts={"number": event.number, "total": money_text(event.total.amount, event.total.currency)},
            cause_id=unit.cause.id,
        )
    )
