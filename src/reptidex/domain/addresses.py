"""E-mail addresses: one spelling per mailbox, so that one address cannot register twice."""

import unicodedata

import email_validator

from reptidex.errors import InvalidError


def normal_address(text: str, pointer: str = "/email") -> str:
    """Return the spelling under which an address is known: Unicode NFKC, lower case, domain as IDNA.

    RFC 5321 lets the part before the @ differ by case; no provider of note does, people type both.
    Raises `InvalidError` with the reason, written for the person who typed it.
    """
    normal = _normal(text, pointer)
    if not normal.isascii():
        # Few servers take such a mailbox (RFC 6531): the link that confirms it would never arrive.
        raise InvalidError("before the @ there are letters of the English alphabet, digits and signs only", pointer)
    # NFKC makes two characters of some (an acute accent of its own: a blank and a combining one), which no mailbox has.
    if _normal(normal, pointer) != normal:
        raise InvalidError("the address has a character that is written in more than one way", pointer)
    return normal


def _normal(text: str, pointer: str) -> str:
    try:
        found = email_validator.validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError as problem:
        raise InvalidError(str(problem), pointer) from problem
    if "." not in found.domain:
        raise InvalidError("the part after the @ has a period", pointer)
    local = unicodedata.normalize("NFKC", found.local_part).casefold()
    return f"{local}@{(found.ascii_domain or found.domain).lower()}"
