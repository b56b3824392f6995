"""What repti-media holds of a person."""

from reptidex.tables.media.models import File, Profile, Render, VivariumName
from reptidex.tables.media.moderated import SUSPENDED, Moderated
from reptidex.tables.media.storage import Storage
from reptidex.tables.media.uploads import AnnouncedUpload
from reptidex.tables.personal import OF_VIVARIUM, Held, Personal

PERSONAL = Personal(
    held=(
        Held(
            row=File,
            by=("owner_id",),
            withheld=("quarantine", "stored"),
            beside=("subject_id",),
            stays="photos of animals, which go with the animals, and papers that prove a sale; of the rest that it was deleted",
        ),
        Held(row=AnnouncedUpload, by=("owner_id",), withheld=("place",), beside=("subject_id",)),
        Held(row=Profile, by=("profile_id",), stays="an empty card, so that older news brings nothing back"),
        Held(
            row=Moderated,
            by=("moderated_id",),
            called=("user:{}", f"{SUSPENDED}:{{}}"),
            stays="that nothing of theirs is shown",
        ),
    ),
    left_out={
        Render: OF_VIVARIUM,
        Storage: OF_VIVARIUM,
        VivariumName: "the public name of a vivarium, from the profile",
    },
    elsewhere={"/files/{file_id}/download": "the bytes of a file"},
)
