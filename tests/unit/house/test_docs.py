"""The pages for people: every link leads somewhere, every name of a file, command, setting or metric is one that exists."""

import argparse
import fnmatch
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from reptidex.cli import parser
from reptidex.http.server.openapi import openapi_document
from reptidex.services import load
from reptidex.settings import FROM_FILES, SERVICES, names
from reptidex.streams.contract import message_class, messages
from reptidex.tables.migrate import load_models

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / name).is_file()
)
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
every_page = pytest.mark.parametrize("page", PAGES, ids=IDS)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
ROOMS = (
    "src/",
    "streams/",
    "agents/",
    "tables/",
    "connectors/",
    "http/",
    "docs/",
    "tests/",
    "benchmarks/",
    "deploy/",
    "domain/",
)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@every_page
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    dead = []
    for target in LINK.findall(page.read_text()):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)

    assert dead == []


def expanded(text: str) -> Iterator[str]:
    """Write out `{a,b}`."""
    if found := re.search(r"\{([\w.,]+)\}", text):
        for each in found[1].split(","):
            yield from expanded(text[: found.start()] + each + text[found.end() :])
    else:
        yield text


@every_page
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    missing = []
    for text in CODE.findall(page.read_text()):
        if not text.startswith(ROOMS) or re.search(r"[<*…\s]", text):
            continue
        for name in expanded(text.rstrip("/")):
            path = name.split("#")[0]
            if not any((ROOT / at / path).exists() for at in (".", "src/reptidex")):
                missing.append(name)

    assert [name for name in missing if name != "http/__init__.py"] == [], "that one must never be there"


@cache
def commands() -> dict[str, set[str]]:
    """Return each command (`aws plan`) with its options."""
    found: dict[str, set[str]] = {}

    def walk(of: argparse.ArgumentParser, path: str) -> None:
        found[path] = {option for action in of._actions for option in action.option_strings}
        for action in of._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, below in action.choices.items():
                    walk(below, f"{path} {name}".strip())

    walk(parser(), "")
    return found


def test_every_command_option_and_argument_has_its_help() -> None:
    bare: list[str] = []

    def walk(of: argparse.ArgumentParser, path: str) -> None:
        for action in of._actions:
            if isinstance(action, argparse._SubParsersAction):
                told = {choice.dest for choice in action._choices_actions if choice.help}
                bare.extend(f"{path} {name}" for name in action.choices if name not in told)
                for name, below in action.choices.items():
                    walk(below, f"{path} {name}")
            elif not action.help:
                bare.append(f"{path} {action.option_strings or action.dest}")

    walk(parser(), "reptidex")

    assert bare == []


@every_page
def test_every_command_and_option_that_a_page_names_is_one(page: Path) -> None:
    said = CODE.findall(page.read_text()) + re.findall(r"^(?:    |[$ ]*)(reptidex .+)$", page.read_text(), re.MULTILINE)
    wrong = []
    for line in said:
        for call in re.findall(r"\breptidex ((?:[a-z][a-z-]* ?)+)([^|;&\n]*)", line.split(" #")[0]):
            words, known = call[0].split(), commands()
            path = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known), None)
            options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", " ".join(call)))
            if path is None or options - known[path]:
                wrong.append(line)

    assert wrong == []


@every_page
def test_every_setting_that_a_page_names_is_one(page: Path) -> None:
    known = {*names(), *(f"REPTIDEX_{field.upper()}_FILE" for field in FROM_FILES)}
    named = set(re.findall(r"REPTIDEX_[A-Z0-9_]*[A-Z0-9]", page.read_text()))

    assert {name for name in named - known if not name.startswith("REPTIDEX_TEST_")} == set()


@cache
def metrics() -> str:
    """Return all source text in which metrics are named."""
    return "\n".join(file.read_text() for file in (ROOT / "src").rglob("*.py")) + "\n".join(
        file.read_text() for room in ("agents", "http", "connectors", "tables") for file in (ROOT / room).rglob("*.py")
    )


@every_page
def test_every_metric_that_a_page_names_is_one(page: Path) -> None:
    named = re.findall(r"`(reptidex_[a-z_]+)", page.read_text())
    stems = {re.sub(r"_total$", "", name) for name in named}

    assert {stem for stem in stems if stem not in metrics()} == set()


@cache
def routes(service: str) -> list[tuple[str, re.Pattern[str]]]:
    """Return method and path of every route of a service."""
    paths = openapi_document(load(service))["paths"]
    return [
        (method.upper(), re.compile(re.sub(r"\\\{[^}]+\\\}", r"[^/]+", re.escape(path))))
        for path, methods in paths.items()
        for method in methods
    ]


