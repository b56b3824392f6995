"""The gate between the classes and their frozen schemas: nothing that was published changes by accident."""

from collections.abc import Iterable
from pathlib import Path

from reptidex.errors import ContractError
from reptidex.streams import catalogue, upcast
from reptidex.streams.compatibility import breaks
from reptidex.streams.contract import Event
from reptidex.streams.schema import FOLDER, Schema, frozen, path_of, schema_of, text_of

EXPORT = "reptidex contracts --export"


def violations(events: Iterable[type[Event]] | None = None, folder: Path = FOLDER) -> list[str]:
    """Return what the classes break of what was frozen, one sentence each with what to do."""
    held = frozen(folder)
    classes = {cls.contract.name: cls for cls in (catalogue.events() if events is None else events)}
    found = [
        f"{name} is frozen but no class publishes it: an event that was published stays; bring the class back"
        for name in sorted({name for name, _ in held} - set(classes))
    ]
    for name, cls in classes.items():
        version = cls.contract.version
        found += [
            f"{name}: version {version} stands for others before it, but nothing brings version {step} to {step + 1}: "
            f'write the function with @upcaster("{name}", version={step})'
            for step in range(1, version)
            if (name, step) not in upcast.steps()
        ]
        if baseline := held.get((name, version)):
            found += [f"{name}: {what}. {_advice(cls)}" for what in breaks(baseline, schema_of(cls))]
        elif (newest := max((number for known, number in held if known == name), default=0)) > version:
            found.append(f"{name}: version {newest} was frozen and the class says {version}: versions only go up")
    return found


def drifted(events: Iterable[type[Event]] | None = None, folder: Path = FOLDER) -> list[str]:
    """Return the events whose frozen schema is missing or reads otherwise than the class, each with what to run."""
    found = []
    for cls in catalogue.events() if events is None else events:
        path = path_of(cls, folder)
        if not path.exists() or path.read_text() != text_of(schema_of(cls)):
            found.append(f"{path.name} does not show the class {cls.__name__}: run `{EXPORT}` and commit the file")
    return found


def export(events: Iterable[type[Event]] | None = None, folder: Path = FOLDER) -> list[Path]:
    """Write the schemas that drifted; return the files that changed.

    Raises `ContractError` before anything is written where a change would break readers or what the log holds.
    """
    classes = list(catalogue.events() if events is None else events)
    if broken := violations(classes, folder):
        raise ContractError("\n".join(broken))
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for cls in classes:
        path, text = path_of(cls, folder), text_of(schema_of(cls))
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            written.append(path)
    return written


def _advice(cls: type[Event]) -> str:
    contract = cls.contract
    return (
        f"Either take the change back, or raise the version to {contract.version + 1} and write "
        f'@upcaster("{contract.name}", version={contract.version}), or publish a new event {contract.name}.v2 beside it'
    )


__all__ = ["EXPORT", "Schema", "drifted", "export", "violations"]
