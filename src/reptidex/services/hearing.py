"""Who hears what, as the manifests say it."""

from collections.abc import Mapping

from reptidex.services.service import Service
from reptidex.streams import catalogue
from reptidex.streams.contract import Event
from reptidex.streams.facts import Readers


def readers_of(services: Mapping[str, Service]) -> Readers:
    """Return who hears each event and why, the catch-all readers left out."""
    found: dict[str, dict[str, str]] = {}
    for short, service in services.items():
        for cls, why in service.hears.items():
            found.setdefault(cls.contract.name, {})[short] = why
    return found


def hears_of(services: Mapping[str, Service]) -> dict[str, dict[type[Event], str]]:
    """Return what each service hears and why, the catch-all readers included."""
    return {
        short: dict.fromkeys(catalogue.everything() if service.hears_everything else (), service.hears_everything)
        | dict(service.hears)
        for short, service in services.items()
    }
