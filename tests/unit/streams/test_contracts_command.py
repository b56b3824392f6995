"""`reptidex contracts` and `reptidex asyncapi` show the catalogue in every form."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from reptidex.commands.contracts import add_parsers
from reptidex.errors import UnknownContractError
from reptidex.services.hearing import hears_of, readers_of
from reptidex.services.service import Service
from reptidex.streams import catalogue
from reptidex.streams.animal import AnimalTransferred
from reptidex.streams.catalogue import events_of


def manifests() -> Mapping[str, Service]:
    """Two services are enough to see who reads what."""
    commerce = Service(
        name="repti-commerce", port=8003, database="repti_commerce_db", purpose="the marketplace",
        publishes=events_of("commerce"), hears={AnimalTransferred: "complete the order"},
    )  # fmt: skip
    ops = Service(
        name="repti-ops", port=8006, database="repti_ops_db", purpose="the audit",
        publishes=events_of("ops"), hears={}, hears_everything="audit",
    )  # fmt: skip
    return {"commerce": commerce, "ops": ops}


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parsers(parser.add_subparsers(required=True), manifests)
    arguments = parser.parse_args(words)
    code: int = arguments.run(arguments)
    return code


def test_the_list_has_a_line_for_every_event(capsys: pytest.CaptureFixture[str]) -> None:
    run("contracts")
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 1 + len(list(catalogue.events()))
    assert any(
        "animal.transferred" in line and "commerce" in line and "animal-transferred.fifo" in line for line in lines
    )


def test_the_list_can_be_of_one_service(capsys: pytest.CaptureFixture[str]) -> None:
    run("contracts", "--service", "ops", "--json")
    found = json.loads(capsys.readouterr().out)

    assert len(found) == 15
    assert {one["service"] for one in found} == {"repti-ops"}


def test_one_event_is_shown_with_its_fields_readers_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    run("contracts", "animal.transferred")
    shown = capsys.readouterr().out

    assert "to_vivarium_id" in shown
    assert "read by repti-commerce: complete the order" in shown
    assert '"specversion": "1.0"' in shown


def test_one_event_as_json_has_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    run("contracts", "animal.transferred", "--json")
    shown = json.loads(capsys.readouterr().out)

    assert shown["read_by"] == {"commerce": "complete the order"}
    assert shown["schema"]["$id"] == "urn:reptidex:animal.transferred/1"


@pytest.mark.parametrize("name", ["animal.invented", "animal.commands.registeranimal"])
def test_a_name_that_is_no_event_is_refused(name: str) -> None:
    with pytest.raises(UnknownContractError):
        run("contracts", name)


def test_the_page_of_markdown_has_a_row_for_every_event(tmp_path: Path) -> None:
    run("contracts", "--markdown", str(tmp_path / "contracts.md"))
    rows = [line for line in (tmp_path / "contracts.md").read_text().splitlines() if line.startswith("| `")]

    assert len(rows) == len(list(catalogue.events()))
    assert any("commerce (complete the order)" in row for row in rows)


def test_the_export_finds_nothing_to_write_where_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    run("contracts", "--export")

    assert capsys.readouterr().out == "every schema is as its class says\n"


def test_the_document_is_the_same_in_json_and_yaml(tmp_path: Path) -> None:
    run("asyncapi", "--out", str(tmp_path / "events.json"))
    run("asyncapi", "--out", str(tmp_path / "events.yaml"), "--format", "yaml")
    written = msgspec.yaml.decode((tmp_path / "events.yaml").read_bytes())

    assert written == json.loads((tmp_path / "events.json").read_text())


def test_the_document_can_be_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    run("asyncapi", "--format", "html")

    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_a_catch_all_reader_is_left_out_of_the_readers_and_counted_among_the_hearers() -> None:
    readers, hears = readers_of(manifests()), hears_of(manifests())

    assert "ops" not in readers["animal.transferred"]
    assert hears["ops"][AnimalTransferred] == "audit"
