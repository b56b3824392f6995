"""repti-animal: the registry of animals and the record of who descends from whom."""

import msgspec

from reptidex.agents.animal import (
    access,
    clutches,
    hatchlings,
    health,
    holds,
    laboratory,
    lineage,
    pairings,
    photos,
    registry,
    taxonomy,
    transfers,
)
from reptidex.connectors.services.client import ServiceClient
from reptidex.connectors.services.neighbours import Neighbours, neighbours
from reptidex.http.animal import animals as animal_views
from reptidex.http.animal import breeding as breeding_views
from reptidex.http.animal import genetics as genetics_views
from reptidex.http.animal import health as health_views
from reptidex.http.animal import internal as internal_views
from reptidex.http.animal import lineage as lineage_views
from reptidex.http.animal import lookup as lookup_views
from reptidex.http.animal import photos as photo_views
from reptidex.http.animal import plans as plan_views
from reptidex.http.animal import predictions as prediction_views
from reptidex.http.animal import taxonomy as taxonomy_views
from reptidex.services.service import Service
from reptidex.settings import PORTS, Settings
from reptidex.streams.catalogue import events_of
from reptidex.streams.commands.animal import TellTaxonomy
from reptidex.streams.commerce import SalesTransactionCompleted
from reptidex.streams.core import AuthUserCreated, AuthUserDeleted, OrgMemberAdded, OrgMemberChanged, OrgMemberRemoved
from reptidex.streams.media import FileDeleted, MediaUploaded


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Whom repti-animal asks."""

    media: ServiceClient
    others: Neighbours

    async def aclose(self) -> None:
        """Close the connections."""
        await self.others.aclose()


async def connect(settings: Settings) -> Ports:
    """Build the connectors."""
    others = await neighbours(settings, own="animal")
    return Ports(media=others.to("media"), others=others)


SERVICE = Service(
    name="repti-animal",
    port=PORTS["animal"],
    database="repti_animal_db",
    purpose="animal registry, lineage, genetics, breeding, taxonomy",
    publishes=events_of("animal"),
    hears={
        AuthUserCreated: "opens the personal collection with its template of codes",
        AuthUserDeleted: "ends every access of a person who is gone",
        OrgMemberAdded: "gives a member access to the vivarium's animals",
        OrgMemberChanged: "follows a member's role",
        OrgMemberRemoved: "ends a former member's access",
        MediaUploaded: "adds a photo to its animal",
        FileDeleted: "takes a deleted photo off its animal",
        SalesTransactionCompleted: "moves a sold animal to its buyer",
    },
    asks={
        "repti-core": "its keys, to verify tokens",
        "repti-media": "whose a picture is, before it is shown as a photo",
    },
    # One id for all: what has been told already is told to nobody again.
    at_start=(TellTaxonomy(request_id="7ca7a106-0000-7000-8000-000000000000"),),
    agents=(
        access.open_personal_collection,
        access.grant_access,
        access.end_access,
        access.forget_person,
        registry.register_animal,
        registry.update_animal,
        registry.archive_animal,
        lineage.set_parents,
        lineage.validate_lineage,
        lineage.draw_up_pedigree,
        holds.hold_animal,
        holds.release_animal,
        holds.lapse_hold,
        transfers.transfer_sold_animal,
        transfers.give_animal,
        pairings.pair_animals,
        pairings.predict_genetics,
        clutches.record_clutch,
        clutches.update_clutch,
        hatchlings.register_hatchlings,
        hatchlings.resolve_sire,
        photos.add_photo,
        photos.choose_photo,
        photos.drop_photo,
        health.record_health,
        laboratory.record_test,
        laboratory.withdraw_test,
        taxonomy.tell_taxonomy,
    ),
    views=(
        animal_views.routes,
        lineage_views.routes,
        breeding_views.routes,
        health_views.routes,
        photo_views.routes,
        taxonomy_views.routes,
        genetics_views.routes,
        prediction_views.routes,
        lookup_views.routes,
        plan_views.routes,
        internal_views.routes,
    ),
    connect=connect,
)
