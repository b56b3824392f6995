"""repti-animal: the registry of animals and the record of who descends from whom."""

from reptidex.agents.animal import (
    access,
    clutches,
    hatchlings,
    health,
    holds,
    lineage,
    pairings,
    photos,
    registry,
    taxonomy,
    transfers,
)
from reptidex.http.animal import animals as animal_views
from reptidex.http.animal import breeding as breeding_views
from reptidex.http.animal import health as health_views
from reptidex.http.animal import internal as internal_views
from reptidex.http.animal import lineage as lineage_views
from reptidex.http.animal import taxonomy as taxonomy_views
from reptidex.services.service import Service
from reptidex.settings import PORTS
from reptidex.streams.catalogue import events_of
from reptidex.streams.commerce import SalesTransactionCompleted
from reptidex.streams.core import AuthUserCreated, AuthUserDeleted, OrgMemberAdded, OrgMemberChanged, OrgMemberRemoved
from reptidex.streams.media import FileDeleted, MediaUploaded

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
    asks={"repti-core": "its keys, to verify tokens"},
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
        photos.drop_photo,
        health.record_health,
        taxonomy.tell_taxonomy,
    ),
    views=(
        animal_views.routes,
        lineage_views.routes,
        breeding_views.routes,
        health_views.routes,
        taxonomy_views.routes,
        internal_views.routes,
    ),
)
