"""Modules that are loaded when something of them is first asked for.

For what is heavy and not needed by a worker that has nothing to do. To the type checker it is an ordinary import:

    if TYPE_CHECKING:
        import numpy as np
    else:
        np = lazily("numpy")
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class _Stand(ModuleType):
    """Stands for a module. Not in `sys.modules`, where whatever looks through all modules (`inspect`) would load it."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)
        return value


def lazily(name: str) -> ModuleType:
    """Return what stands for a module until it is used. Its first use raises `ModuleNotFoundError` where there is none."""
    return _Stand(name)
