"""What a person sets, and what they are told where it cannot be."""

import re
from pathlib import Path
from typing import Any

import pytest

from reptidex.cli import main
from reptidex.errors import SettingsError
from reptidex.platform.supervisor import Platform
from reptidex.settings import SECRETS, Settings, as_environment, load, names, without_password


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as told:
        load({f"REPTIDEX_{name}": value for name, value in environ.items()})
    return str(told.value)


def test_values_are_read_as_the_types_of_their_fields() -> None:
    settings = load(
        {
            "REPTIDEX_PARTITIONS": "12",
            "REPTIDEX_SESSION_TIMEOUT_S": "2.5",
            "REPTIDEX_BRIDGE_FAIR": "true",
            "REPTIDEX_BRIDGE_OUTBOUND": "animal.*, !telemetry.*",
            "REPTIDEX_SERVICE_SECRETS": '{"animal": "s"}',
            "REPTIDEX_LOG": "one:9092,two:9092",
            "PATH": "/bin",
        }
    )

    assert (settings.partitions, settings.session_timeout_s, settings.bridge_fair) == (12, 2.5, True)
    assert settings.bridge_outbound == ("animal.*", "!telemetry.*")
    assert settings.service_secrets == {"animal": "s"} and settings.log == "one:9092,two:9092"


def test_every_name_that_is_listed_is_taken_and_no_other() -> None:
    defaults = Settings()
    plain = {name: str(getattr(defaults, name.removeprefix("REPTIDEX_").lower(), "http://x")) for name in names()}
    texts = {name: value for name, value in plain.items() if not value.startswith(("(", "{"))}

    load(texts)
    assert "is no setting of ours" in refusal(URLS="{}")


@pytest.mark.parametrize(("wrong", "right"), [("LGO", "REPTIDEX_LOG"), ("COR_URL", "REPTIDEX_CORE_URL")])
def test_a_typing_error_is_refused_with_the_name_that_was_meant(wrong: str, right: str) -> None:
    assert f"REPTIDEX_{wrong} is no setting of ours (is {right} meant?)" in refusal(**{wrong: "x"})


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PARTITIONS", "many", "Expected `int`"),
        ("PARTITIONS", "0", ">= 1"),
        ("SESSION_TIMEOUT_S", "-1", "> 0"),
        ("BRIDGE_WAIT_S", "21", "<= 20"),
        ("BRIDGE_FIFO", "perhaps", "Expected `bool`"),
        ("ENVIRONMENT", "prod", "one of development, production is expected"),
        ("BRIDGE", "outbound,sideways", "one of outbound, inbound is expected"),
        ("LOG", "somewhere", "matching regex"),
        ("CORE_URL", "127.0.0.1:8001", "begins with http:// or https://"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(name: str, value: str, why: str) -> None:
    said = refusal(**{name: value})

    assert said.startswith(f"REPTIDEX_{name}={value}: ") and why in said


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk_1\n")
    (tmp_path / "url").write_text("postgresql+asyncpg://u:p@h/d\n")
    settings = load(
        {
            "REPTIDEX_STRIPE_KEY_FILE": str(tmp_path / "key"),
            "REPTIDEX_CORE_DATABASE_URL_FILE": str(tmp_path / "url"),
        }
    )

    assert settings.stripe_key == "sk_1" and settings.database_of("core") == "postgresql+asyncpg://u:p@h/d"


def test_a_secret_that_cannot_be_read_is_named_and_never_shown(tmp_path: Path) -> None:
    missing = refusal(STRIPE_KEY_FILE=str(tmp_path / "none"))
    broken = refusal(SERVICE_SECRETS='{"animal": hunter2')

    assert missing.startswith("REPTIDEX_STRIPE_KEY_FILE: ") and "No such file" in missing
    assert broken.startswith("REPTIDEX_SERVICE_SECRETS: ") and "hunter2" not in broken


def other_than(name: str, default: Any) -> Any:
    """Return a value of a setting that is not its default."""
    kind = Settings.__annotations__[name]
    if isinstance(default, bool):
        return not default
    if words := re.findall(r"'(\w+)'", str(kind)):
        return tuple(words) if isinstance(default, tuple) else next(word for word in words if word != default)
    if isinstance(default, tuple):
        return (*default, "a.*", "!b")
    if isinstance(default, dict):
        return {each: f"http://{each}.example" for each in default}
    if isinstance(default, str):
        return "210987654321" if "{12}" in str(kind) else "other:1"
    return default + 1 - 2 * (name == "bridge_wait_s")


def test_another_process_loads_every_setting_as_it_is_here_but_the_secrets() -> None:
    defaults = Settings()
    changed = {
        name: other_than(name, getattr(defaults, name)) for name in Settings.__struct_fields__ if name not in SECRETS
    }
    settings = Settings(**changed)

    assert all(getattr(settings, name) != getattr(defaults, name) for name in changed)
    assert load(as_environment(settings)) == settings
    assert load(as_environment(settings) | as_environment(defaults)) == defaults
    assert not any("hunter2" in value for value in as_environment(Settings(stripe_key="hunter2")).values())


@pytest.mark.parametrize("name", ["stripe_key", "database_url", "database_urls"])
def test_a_platform_refuses_a_setting_that_would_not_reach_its_processes(name: str) -> None:
    given: Any = {name: {"core": "x"} if name == "database_urls" else "x"}

    with pytest.raises(SettingsError, match=f"would get {name}:"):
        Platform(Settings(**given), doubles=None, say=print)


def test_every_secret_is_a_setting() -> None:
    assert set(Settings.__struct_fields__) >= SECRETS


def test_a_database_url_with_an_unknown_place_holder_is_refused() -> None:
    with pytest.raises(SettingsError, match="database URL of core") as told:
        load({"REPTIDEX_DATABASE_URL": "sqlite+aiosqlite:///hunter2/{nope}"}).database_of("core")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("smtp://me:hun:ter2@mail:587", "smtp://me:…@mail:587"),
        ("smtp://:hunter2@mail", "smtp://:…@mail"),
        ("smtp://me@mail:587", "smtp://me@mail:587"),
        ("http://127.0.0.1:8001/a:b@c", "http://127.0.0.1:8001/a:b@c"),
        ("no address: at all@", "no address: at all@"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_the_list_of_settings_holds_no_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SMTP_URL", "DATABASE_URL", "CORE_DATABASE_URL", "AWS_ENDPOINT"):
        monkeypatch.setenv(f"REPTIDEX_{name}", "https://me:hunter2@there.example:587")
    for arguments in (["settings"], ["settings", "--json"]):
        with pytest.raises(SystemExit):
            main(arguments)

    said = capsys.readouterr().out
    assert said.count("me:…@there.example") == 4 and "hunter2" not in said


def test_the_address_of_the_mail_server_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("smtp://me:hunter2@mail:587\n")

    assert load({"REPTIDEX_SMTP_URL_FILE": str(tmp_path / "smtp")}).smtp_url == "smtp://me:hunter2@mail:587"
