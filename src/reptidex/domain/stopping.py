"""Links in mails that stop one kind of mail to one person, by one click and without signing in (RFC 8058). Pure."""

from urllib.parse import urlencode

from reptidex.domain.keyed import Keyed
from reptidex.domain.messages import TEMPLATES


class StopLinks:
    """Writes and reads the links. Whoever has one can stop these mails and nothing else; only who has the secret writes one."""

    def __init__(self, secret: str, address: str) -> None:
        """Take the secret, without which there are no links, and the address of the page that they lead to."""
        self._keyed, self._address = (Keyed(secret.encode()) if secret else None), address

    def of(self, user_id: str, template: str) -> str:
        """Return the link for a kind of message; empty for one that the account depends on."""
        if self._keyed is None or TEMPLATES[template].must:
            return ""
        token = self._keyed.link(_purpose(template), user_id, 0)
        return f"{self._address}?{urlencode({'template': template, 'token': token})}"

    def read(self, template: str, token: str) -> str:
        """Return whose mails of this kind a link stops; empty where it is none of ours."""
        known = template in TEMPLATES and not TEMPLATES[template].must
        link = self._keyed.read_link(_purpose(template), token) if self._keyed is not None and known else None
        return link.user_id if link else ""


def _purpose(template: str) -> str:
    return f"stop {template}"
