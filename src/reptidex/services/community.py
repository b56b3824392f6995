"""repti-community: search, notifications, community, advertising."""

import hashlib
import hmac
from urllib.parse import quote

import msgspec

from reptidex.agents.community import (
    accounts,
    animals,
    breeding,
    deliveries,
    index,
    knowledge,
    notifications,
    posts,
    rebuilding,
    refusals,
    reviews,
    sales,
    searches,
    texts,
    threads,
)
from reptidex.agents.community.generations import Generations
from reptidex.agents.projection import Projection
from reptidex.connectors.index import search_index
from reptidex.connectors.mail import mailer
from reptidex.connectors.mail.port import Letter, Mailer
from reptidex.connectors.services.client import ServiceClient
from reptidex.connectors.services.neighbours import Neighbours, neighbours
from reptidex.connectors.texts import texter
from reptidex.connectors.texts.port import Texter
from reptidex.domain.messages import Words
from reptidex.domain.stopping import StopLinks
from reptidex.http.community import follows as follow_views
from reptidex.http.community import forums as forum_views
from reptidex.http.community import index as index_views
from reptidex.http.community import mail as mail_views
from reptidex.http.community import notifications as notification_views
from reptidex.http.community import refusals as refusal_views
from reptidex.http.community import reviews as review_views
from reptidex.http.community import saved as saved_views
from reptidex.http.community import search as search_views
from reptidex.http.community import stopping as stopping_views
from reptidex.http.community import texts as text_views
from reptidex.http.server.own_data import own_data
from reptidex.services.service import Service
from reptidex.settings import Settings
from reptidex.streams import animal, commerce, core, media, ops
from reptidex.streams.catalogue import events_of
from reptidex.streams.commands.community_index import CheckIndex, RebuildIndex
from reptidex.tables.community.personal import PERSONAL
from reptidex.tables.community.projections import SEARCH


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How a person is reached, as repti-core says, and the links of a mail to that very address."""

    email: str
    display_name: str
    link: str
    """Confirms the address; empty once it is confirmed."""
    reset_link: str
    """Sets a new password; empty unless that was asked for."""
    address_hash: str
    """By which the address is known in events (`email_hash`)."""
    telephone: str = ""
    """The number that they confirmed for texts; empty where there is none."""
    new_telephone: str = ""
    """The number that waits for its code; empty where none does."""
    telephone_code: str = ""
    """For a text to `new_telephone` alone."""
    new_email: str = ""
    """The address that the person asked to have in place of `email`; empty unless they did."""
    change_link: str = ""
    """Changes it; for a mail to `new_email` alone."""
    old_email: str = ""
    """The address of before, while a change can be stopped or taken back."""
    stop_link: str = ""
    """Does so; for a mail to `old_email` alone."""


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    display_name: str
    confirmation_token: str = ""
    reset_token: str = ""
    address_hash: str = ""
    telephone: str = ""
    new_telephone: str = ""
    telephone_code: str = ""
    new_email: str = ""
    change_token: str = ""
    old_email: str = ""
    stop_token: str = ""


class _Member(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str
    role: str


class _Members(msgspec.Struct, frozen=True, kw_only=True):
    items: list[_Member]


class Contacts:
    """Looks people up at repti-core, each time anew: an address is kept nowhere else."""

    def __init__(self, core: ServiceClient, public_url: str) -> None:
        self._core, self._url = core, public_url.rstrip("/")

    async def of(self, user_id: str) -> Contact:
        """Return how a person is reached. Raises `NotFoundError` for one who is gone."""
        known = await self._core.get(f"/internal/users/{user_id}/contact", _Known)
        return Contact(
            email=known.email,
            display_name=known.display_name,
            link=self._link("/auth/confirm", known.confirmation_token),
            reset_link=self._link("/auth/reset", known.reset_token),
            address_hash=known.address_hash,
            telephone=known.telephone,
            new_telephone=known.new_telephone,
            telephone_code=known.telephone_code,
            new_email=known.new_email,
            change_link=self._link("/auth/email/confirm", known.change_token),
            old_email=known.old_email,
            stop_link=self._link("/auth/email/stop", known.stop_token),
        )

    async def owners(self, vivarium_id: str) -> list[str]:
        """Return the users who own a vivarium."""
        members = await self._core.get(f"/internal/vivariums/{vivarium_id}/members", _Members)
        return [each.user_id for each in members.items if each.role == "herpetologist"]

    def _link(self, path: str, token: str) -> str:
        return f"{self._url}{path}?token={quote(token, safe='')}" if token else ""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """What repti-community talks to."""

    contacts: Contacts
    animal: ServiceClient
    index: Generations
    mailer: Mailer
    texter: Texter | None
    """None where no texts are sent."""
    mail_provider: str
    """What events call the provider."""
    mail_secret: str
    stop_links: StopLinks
    others: Neighbours

    async def mail(self, email: str, words: Words, *, key: str, unsubscribe: str = "") -> str:
        """Hand a letter to the provider and return its reference. Raises like `Mailer.send`."""
        letter = Letter(to=email, subject=words.subject, text=words.text, html=words.html, unsubscribe=unsubscribe)
        return await self.mailer.send(letter, key=key)

    def report_is_genuine(self, raw: bytes, signature: str) -> bool:
        """Tell whether a delivery report was signed with our secret; without a secret none is."""
        if not self.mail_secret:
            return False
        expected = hmac.new(self.mail_secret.encode(), raw, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.strip().lower().encode("utf-8", "replace"))

    async def aclose(self) -> None:
        """Close the connections."""
        await self.index.aclose()
        await self.mailer.aclose()
        if self.texter is not None:
            await self.texter.aclose()
        await self.others.aclose()


async def connect(settings: Settings) -> Ports:
    """Build the connectors. Raises `UnavailableError` where another worker writes the index."""
    generations = Generations(settings.state / "index", lambda name: search_index(settings, name))
    await generations.open()
    others = await neighbours(settings, own="community")
    return Ports(
        contacts=Contacts(others.to("core"), settings.public_url),
        animal=others.to("animal"),
        index=generations,
        mailer=mailer(settings),
        texter=texter(settings),
        mail_provider="smtp",
        mail_secret=settings.mail_webhook_secret,
        stop_links=StopLinks(settings.service_secret, settings.mail_stop_url),
        others=others,
    )


SERVICE = Service(
    name="repti-community",
    port=8005,
    database="repti_community_db",
    purpose="search, notifications, community, advertising",
    publishes=events_of("community"),
    hears={
        animal.AnimalCreated: "index",
        animal.AnimalUpdated: "index",
        animal.AnimalTransferred: "show the animal under its new owner",
        animal.AnimalArchived: "take the animal out of the index",
        animal.BreedingClutchCreated: "notify the community",
        animal.BreedingClutchUpdated: "tell the owners of the vivarium that a clutch is due, or overdue",
        animal.TaxonomySpeciesAdded: "index knowledge",
        animal.TaxonomySpeciesUpdated: "index knowledge",
        animal.TaxonomyMorphAdded: "index knowledge",
        animal.TaxonomyMorphUpdated: "index knowledge",
        commerce.MarketplaceListingCreated: "index",
        commerce.MarketplaceListingUpdated: "index",
        commerce.MarketplaceListingPublished: "index; tell those who follow the morph, the species or the seller",
        commerce.MarketplaceListingWithdrawn: "take the offer out of the index",
        commerce.MarketplaceListingSold: "take the offer out of the index",
        commerce.MarketplaceListingExpired: "take the offer out of the index",
        commerce.SalesInquiryCreated: "tell the seller",
        commerce.SalesInquiryResponded: "tell the other side",
        commerce.OrderCreated: "tell buyer and seller",
        commerce.OrderCompleted: "tell buyer and seller; verify reviews",
        commerce.OrderCancelled: "tell buyer and seller",
        commerce.SalesTransactionRefunded: "tell the buyer",
        commerce.SalesTransactionDisputed: "tell the seller",
        commerce.SalesTransactionResolved: "tell the seller",
        core.AuthUserCreated: "welcome, with the link that confirms the address",
        core.AuthUserUpdated: "send the links that were asked for; tell of a new password or address; hide who is suspended",
        core.AuthUserDeleted: "forget a deleted user",
        core.AuthSessionStarted: "tell of a new device",
        core.AuthSessionReused: "tell of a stolen sign-in",
        core.BillingInvoicePaid: "tell the owners of the vivarium",
        core.BillingInvoiceFailed: "tell the owners of the vivarium",
        core.OrgUpdated: "hide a vivarium that is suspended or closed",
        core.ProfileUpdated: "search data",
        media.ContentPublished: "index knowledge",
        ops.AdminModerationDecided: "hide what moderators take down",
    },
    asks={
        "repti-core": "authentication, configuration: addresses of people, owners of vivariums",
        "repti-animal": "content to index",
    },
    agents=(
        animals.index_animal,
        animals.move_animal,
        animals.drop_animal,
        animals.index_animal_by_hand,
        animals.hide_animal,
        animals.index_listing,
        animals.drop_listing,
        knowledge.index_breeder,
        knowledge.index_species,
        knowledge.index_morph,
        knowledge.index_content,
        knowledge.hide_moderated,
        knowledge.hide_suspended,
        index.record_indexed,
        index.check_index,
        rebuilding.rebuild_index,
        rebuilding.fill_index,
        rebuilding.record_generation,
        searches.record_search,
        searches.record_click,
        searches.save_search,
        searches.drop_search,
        accounts.welcome_user,
        accounts.forget_user,
        knowledge.forget_breeder,
        accounts.tell_of_account,
        accounts.tell_of_new_device,
        accounts.tell_of_reuse,
        accounts.tell_of_invoice,
        sales.tell_seller_of_inquiry,
        sales.tell_of_response,
        sales.tell_of_order,
        sales.tell_of_completion,
        sales.tell_of_cancellation,
        sales.tell_of_refund,
        sales.tell_of_dispute,
        sales.tell_of_verdict,
        sales.tell_followers_of_offer,
        breeding.tell_followers_of_clutch,
        breeding.tell_keepers_of_due_clutch,
        sales.follow,
        notifications.notify_person,
        notifications.notify_members,
        notifications.record_sent,
        notifications.record_failed,
        refusals.forget_refusal,
        deliveries.record_delivered,
        deliveries.settle_delivery,
        notifications.read_notification,
        notifications.set_preferences,
        notifications.stop_mails,
        posts.write_post,
        posts.change_post,
        posts.remove_post,
        posts.moderate_post,
        posts.erase_words,
        reviews.note_purchase,
        threads.write_reply,
        threads.remove_reply,
        threads.have_reply_moderated,
        threads.moderate_reply,
        threads.cast_vote,
    ),
    carriers=(
        index.show_document,
        index.look_at_index,
        rebuilding.begin_generation,
        rebuilding.fill_generation,
        rebuilding.finish_generation,
        notifications.send_message,
        texts.send_text,
        accounts.ask_for_owners,
    ),
    views=(
        search_views.routes,
        saved_views.routes,
        index_views.routes,
        notification_views.routes,
        refusal_views.routes,
        mail_views.routes,
        text_views.routes,
        stopping_views.routes,
        follow_views.routes,
        forum_views.routes,
        own_data("community", PERSONAL),
        review_views.routes,
    ),
    projections=(
        Projection(
            name="search",
            why="what can be found: animals, offers, breeders, species, morphs, pages; the index files follow",
            parts=(SEARCH,),
            agents=(
                animals.index_animal,
                animals.move_animal,
                animals.drop_animal,
                animals.index_listing,
                animals.drop_listing,
                knowledge.index_breeder,
                knowledge.forget_breeder,
                knowledge.index_species,
                knowledge.index_morph,
                knowledge.index_content,
                knowledge.hide_moderated,
            ),
            then=(RebuildIndex(),),
        ),
    ),
    connect=connect,
    at_start=(CheckIndex(),),
)
