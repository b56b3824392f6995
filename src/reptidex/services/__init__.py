"""Six manifests: the one place that imports across the rooms. `load` brings in one, `all_services` all of them."""

from importlib import import_module

from reptidex.services.service import Service
from reptidex.settings import SERVICES


def load(short: str) -> Service:
    """Return the manifest of a service by its short name (`animal`), importing no other service's code."""
    service: Service = import_module(f"reptidex.services.{short}").SERVICE
    return service


def all_services() -> dict[str, Service]:
    """Return every manifest by its short name, in the order of their ports."""
    return {short: load(short) for short in SERVICES}
