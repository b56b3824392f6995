"""Files of animals, pedigrees and whole collections, carried between a disk and the public HTTP interface."""
