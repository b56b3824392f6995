"""The words of the platform's messages: a template by name, filled with facts. Pure."""

from collections.abc import Mapping
from html import escape

import msgspec

Channels = tuple[str, ...]
DELIVERABLE = ("inapp", "email", "sms")
"""The channels that there is a way for."""


class Template(msgspec.Struct, frozen=True):
    """One kind of message: subject, text, and the channels that it takes unless a person chose others."""

    subject: str
    text: str
    channels: Channels = ("inapp", "email")
    must: bool = False
    """Cannot be switched off: the account depends on it."""
    link: str = ""
    """The fact without which it says nothing any more: a link that was used meanwhile. Its recipient has just asked for it."""
    to: str = "email"
    """The fact that is the address, or the number, it goes to."""


# What goes to an address that nobody has confirmed names nobody: whoever registered it chose the name, and may be a stranger.
TEMPLATES: dict[str, Template] = {
    "welcome": Template(
        "Welcome to ReptiDex",
        "Hello,\n\nplease confirm this address by following the link:\n\n{link}\n\n"
        "If you did not register, ignore this message.",
        ("email",),
        must=True,
        link="link",
    ),
    "welcome.verified": Template(
        "Welcome to ReptiDex, {display_name}",
        "Hello {display_name},\n\nyour account is ready, and this address is confirmed.",
        ("email",),
        must=True,
    ),
    "confirmation": Template(
        "Confirm your address",
        "Hello,\n\nhere is the link once more that confirms this address:\n\n{link}",
        ("email",),
        must=True,
        link="link",
    ),
    "password.reset": Template(
        "A new password for ReptiDex",
        "Hello,\n\nthis link sets a new password; it works once, for an hour:\n\n{reset_link}\n\n"
        "If you did not ask for it, ignore this message: your password stays as it is.",
        ("email",),
        must=True,
        link="reset_link",
    ),
    "password.changed": Template(
        "Your password was changed",
        "Your password was changed, and the sessions that the old one opened were ended.",
        must=True,
    ),
    "email.change": Template(
        "Is this your address?",
        "Hello,\n\nthis link makes this the address of a ReptiDex account; it works for a day:\n\n{change_link}\n\n"
        "If you did not ask for it, ignore this message.",
        ("email",),
        must=True,
        link="change_link",
        to="new_email",
    ),
    "email.change.asked": Template(
        "Another address was asked for",
        "Hello,\n\nsomebody who is signed in to your account asked to change its e-mail address.\n\n"
        "If that was you, there is nothing to do here: open the link that was sent to the new address.\n\n"
        "If it was not you, stop it by this link; all devices are signed out, and you get a link for a new password:\n\n"
        "{stop_link}",
        ("email",),
        must=True,
        link="stop_link",
        to="old_email",
    ),
    "email.changed": Template(
        "The address of your account was changed",
        "Hello,\n\nyour account has another e-mail address now. You sign in with that, and mail goes there.\n\n"
        "If that was not you, take this address back by the link, within three days:\n\n{stop_link}",
        ("email",),
        must=True,
        link="stop_link",
        to="old_email",
    ),
    "email.change.stopped": Template(
        "Your account keeps this address",
        "Hello,\n\nthe change of your address was stopped, and all devices were signed out. If you had not asked for it, "
        "somebody knows how to get into your account. This link sets a new password; it works once, for an hour:\n\n"
        "{reset_link}\n\nThen look through the API keys, linked accounts and the second factor of your account.",
        ("email",),
        must=True,
        link="reset_link",
    ),
    "identities.changed": Template(
        "Who can sign in to your account was changed",
        "An account elsewhere (Google, GitHub) was linked to yours, or unlinked.\n\n"
        "If that was not you, set a new password and unlink what you do not know.",
        must=True,
    ),
    "second.factor.changed": Template(
        "The second factor of your account was changed",
        "The second factor of your account was turned on or off.\n\nIf that was not you, set a new password.",
        must=True,
    ),
    "api.key.made": Template(
        "A key to your account was made",
        "An API key was made: a program can act for you with it.\n\nIf that was not you, revoke it and set a new password.",
        must=True,
    ),
    "session.new": Template("A new device signed in", "Somebody signed in to your account from {device}.", must=True),
    "session.reused": Template(
        "A session was ended for your safety", "A used sign-in was presented again; we ended the session.", must=True
    ),
    "mail.refused": Template(
        "Your mails come back",
        "Your mailbox takes no mail (“{reason}”), so we send none there any more; what we have to tell you stands here.\n\n"
        "If it takes mail again, ask for a new password, or for the link that confirms your address: "
        "that letter is sent all the same, and once it arrives all others are sent again too.",
        ("inapp",),
        must=True,
    ),
    "texts.refused": Template(
        "Texts do not reach you",
        "Your number takes no texts from us ({reason}), so we send none there any more; what you had chosen as a text stands "
        "here.\n\nIf you stopped them by mistake, answer START to the last one, and choose texts anew.",
        ("inapp",),
        must=True,
    ),
    "telephone.code": Template(
        "Your code",
        "{telephone_code} is your ReptiDex code. It works for ten minutes. If you did not ask for it, ignore this text.",
        ("sms",),
        must=True,
        link="telephone_code",
        to="new_telephone",
    ),
    "inquiry.created": Template("A question about {title}", "Somebody asks about your offer “{title}”."),
    "inquiry.responded": Template("An answer about {title}", "Your inquiry about “{title}” was answered."),
    "order.created.buyer": Template(
        "Your order {order}", "You ordered “{title}” for {total}. It is kept for you until {pay_by}."
    ),
    "order.created.seller": Template("An order for {title}", "“{title}” was ordered for {total}."),
    "order.completed.buyer": Template(
        "{title} is yours", "The sale is complete: “{title}” stands in your collection now."
    ),
    "order.completed.seller": Template("{title} is sold", "The sale is complete: “{title}” now belongs to its buyer."),
    "order.cancelled": Template("The order of {title} was called off", "The order of “{title}” ended: {reason}."),
    "order.refunded": Template("Your money is on its way back", "We paid {total} back for “{title}”."),
    "sale.disputed": Template(
        "A sale is contested", "The sale of “{title}” is contested ({reason}). Answer by {respond_by}.", must=True
    ),
    "sale.won": Template(
        "A contested sale was decided for you",
        "The dispute about the sale of “{title}” was decided for you: the money, {total}, stays.",
        must=True,
    ),
    "sale.lost": Template(
        "A contested sale was decided against you",
        "The dispute about the sale of “{title}” was decided for the buyer: {total} went back to them. "
        "The animal stays in their collection; they may hand it back to you.",
        must=True,
    ),
    "invoice.paid": Template("Invoice {number}", "Your invoice {number} over {total} is paid."),
    "invoice.failed": Template(
        "Invoice {number} could not be paid", "The payment of your invoice {number} over {total} failed."
    ),
    "listing.followed": Template(
        "New: {title}", "An offer that matches what you follow: “{title}” for {price}.", ("inapp",)
    ),
    "clutch.created": Template("A new clutch", "A breeder whom you follow recorded a clutch.", ("inapp",)),
    "clutch.due": Template(
        "A clutch of {species} may hatch",
        "The {eggs} eggs of {species} that were laid on {laid_on} may hatch from {due_from} to {due_until}.",
    ),
    "clutch.overdue": Template(
        "A clutch of {species} is overdue",
        "Nothing has been noted as hatched of the {eggs} eggs of {species} that were laid on {laid_on}; "
        "they were due by {due_until}.",
    ),
    "post.replied": Template("An answer to {title}", "Somebody answered your post “{title}”.", ("inapp",)),
}


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready to send."""

    subject: str
    text: str
    html: str


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


STOP = "To get no more of these by mail, follow this link:"


def fill(template: str, facts: Mapping[str, str], stop: str = "") -> Words:
    """Fill a template. A fact that is missing reads `…`; facts never carry markup, nor a line of their own into a message.

    `stop` is the link that stops such mails, which stands at the end.

    Raises `KeyError` for a template that does not exist.
    """
    kind = TEMPLATES[template]
    # A title over several lines could end with a paragraph, and a link, that reads as ours.
    known = _Facts({name: _line(value) for name, value in facts.items()})
    subject = _line(kind.subject.format_map(known))
    text = kind.text.format_map(known) + (f"\n\n{STOP}\n\n{stop}" if stop else "")
    paragraphs = "".join(f"<p>{_linked(part)}</p>" for part in text.split("\n\n"))
    return Words(subject=subject[:200], text=text, html=f"<!doctype html><html><body>{paragraphs}</body></html>")


SHORT = 320
"""What a text of two or three parts holds (GSM 03.38: 153 characters each; 67 of any other alphabet)."""


def in_short(words: Words) -> str:
    """Return a message as the body of a text: its words in one line."""
    text = _line(words.text)
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def _line(text: str) -> str:
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def _linked(paragraph: str) -> str:
    safe = escape(paragraph)
    return f'<a href="{safe}">{safe}</a>' if paragraph.startswith(("http://", "https://")) else safe


def channels_for(template: str, chosen: Mapping[str, list[str]]) -> Channels:
    """Return the channels for a message, each once: the person's choice, unless the account depends on the message."""
    kind = TEMPLATES[template]
    if kind.must or template not in chosen:
        return kind.channels
    return tuple(channel for channel in dict.fromkeys(chosen[template]) if channel in DELIVERABLE)


def money_text(amount: int, currency: str) -> str:
    """Write an amount of minor units for people: `129.00 USD` (currencies of two decimals, the only ones we take)."""
    sign, amount = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}{amount // 100}.{amount % 100:02d} {currency}"
