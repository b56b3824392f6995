"""How long a session lives, and the little that is kept of where it runs."""

import ipaddress
import re
from datetime import timedelta

IDLE = timedelta(days=14)
"""A refresh token that was not used for this long is dead."""
LIFETIME = timedelta(days=60)
"""A session ends after this, however often it was refreshed (ASVS 7.3.2)."""
MOST_SESSIONS = 100
"""Of one person at once: another ends the one that was not seen for the longest time."""
ENDED_KEPT = timedelta(hours=1)
"""How long a session that ran out, or had to make room, is still known as ended: longer than its access tokens live."""
RESET_VALID = timedelta(hours=1)
"""How long the link of a password reset works."""
CHANGE_VALID = timedelta(days=1)
"""How long the link works that was sent to a new address."""
UNDO_VALID = timedelta(days=3)
"""How long the link works that takes a new address back; until then the one before stays taken."""
CODE_VALID = timedelta(minutes=10)
"""How long the code works that was sent to a telephone."""
CODES_A_DAY = 5
"""How many such codes a person has sent in a day: each costs money, and may go to a stranger."""
MAIL_EVERY = timedelta(minutes=1)
"""The shortest time between two messages that somebody asks us to send to one address, or number."""

_SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Mac OS X", "Linux")
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


def device(user_agent: str) -> str:
    """Say a browser and a system in a few words: enough to recognise one's own, too little to track with."""
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in user_agent), "")
    system = next((name for name in _SYSTEMS if name in user_agent), "")
    if browser or system:
        return " on ".join(part for part in (browser, system) if part)
    product = re.match(r"[A-Za-z][A-Za-z0-9.-]{0,30}", user_agent)
    return product[0] if product else "unknown"


def ip_prefix(address: str) -> str:
    """Return the network of an address (/24 of IPv4, /48 of IPv6); empty for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{parsed}/{24 if parsed.version == 4 else 48}", strict=False))