def curls(page: Path) -> Iterator[tuple[str, str, str]]:
    """Yield service, method and path of every `curl` line of a page; the letter of a service stands for its address."""
    text = re.sub(r"\$\([^()]*\)", "x", page.read_text().replace("\\\n", " "))
    letters = {"A": "animal", "C": "", "M": "media", "O": "ops", "core": "core"}
    letters["C"] = "commerce" if "commerce" in page.name else "community"
    for line in re.findall(r"curl [^\n|]+(?:\n  [^\n|]+)*", text):
        for target in re.findall(
            r"""(?<![\w-])"?'?(?:\$(A|C|M|O|core)|http://127\.0\.0\.1:800(\d))(/[^\s"'?|)]*)""", line
        ):
            service = letters.get(target[0]) or SERVICES[int(target[1]) - 1]
            given = re.search(r"-X (\w+)", line)
            has_body = re.search(r"(?<!\S)(-d|-F|--data-binary)\s", line)
            yield service, given[1] if given else ("POST" if has_body else "GET"), re.sub(r"\$\w+", "x", target[2])


@every_page
def test_every_curl_line_asks_a_route_that_exists(page: Path) -> None:
    outside = {"/docs", "/docs/events", "/console"}
    wrong = [
        call
        for call in curls(page)
        if call[2] not in outside and not any(call[1] == m and p.fullmatch(call[2]) for m, p in routes(call[0]))
    ]

    assert wrong == []


@every_page
def test_every_route_that_a_page_lists_exists(page: Path) -> None:
    wrong = []
    for text in CODE.findall(page.read_text()):
        found = re.fullmatch(r"((?:GET|POST|PUT|PATCH|DELETE)(?:\\?\|[A-Z]+)*) (/[^\s?…]+)(\?\S*)?", text)
        if not found or found[2].startswith(("/health", "/metrics", "/answers", "/openapi.json")):
            continue
        path = re.sub(r"\{[^}]*\}", "x", found[2])
        for method in re.findall("[A-Z]+", found[1]):
            if not any(method == m and p.fullmatch(path) for service in SERVICES for m, p in routes(service)):
                wrong.append(f"{method} {found[2]}")

    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_of_a_service_names_every_route(service: str) -> None:
    """By its path, by an example of it, or with others by what all of them begin with (`…/members`)."""
    page = (ROOT / f"docs/services/{service}.md").read_text()
    paths = set(openapi_document(load(service))["paths"]) - {"/answers/{command_id}"}

    def named(path: str) -> bool:
        begins = path.split("{")[0]
        return any(
            re.search(where, page) for where in (re.sub(r"\\\{\w+\\\}", r"[^/\\s]+", re.escape(path)), begins + r"[{$]")
        )

    assert {path for path in paths if not named(path)} == set()


@every_page
def test_every_event_that_a_page_names_is_in_the_catalogue(page: Path) -> None:
    names_of_events = {message.contract.name for message in messages()}
    families = {name.split(".")[0] for name in names_of_events}
    files = (".py", ".json", ".md", ".key", ".yaml")
    wrong = []
    for text in re.findall(r"`([a-z]+\.[a-z.*|]+)`", page.read_text()):
        head, _, ends = text.rpartition(".")
        for end in ends.split("|"):
            name = f"{head}.{end}"
            is_field = head in names_of_events and end in message_class(head).__struct_fields__
            is_projection = any(name == f"{s}.{p.name}" for s in SERVICES for p in load(s).projections)
            if name.split(".")[0] in families and not name.endswith(files) and not is_field and not is_projection:
                wrong += (
                    []
                    if fnmatch.filter(names_of_events, name) or fnmatch.filter(names_of_events, f"{name}.*")
                    else [name]
                )

    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_of_a_service_tells_what_every_table_is_for(service: str) -> None:
    page = (ROOT / f"docs/services/{service}.md").read_text()
    tables = set(load_models(service).tables)

    assert {name for name in tables if f"`{name}`" not in page} == set()


@every_page
def test_every_module_that_a_page_runs_is_there(page: Path) -> None:
    text = re.sub(r"\s+", " ", page.read_text())
    named = {name.rstrip(".") for name in re.findall(r"python -m ((?:reptidex|benchmarks|tests)[\w.]*)", text)}
    found = {name for name in named for at in (ROOT, ROOT / "src") if is_module(at / name.replace(".", "/"))}

    assert named - found == set()


def is_module(at: Path) -> bool:
    return at.with_suffix(".py").is_file() or (at / "__main__.py").is_file()
