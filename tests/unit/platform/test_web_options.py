"""From the environment to the web side of a worker."""

import pytest

from reptidex.errors import SettingsError
from reptidex.http.middlewares.forwarded import Addresses
from reptidex.platform.worker import web_options
from reptidex.settings import Settings, load


def test_proxies_origins_and_https_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPTIDEX_TRUSTED_PROXIES", "10.0.0.0/8, ::1/128")
    monkeypatch.setenv("REPTIDEX_WEB_ORIGINS", "https://app.example")
    monkeypatch.setenv("REPTIDEX_PUBLIC_URL", "https://reptidex.example")
    options = web_options(load())

    assert options.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert (options.origins, options.tls) == (("https://app.example",), True)


def test_without_them_nobody_is_trusted() -> None:
    options = web_options(Settings())

    assert (options.trusted_proxies, options.origins, options.tls) == ((), (), False)


def test_a_network_that_is_none_stops_the_start_with_its_settings_name() -> None:
    with pytest.raises(SettingsError, match="REPTIDEX_TRUSTED_PROXIES"):
        Addresses(("10.0.0.0/99",))
