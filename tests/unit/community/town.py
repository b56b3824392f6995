"""A community under test: the service's own agents on a database in memory, an index, twins of what is outside."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from reptidex.agents.community.generations import Generations
from reptidex.connectors.index.memory import MemoryIndex
from reptidex.connectors.index.port import Found, IndexQuery, SearchIndex
from reptidex.connectors.index.tantivy import TantivyIndex
from reptidex.connectors.mail.memory import MemoryMailer
from reptidex.connectors.mail.port import Letter
from reptidex.domain.messages import Words
from reptidex.domain.stopping import StopLinks
from reptidex.errors import NotFoundError
from reptidex.services.community import SERVICE, Contact, Ports
from reptidex.streams.animal import AnimalCreated
from reptidex.streams.commands.community_index import CheckIndex
from reptidex.streams.commerce import MarketplaceListingPublished, OrderCreated, OrderLine, PolicySnapshot
from reptidex.streams.core import AuthUserCreated, ProfileUpdated
from reptidex.streams.values import Money, Party
from reptidex.tables.community.models import FINDABLE, Document
from reptidex.testing import UnitHarness

SECRET = "a secret of the mail provider"


STOP = StopLinks("a secret of the service", "http://community.invalid/notifications/unsubscribe")


def uid(number: int) -> str:
    """Return a UUID that is easy to read."""
    return f"00000000-0000-7000-8000-{number:012x}"


SAM, BEA, EVE = uid(1), uid(2), uid(3)
VIVARIUM, OTHER = uid(11), uid(12)
ANIMAL, LISTING, SPECIES, ORDER = uid(21), uid(22), uid(23), uid(24)


class ContactsTwin:
    """Knows everybody but those who are gone."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.confirmed: set[str] = set()
        self.moved: dict[str, str] = {}
        """Who has another address by now."""
        self.name = "Sam Sand"
        self.change: dict[str, str] = {}
        """What core says of a change of address."""
        self.owned: dict[str, list[str]] = {VIVARIUM: [SAM]}

    async def of(self, user_id: str) -> Contact:
        if user_id in self.gone:
            raise NotFoundError("user", user_id)
        link = "" if user_id in self.confirmed else f"http://core.invalid/auth/confirm?token={user_id[-2:]}"
        reset = f"http://core.invalid/auth/reset?token={user_id[-2:]}"
        email = self.moved.get(user_id, f"u{user_id[-2:]}@example.com")
        digest = hashlib.sha256(email.encode()).hexdigest()
        own = {"email": email, "display_name": self.name, "link": link, "reset_link": reset, "address_hash": digest}
        return Contact(**own | self.change)

    async def owners(self, vivarium_id: str) -> list[str]:
        return self.owned.get(vivarium_id, [])


class Town:
    """The community, and the words for what happens to it."""

    def __init__(self, harness: UnitHarness, ports: Any, mailer: MemoryMailer, folder: Path) -> None:
        self.harness, self.ports, self.mailer, self.folder = harness, ports, mailer, folder
        self.contacts: ContactsTwin = ports.contacts
        self.real = False
        self._indexes: dict[str, MemoryIndex] = {}

    @classmethod
    async def open(cls, folder: Path, *, real: bool = False) -> "Town":
        harness = await UnitHarness.open(SERVICE.agents, Document, carriers=SERVICE.carriers)
        mailer = MemoryMailer()

        async def mail(email: str, words: Words, *, key: str, unsubscribe: str = "") -> str:
            letter = Letter(to=email, subject=words.subject, text=words.text, html=words.html, unsubscribe=unsubscribe)
            return await mailer.send(letter, key=key)

        def genuine(raw: bytes, signature: str) -> bool:
            return Ports.report_is_genuine(SimpleNamespace(mail_secret=SECRET), raw, signature)  # type: ignore[arg-type]

        ports = SimpleNamespace(
            contacts=ContactsTwin(),
            mail=mail,
            texter=None,
            mail_provider="smtp",
            stop_links=STOP,
            report_is_genuine=genuine,
            animal=None,
            index=None,
        )
        town = cls(harness, ports, mailer, folder)
        town.real = real
        await town.open_index()
        return town

    async def open_index(self) -> None:
        """Open the index as a worker does at its start."""
        self.ports.index = Generations(self.folder, self._index)
        await self.ports.index.open()
        await self.harness.handle(CheckIndex())
        await self.settle()

    def _index(self, name: str) -> SearchIndex:
        if self.real:
            return TantivyIndex(self.folder / name)
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self._indexes.setdefault(name, MemoryIndex())

    async def close(self) -> None:
        letters = await self.harness.letters()
        await self.ports.index.aclose()
        await self.harness.close()
        assert letters == []

    async def settle(self) -> list[Any]:
        """Carry out effects until none is left; return the events that followed."""
        events: list[Any] = []
        while await self.harness.effects:
            events += await self.harness.carry_out(self.ports)
        return events

    async def hear(self, message: Any, sequence: int = 1, **context: Any) -> list[Any]:
        """Have a message handled and its effects carried out; return what was published."""
        events = await self.harness.handle(message, sequence=sequence, **context)
        return events + await self.settle()

    async def search(self, text: str = "", *kinds: str, **more: Any) -> Found:
        """Search the index."""
        found: Found = await self.ports.index.search(IndexQuery(text=text, kinds=kinds or FINDABLE, **more))
        return found

    async def titles(self, text: str = "", *kinds: str) -> list[str]:
        """Return the titles that a search finds, in their alphabet."""
        return sorted(hit.title for hit in (await self.search(text, *kinds)).hits)

    @property
    def subjects(self) -> list[str]:
        """The subjects of the letters that went out."""
        return [str(letter["Subject"]) for letter in self.mailer.sent]


