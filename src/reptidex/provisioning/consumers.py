"""Who hears what through AWS: the bridge itself, our services by their manifests, and the partners of a file."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from reptidex.connectors.bridge.arrivals import admitted, comes_in
from reptidex.connectors.bridge.provisioning.landscape import BRIDGE_ATTEMPTS, Consumer
from reptidex.errors import SettingsError
from reptidex.services.service import Service
from reptidex.settings import BRIDGE, Settings
from reptidex.streams.edge import known_events

INBOUND = "inbound"
"""The group of the bridge's own queues."""


class Partner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A partner as the file names them."""

    name: str
    events: tuple[str, ...]
    """Names or patterns (`animal.*`)."""
    origin: str = ""
    """What the partner writes as `rxorigin`; such events are not sent back."""


def consumers_of(
    services: Mapping[str, Service], partners: Sequence[Partner], settings: Settings
) -> dict[str, Consumer]:
    """Return every consumer by name. The bridge hears what may come in by its settings, and nothing where that is nothing."""
    inbound = let_in(settings.bridge_inbound)
    bridge = Consumer(
        name=BRIDGE, events=inbound, group=INBOUND, not_from=settings.bridge_origin, attempts=BRIDGE_ATTEMPTS
    )
    found = {BRIDGE: bridge}
    for short, service in services.items():
        # A catch-all reader hears on the log; a copy of everything on AWS would cost, and nobody would read it.
        heard = tuple(sorted(cls.contract.name for cls in service.hears))
        found[short] = Consumer(name=short, events=heard)
    for partner in partners:
        if partner.name in found:
            raise SettingsError(f"the partner {partner.name!r} has the name of another consumer")
        found[partner.name] = Consumer(name=partner.name, events=matching(partner.events), not_from=partner.origin)
    return found


def read_partners(path: Path) -> list[Partner]:
    """Read a YAML file of partners. Raises `SettingsError` with the place of what is wrong, `OSError`."""
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=list[Partner])
    except msgspec.MsgspecError as problem:
        raise SettingsError(f"{path}: {' '.join(str(problem).split())}") from problem


def named(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the events that patterns of the bridge's settings name, which may be none."""
    return tuple(sorted(name for name in known_events() if admitted(name, patterns)))


def let_in(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the events that the bridge lets in by patterns."""
    return tuple(sorted(name for name in known_events() if comes_in(name, patterns)))


def matching(patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the events that patterns name (`*` stands for any text). Raises `SettingsError` for one that names none."""
    found: set[str] = set()
    for pattern in patterns:
        named = {name for name in known_events() if fnmatchcase(name, pattern)}
        if not named:
            raise SettingsError(f"no event is called {pattern!r}; `reptidex contracts` lists them")
        found |= named
    return tuple(sorted(found))
