"""What cannot be a setting of a topic is refused when it is set, not found out when it is needed."""

import pytest

from reptidex.devlog.storage.catalog import DEFAULTS, wrong_setting


@pytest.mark.parametrize("key", [key for key, value in DEFAULTS.items() if value.lstrip("-").isdigit()])
def test_what_has_to_be_a_number_is_one(key: str) -> None:
    assert wrong_setting(key, "a while")
    assert wrong_setting(key, DEFAULTS[key]) is None
