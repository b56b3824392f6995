"""What all suites share: how Hypothesis draws its cases."""

from hypothesis import settings

# `make test` judges a change, so it draws the same cases every time; a plain `pytest` goes on looking for new ones.
settings.register_profile("check", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore")
