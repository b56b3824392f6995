"""The catalogue as a page of Markdown (`docs/contracts.md`)."""

from collections.abc import Iterator

from reptidex.settings import SERVICES
from reptidex.streams.facts import Fact, Readers, facts

_HEAD = """# Event contracts

This page is made by `reptidex contracts --markdown docs/contracts.md`; the catalogue itself is `streams/`, one module for
each service. `reptidex contracts NAME` shows one event with its fields and an example, `reptidex asyncapi` writes all of
them as an AsyncAPI 3.0 document.

- A topic is called as its event; the SNS topic is the same name with dashes for dots, and FIFO where order is part of the
  contract. A service publishes its own events only.
- Every message is a CloudEvent 1.0 in structured JSON. Its `subject` is the key, and `sequence` counts the versions of that
  subject over all of its events: order holds by `sequence`, not by topic.
- Events that tell of a person (**personal**) are forgotten by the log after a month; all others are kept for ever, but for
  samples.
- *Read by* leaves out the two readers that hear everything, repti-core (telemetry) and repti-ops (audit); those two leave
  out `telemetry.tracked`, `events.published` and `audit.logged`.
- A payload may gain optional fields. Any other change is a new version with an upcaster, or a new event: the frozen schemas
  in `streams/schemas/` are the gate, `reptidex contracts --export` moves it.
"""


def markdown(readers: Readers) -> str:
    """Return the page."""
    return _HEAD + "".join(_section(service, readers) for service in SERVICES)


def _section(service: str, readers: Readers) -> str:
    rows = "".join(_rows(facts(readers, service)))
    return f"\n## repti-{service}\n\n| event | key | says | kept | SNS topic | read by |\n|---|---|---|---|---|---|\n{rows}"


def _rows(found: list[Fact]) -> Iterator[str]:
    for fact in found:
        kept = "for ever" if fact.kept_days is None else f"{fact.kept_days} days"
        kept += ", personal" if fact.personal else ""
        read_by = "; ".join(f"{service} ({why})" for service, why in fact.read_by.items()) or "–"
        yield f"| `{fact.name}` | `{fact.key}` | {fact.says} | {kept} | `{fact.sns}` | {read_by} |\n"
