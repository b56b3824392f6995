"""What tests of the platform are written with."""

from reptidex.testing.eventually import eventually
from reptidex.testing.harness import UnitHarness
from reptidex.testing.progress import reached

__all__ = ["UnitHarness", "eventually", "reached"]
