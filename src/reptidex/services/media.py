"""repti-media: files, drawings, and the cards that other sites embed."""

import msgspec

from reptidex.agents.media import drawing, embeds, erasing, files, moderation, outcomes, processing, renders, uploads
from reptidex.connectors.files import file_store
from reptidex.connectors.files.port import FileStore
from reptidex.connectors.services.client import ServiceClient
from reptidex.connectors.services.neighbours import Neighbours, neighbours
from reptidex.http.media import files as file_views
from reptidex.http.media import renders as render_views
from reptidex.http.media import uploads as upload_views
from reptidex.http.server.own_data import own_data
from reptidex.services.service import Service
from reptidex.settings import PORTS, Settings
from reptidex.streams.animal import AnimalArchived, AnimalCreated, AnimalTransferred, AnimalUpdated, LineageUpdated
from reptidex.streams.catalogue import events_of
from reptidex.streams.commerce import OrderCompleted
from reptidex.streams.core import AuthUserDeleted, AuthUserUpdated, OrgUpdated, ProfileUpdated
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.media.personal import PERSONAL


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Where repti-media keeps files, and whom it asks."""

    files: FileStore
    core: ServiceClient
    animal: ServiceClient
    others: Neighbours

    async def aclose(self) -> None:
        """Close the connections."""
        await self.files.aclose()
        await self.others.aclose()


async def connect(settings: Settings) -> Ports:
    """Build the connectors."""
    others = await neighbours(settings, own="media")
    return Ports(files=file_store(settings), core=others.to("core"), animal=others.to("animal"), others=others)


SERVICE = Service(
    name="repti-media",
    port=PORTS["media"],
    database="repti_media_db",
    purpose="file storage, rendering, embeds, content",
    publishes=events_of("media"),
    hears={
        AnimalCreated: "draws a placeholder",
        AnimalUpdated: "draws anew what says something else of the animal, or is for other readers now",
        AnimalArchived: "forgets the files of an animal that is erased",
        LineageUpdated: "draws pedigree charts anew",
        AnimalTransferred: "draws the chart with the new owner, and the certificate",
        OrderCompleted: "draws the shipping manifest",
        ProfileUpdated: "makes the profile's card anew",
        AdminModerationDecided: "hides or removes a file, the pictures of an animal, a card",
        AuthUserUpdated: "hides card and pictures of who is suspended",
        OrgUpdated: "hides card and pictures of a vivarium that is suspended or closed",
        AuthUserDeleted: "takes the card down of a person who is gone",
    },
    asks={
        "repti-core": "its keys, to verify tokens, and who may change a vivarium's files",
        "repti-animal": "pedigrees to draw, and whose an animal is",
    },
    agents=(
        files.receive_file,
        files.release_file,
        files.reject_file,
        files.attach_file,
        files.delete_file,
        files.erase_file,
        processing.remove_later,
        files.obey_moderator,
        moderation.take_subject_down,
        moderation.hide_suspended,
        uploads.announce_upload,
        uploads.see_upload,
        uploads.settle_upload,
        renders.make_placeholder,
        renders.redraw_lineage,
        renders.redraw_changed,
        renders.redraw_outdated,
        renders.redraw_for_new_owner,
        renders.draw_manifest,
        renders.ask_render,
        outcomes.record_drawing,
        outcomes.note_failed_drawing,
        embeds.refresh_card,
        embeds.forget_card,
        erasing.erase_animal,
    ),
    carriers=(
        processing.process_upload,
        processing.remove_stored,
        uploads.finalise_upload,
        drawing.draw_placeholder,
        drawing.draw_pedigree,
        drawing.draw_certificate,
        drawing.draw_manifest,
    ),
    views=(file_views.routes, upload_views.routes, render_views.routes, own_data("media", PERSONAL)),
    connect=connect,
)
