"""repti-animal: the registry of animals and the record of who descends from whom."""

import msgspec

from reptidex.agents.animal import (
    access,
    archive,
    clutches,
    disputes,
    editing,
    enclosures,
    exclusions,
    feeds,
    founders,
    hatchlings,
    health,
    history,
    holds,
    import_ending,
    import_learning,
    importing,
    incubation,
    laboratory,
    lineage,
    marks,
    meetings,
    numbering,
    offers,
    pairings,
    photos,
    placeholders,
    provenance,
    proving,
    registry,
    seasons,
    suggestions,
    taxonomy,
    transfers,
)
from reptidex.connectors.services.client import ServiceClient
from reptidex.connectors.services.neighbours import Neighbours, neighbours
from reptidex.http.animal import animals as animal_views
from reptidex.http.animal import breeding as breeding_views
from reptidex.http.animal import breeding_notes as breeding_note_views
from reptidex.http.animal import calendar as calendar_views
from reptidex.http.animal import care as care_views
from reptidex.http.animal import care_import as care_import_views
from reptidex.http.animal import care_overview as care_overview_views
from reptidex.http.animal import claims as claim_views
from reptidex.http.animal import collection as collection_views
from reptidex.http.animal import diversity as diversity_views
from reptidex.http.animal import enclosures as enclosure_views
from reptidex.http.animal import exports as export_views
from reptidex.http.animal import founders as founder_views
from reptidex.http.animal import genetics as genetics_views
from reptidex.http.animal import history as history_views
from reptidex.http.animal import imports as import_views
from reptidex.http.animal import internal as internal_views
from reptidex.http.animal import kinship as kinship_views
from reptidex.http.animal import lineage as lineage_views
from reptidex.http.animal import lookup as lookup_views
from reptidex.http.animal import marks as mark_views
from reptidex.http.animal import mates as mate_views
from reptidex.http.animal import numbering as numbering_views
from reptidex.http.animal import outcomes as outcome_views
from reptidex.http.animal import photos as photo_views
from reptidex.http.animal import plans as plan_views
from reptidex.http.animal import predictions as prediction_views
from reptidex.http.animal import provenance as provenance_views
from reptidex.http.animal import seasons as season_views
from reptidex.http.animal import suggestions as suggestion_views
from reptidex.http.animal import taxonomy as taxonomy_views
from reptidex.http.animal import taxonomy_editor as taxonomy_editor_views
from reptidex.http.animal import transfers as transfer_views
from reptidex.http.server.own_data import own_data
from reptidex.services.service import Service
from reptidex.settings import PORTS, Settings
from reptidex.streams.catalogue import events_of
from reptidex.streams.commands.animal import TellTaxonomy
from reptidex.streams.commerce import SalesTransactionCompleted
from reptidex.streams.core import AuthUserCreated, AuthUserDeleted, OrgMemberAdded, OrgMemberChanged, OrgMemberRemoved
from reptidex.streams.media import FileDeleted, MediaUploaded
from reptidex.tables.animal.personal import PERSONAL
from reptidex.tables.animal.taxonomy import refresh


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
        AuthUserDeleted: "ends every access of a person who is gone, and takes them out of the histories of lineages",
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
        archive.archive_animal,
        archive.restore_animal,
        numbering.set_numbering,
        marks.mark_animal,
        marks.remove_mark,
        enclosures.keep_enclosure,
        enclosures.close_enclosure,
        enclosures.move_animals,
        provenance.record_provenance,
        provenance.remove_provenance,
        lineage.set_parents,
        lineage.validate_lineage,
        lineage.draw_up_pedigree,
        history.forget_speaker,
        suggestions.suggest_parent,
        suggestions.answer_suggestion,
        suggestions.withdraw_suggestion,
        disputes.dispute_parent,
        disputes.resolve_parent,
        exclusions.weigh_young,
        placeholders.link_placeholder,
        founders.set_founder_inbreeding,
        founders.set_lineage_rules,
        holds.hold_animal,
        holds.release_animal,
        holds.lapse_hold,
        transfers.transfer_sold_animal,
        offers.offer_animal,
        offers.settle_offer,
        seasons.open_season,
        seasons.change_season,
        seasons.remove_season,
        pairings.pair_animals,
        meetings.change_pairing,
        meetings.note_pairing,
        meetings.remove_note,
        feeds.open_feed,
        feeds.revoke_feed,
        pairings.predict_genetics,
        clutches.record_clutch,
        clutches.update_clutch,
        clutches.watch_clutch,
        incubation.incubate_clutch,
        incubation.candle_clutch,
        hatchlings.register_hatchlings,
        hatchlings.resolve_sire,
        importing.begin_import,
        importing.stage_import,
        importing.run_import,
        import_ending.abandon_import,
        import_learning.learn_from_import,
        photos.add_photo,
        photos.choose_photo,
        photos.drop_photo,
        health.record_health,
        health.record_for_many,
        health.correct_health,
        health.remove_health,
        laboratory.record_test,
        laboratory.withdraw_test,
        proving.relearn_kin,
        proving.take_back_proof,
        taxonomy.tell_taxonomy,
        editing.edit_taxon,
        editing.propose_taxon,
        editing.decide_proposal,
    ),
    views=(
        animal_views.routes,
        lineage_views.routes,
        suggestion_views.routes,
        claim_views.routes,
        founder_views.routes,
        kinship_views.routes,
        diversity_views.routes,
        mate_views.routes,
        season_views.routes,
        breeding_views.routes,
        care_views.routes,
        care_overview_views.routes,
        care_import_views.routes,
        mark_views.routes,
        enclosure_views.routes,
        provenance_views.routes,
        numbering_views.routes,
        history_views.routes,
        transfer_views.routes,
        import_views.routes,
        export_views.routes,
        collection_views.routes,
        breeding_note_views.routes,
        outcome_views.routes,
        calendar_views.routes,
        photo_views.routes,
        taxonomy_views.routes,
        taxonomy_editor_views.routes,
        genetics_views.routes,
        prediction_views.routes,
        lookup_views.routes,
        plan_views.routes,
        internal_views.routes,
        own_data("animal", PERSONAL),
    ),
    refresh=refresh,
    connect=connect,
)