def hatchling(**changes: Any) -> AnimalCreated:
    """Return the news of Sam's public animal."""
    facts: dict[str, Any] = {
        "animal_id": ANIMAL,
        "vivarium_id": VIVARIUM,
        "code": "BP-001",
        "name": "Kiwi",
        "species_id": SPECIES,
        "species": "Python regius",
        "morphs": ("Pastel", "Clown"),
        "sex": "female",
        "visibility": "public",
    }
    return AnimalCreated(**(facts | changes))


def offer(cls: Any = MarketplaceListingPublished, **changes: Any) -> Any:
    """Return the news of Sam's offer."""
    facts: dict[str, Any] = {
        "listing_id": LISTING,
        "animal_id": ANIMAL,
        "vivarium_id": VIVARIUM,
        "contact_user_id": SAM,
        "title": "Pastel Clown female",
        "price": Money(amount=45_000, currency="USD"),
        "status": "published",
        "species_id": SPECIES,
        "species": "Python regius",
        "morphs": ("Pastel", "Clown"),
        "sex": "female",
    }
    if cls is MarketplaceListingPublished:
        facts["published_at"] = datetime(2026, 1, 1, tzinfo=UTC)
    return cls(**(facts | changes))


def profile(**changes: Any) -> ProfileUpdated:
    """Return the news of Sam's profile."""
    facts: dict[str, Any] = {
        "profile_id": SAM,
        "kind": "user",
        "vivarium_id": VIVARIUM,
        "display_name": "Sam Sand",
        "bio": "Ball pythons since 1999",
    }
    return ProfileUpdated(**(facts | changes))


def newcomer(**changes: Any) -> AuthUserCreated:
    """Return the news of Sam's registration."""
    facts: dict[str, Any] = {"user_id": SAM, "vivarium_id": VIVARIUM, "email_hash": "0" * 64}
    return AuthUserCreated(**(facts | {"display_name": "Sam Sand", "how": "password"} | changes))


def order(cls: Any = OrderCreated, **changes: Any) -> Any:
    """Return the news of Bea's order of Sam's animal."""
    dollars = Money(amount=45_000, currency="USD")
    nothing = Money(amount=0, currency="USD")
    facts: dict[str, Any] = {
        "order_id": ORDER,
        "transaction_id": uid(25),
        "buyer": Party(vivarium_id=OTHER, user_id=BEA),
        "seller": Party(vivarium_id=VIVARIUM, user_id=SAM),
        "lines": (
            OrderLine(listing_id=LISTING, animal_id=ANIMAL, title="Kiwi", species="Python regius", price=dollars),
        ),
        "subtotal": dollars,
        "shipping": nothing,
        "tax": nothing,
        "total": dollars,
        "policy": PolicySnapshot(digest="0" * 64),
        "status": "reserved",
    }
    return cls(**(facts | changes))
