"""Whole populations at once: inbreeding, kinship and diversity over arrays, for pedigrees too large for exact fractions."""
