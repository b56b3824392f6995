"""The AsyncAPI document is one that AsyncAPI's own parser accepts, and says what the catalogue says."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reptidex.streams import asyncapi, asyncapi_page, catalogue
from reptidex.streams.animal import AnimalTransferred
from reptidex.streams.contract import Event
from reptidex.streams.core import PaymentCompleted
from reptidex.streams.examples import example_documents

HERE = Path(__file__).parent
TOOL = HERE.parents[2] / ".tools" / "asyncapi"
"""Where the parser is installed, once; not part of the repository."""
HEARS: dict[str, dict[type[Event], str]] = {
    "commerce": {PaymentCompleted: "fulfil the order", AnimalTransferred: "complete the order"},
    "ops": dict.fromkeys(catalogue.everything(), "audit"),
}
NAMES = [cls.contract.name for cls in catalogue.events()]


@pytest.fixture(scope="module")
def document() -> asyncapi.Document:
    return asyncapi.document(HEARS)


@pytest.fixture(scope="module")
def parser() -> Path:
    """Install the reference parser where node is there."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed, so the reference parser of AsyncAPI cannot run")
    TOOL.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "asyncapi_check.mjs"):
        shutil.copy(HERE / name, TOOL / name)
    if not (TOOL / "node_modules" / "@asyncapi" / "parser").exists():
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(command, cwd=TOOL, capture_output=True, text=True, timeout=150, check=False)
        if done.returncode:
            pytest.skip(f"npm could not install the reference parser of AsyncAPI: {done.stderr.strip()[-300:]}")
    return TOOL


def test_the_reference_parser_accepts_the_document(parser: Path, document: asyncapi.Document, tmp_path: Path) -> None:
    file = tmp_path / "asyncapi.json"
    file.write_text(json.dumps(document))

    command = ["node", "asyncapi_check.mjs", str(file)]
    done = subprocess.run(command, cwd=parser, capture_output=True, text=True, timeout=120, check=True)
    said = json.loads(done.stdout)

    assert [one for one in said["problems"] if one["severity"] in ("error", "warning")] == []
    assert (said["version"], said["channels"]) == ("3.0.0", len(NAMES))
    assert said["operations"] == len(NAMES) + 2 + len(list(catalogue.everything()))
    assert said["examples"] == sum(len(example_documents(name)) for name in NAMES)


def test_every_event_is_a_channel_under_its_topic(document: asyncapi.Document) -> None:
    addresses = {name: channel["address"] for name, channel in document["channels"].items()}

    assert addresses == {name: name for name in NAMES}


def test_every_reference_leads_somewhere(document: asyncapi.Document) -> None:
    lost = [reference for reference in references(document) if not resolves(document, reference)]

    assert lost == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_under_the_payload_that_the_document_gives(document: asyncapi.Document, name: str) -> None:
    schema = document["components"]["messages"][name]["payload"] | {"components": document["components"]}
    for example in document["components"]["messages"][name]["examples"]:
        jsonschema.Draft7Validator(schema).validate(example["payload"])


def test_who_hears_an_event_is_an_operation_with_its_reason(document: asyncapi.Document) -> None:
    operation = document["operations"]["repti-commerce.receive.animal.transferred"]

    assert operation["action"] == "receive"
    assert operation["summary"] == "repti-commerce: complete the order"


def test_an_event_whose_order_counts_has_a_fifo_topic(document: asyncapi.Document) -> None:
    ordered = document["channels"]["sales.transaction.completed"]["bindings"]["sns"]
    plain = document["channels"]["animal.created"]["bindings"]["sns"]

    assert (ordered["name"], ordered["ordering"]["type"]) == ("sales-transaction-completed.fifo", "FIFO")
    assert (plain["name"], plain["ordering"]["type"]) == ("animal-created", "standard")


def test_the_page_shows_every_event_and_loads_nothing_from_elsewhere(document: asyncapi.Document) -> None:
    seen = Tags()
    seen.feed(asyncapi_page.page(document))

    assert seen.articles == set(NAMES)
    assert seen.loaded == []
    assert seen.open == []


def test_the_page_may_run_under_its_own_policy_and_no_other(document: asyncapi.Document) -> None:
    page, policy = asyncapi_page.page(document), asyncapi_page.content_security_policy()
    inline = re.findall(r"<(script|style)>(.*?)</\1>", page, re.DOTALL)

    assert [tag for tag, _ in inline] == ["style", "script"]
    assert "unsafe" not in policy
    assert not re.search(r"\son[a-z]+=", re.sub(r"<script>.*?</script>|<pre>.*?</pre>", "", page, flags=re.DOTALL))


def test_the_page_shows_what_a_document_says_as_text_and_never_as_markup() -> None:
    document = asyncapi.document({"ops": {AnimalTransferred: "<script>alert(1)</script>"}})

    assert "<script>alert(1)" not in asyncapi_page.page(document)


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for part in value for found in references(part)]
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for part in value.values() for found in references(part)]
    return []


def resolves(document: Any, reference: str) -> bool:
    at = document
    for part in reference.removeprefix("#/").split("/"):
        if part not in at:
            return False
        at = at[part]
    return True


class Tags(HTMLParser):
    """Collects what a page holds: articles, addresses that it loads, tags left open."""

    VOID = {"meta", "input"}
    OPTIONAL = {"tr", "td", "th"}
    """Their end tags may be left out in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.articles: set[str] = set()
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "article":
            self.articles.add(str(named["id"]))
        self.loaded += [str(value) for name, value in attrs if name in ("src", "srcset")]
        self.loaded += [str(named["href"])] if "href" in named and not str(named["href"]).startswith("#") else []
        if tag not in self.VOID | self.OPTIONAL:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.OPTIONAL:
            assert self.open.pop() == tag
