"""Rules of the registry: breeders' ids, marks on animals, their care, where they come from."""
