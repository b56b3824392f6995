"""A file of events is read whatever its form, and each event that is refused is explained with its place."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from reptidex import cli
from reptidex.doubles.web import served
from reptidex.errors import ContractError
from reptidex.publishing.checking import Ready, Refusal, check, wrapped
from reptidex.publishing.reading import Piece, pieces
from reptidex.publishing.targets import HttpTarget
from reptidex.streams import codec
from reptidex.streams.examples import example_documents

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EVENT = example_documents("animal.created")[0]


def read(text: str) -> list[tuple[str, Any]]:
    return [(piece.place, json.loads(piece.raw)) for piece in pieces(io.BytesIO(text.encode()))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("\n\n", []),
        ('{"a":1}', [("line 1", {"a": 1})]),
        ('{"a":1}\n\n{"b":2}\n', [("line 1", {"a": 1}), ("line 3", {"b": 2})]),
        ('\n[{"a":1},\n{"b":2}]', [("entry 1", {"a": 1}), ("entry 2", {"b": 2})]),
        ('{\n  "a": 1\n}\n', [("line 1", {"a": 1})]),
        ("[]", []),
    ],
)
def test_lines_arrays_and_single_objects_are_read(text: str, found: list[Any]) -> None:
    assert read(text) == found


def test_a_line_that_is_no_json_is_one_piece_and_the_rest_is_read() -> None:
    found = list(pieces(io.BytesIO(b'nonsense\n{"a":1}\n{"b"')))

    assert [(piece.line, piece.raw) for piece in found] == [(1, b"nonsense"), (2, b'{"a":1}'), (3, b'{"b"')]


def test_behind_a_line_that_is_no_json_a_file_of_any_size_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reptidex.publishing.reading.WHOLE_BYTES", 10)
    lines = [b"nonsense", *(b'{"a":%d}' % number for number in range(20))]

    found = list(pieces(io.BytesIO(b"\n".join(lines))))

    assert [(piece.line, piece.raw) for piece in found] == list(enumerate(lines, 1))


async def test_a_batch_over_http_has_no_more_bytes_than_the_route_takes() -> None:
    batches: list[int] = []

    async def take(request: web.Request) -> web.Response:
        posted = msgspec.json.decode(await request.read())
        batches.append(len(posted))
        return web.json_response({"results": [{"status": "refused", "detail": each} for each in posted]}, status=207)

    def app(url: str) -> web.Application:
        made = web.Application(client_max_size=HttpTarget.BYTES)
        made.router.add_post("/events/batch", take)
        return made

    async with served(app) as url:
        target = HttpTarget(url, service="repti-animal", secret="", token="t")
        events = [
            Ready(event_id="", name="", key="", raw=b'"%d%s"' % (number, b" " * 200_000), place="")
            for number in range(12)
        ]
        refused = await target.send(events)
        await target.aclose()

    assert batches == [5, 5, 2]
    assert [each.strip() for each in refused] == [str(number) for number in range(12)]


def test_an_array_that_is_cut_off_is_refused() -> None:
    with pytest.raises(ContractError, match="array"):
        list(pieces(io.BytesIO(b'[{"a":1},')))


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3), max_size=20), st.booleans())
def test_any_objects_come_out_as_they_went_in(objects: list[dict[str, int]], lines: bool) -> None:
    text = "\n".join(map(json.dumps, objects)) if lines else json.dumps(objects)

    assert [each for _, each in read(text)] == objects


def checked(event: Any, **more: Any) -> Ready | Refusal:
    return check(Piece(line=3, raw=json.dumps(event).encode()), now=NOW, **more)


def test_an_event_within_its_contract_keeps_its_bytes() -> None:
    found = checked(EVENT)

    assert isinstance(found, Ready)
    assert (found.name, found.key, json.loads(found.raw)) == ("animal.created", EVENT["subject"], EVENT)


@pytest.mark.parametrize(
    ("wrong", "pointer", "word"),
    [
        (EVENT | {"data": EVENT["data"] | {"sex": "unsure"}}, "/data/sex", "Invalid enum"),
        (EVENT | {"data": EVENT["data"] | {"animal_id": "7"}}, "/data/animal_id", "Expected"),
        ({name: value for name, value in EVENT.items() if name != "time"}, "/time", "missing"),
        (EVENT | {"source": "/repti-ops"}, "", "/repti-animal"),
        (EVENT | {"type": "animal.invented"}, "", "animal.invented"),
        (7, "", "Expected `object`"),
    ],
)
def test_a_refusal_has_reason_and_place(wrong: Any, pointer: str, word: str) -> None:
    found = checked(wrong)

    assert isinstance(found, Refusal)
    assert (found.place, found.pointer, word in found.detail) == ("line 3", pointer, True)


def test_another_services_event_is_refused_where_a_service_is_named() -> None:
    assert isinstance(checked(EVENT, service="animal"), Ready)
    assert isinstance(checked(EVENT, service="repti-ops"), Refusal)


def test_a_bare_payload_gets_an_envelope_whose_id_follows_from_it() -> None:
    once, again = checked(EVENT["data"], bare="animal.created"), checked(EVENT["data"], bare="animal.created")
    other = checked(EVENT["data"] | {"code": "K-99"}, bare="animal.created")

    assert isinstance(once, Ready) and isinstance(again, Ready) and isinstance(other, Ready)
    assert once.event_id == again.event_id != other.event_id
    event = codec.decode(once.raw)
    assert (event.source, event.subject, event.time) == ("/repti-animal", EVENT["data"]["animal_id"], NOW)


def test_a_bare_payload_is_refused_with_the_place_in_the_payload() -> None:
    found = checked(EVENT["data"] | {"sex": 1}, bare="animal.created")
    none = checked([1], bare="animal.created")

    assert isinstance(found, Refusal) and isinstance(none, Refusal)
    assert (found.pointer, "object" in none.detail) == ("/sex", True)


def test_a_payload_without_its_key_is_refused() -> None:
    data = {name: value for name, value in EVENT["data"].items() if name != "animal_id"}
    found = check(Piece(line=1, raw=wrapped(json.dumps(data).encode(), "animal.created", NOW)), now=NOW)

    assert isinstance(found, Refusal) and found.pointer == "/data/animal_id"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["publish", *arguments])
    return int(ended.value.code or 0)


def test_a_dry_run_tells_what_would_happen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(EVENT) + "\n" + json.dumps(EVENT | {"data": {}}) + "\n")
    code = run(str(file), "--dry-run", "--json")
    said = msgspec.json.decode(capsys.readouterr().out)

    assert (code, said["by_event"], said["published"]) == (2, {"animal.created": 1}, 0)
    assert [each["place"] for each in said["refused"]] == ["line 2"]


@pytest.mark.parametrize("arguments", [("/no/such/file",), ("-", "--type", "no.such"), ("-", "--cdc", "/no/such")])
def test_what_cannot_be_begun_is_one_line(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments, "--dry-run") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_token_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EVENT))

    assert run(str(file), "--http", "http://127.0.0.1:1", "--token-file", str(tmp_path / "none")) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "--token-file" in line


def test_a_log_that_is_away_is_exit_code_1_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPTIDEX_LOG", "127.0.0.1:1")
    monkeypatch.setattr("reptidex.publishing.command.PAUSES_S", (0.0, 0.0))
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(EVENT))

    assert run(str(file)) == 1
    assert "publish the same file again" in capsys.readouterr().err


@pytest.mark.parametrize("bare", ["", "animal.created"])
def test_bytes_that_are_no_text_are_refused_in_words(bare: str) -> None:
    for raw in (b'{"id":"\xff"}', b'{"animal_id":"\xff\xfe"}', b"\xff"):
        found = check(Piece(line=1, raw=raw), bare=bare, now=NOW)
        assert isinstance(found, Refusal)


def test_the_mark_that_some_editors_begin_a_file_with_is_no_part_of_it() -> None:
    for text in (b'{"a":1}\n{"a":2}\n', b'[{"a":1},{"a":2}]', b'{\n"a":1}'):
        plain = [piece.raw for piece in pieces(io.BytesIO(text))]
        assert [piece.raw for piece in pieces(io.BytesIO(b"\xef\xbb\xbf" + text))] == plain
