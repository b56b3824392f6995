"""Inbreeding of a whole registry, and single look-ups on it: against the best library to be had, in the same run."""
