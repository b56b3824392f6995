"""The embedded log: one node, on disk, speaking the Kafka protocol; for development, tests and single machines."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reptidex.devlog.options import Limits, Options, Security
    from reptidex.devlog.server.faults import Action, Faults, Rule
    from reptidex.devlog.server.service import DevLog

__all__ = ["Action", "DevLog", "Faults", "Limits", "Options", "Rule", "Security"]


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that the command line can name its options without loading the log."""
    for module in ("options", "server.faults", "server.service") if name in __all__ else ():
        found = getattr(import_module(f"{__name__}.{module}"), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
