"""What repti-community asks its neighbours, and how it reads their answers."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from reptidex.errors import NotFoundError
from reptidex.services.community import Contacts, connect
from reptidex.settings import Settings

USER = "00000000-0000-7000-8000-000000000001"


class CoreTwin:
    """Answers what it was told to answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer, self.asked = answer, ""

    async def get(self, path: str, answer: Any) -> Any:
        self.asked = path
        if not self.answer:
            raise NotFoundError("user", USER)
        return msgspec.convert(self.answer, answer)


def _contacts(**answer: Any) -> Contacts:
    return Contacts(CoreTwin(answer), "http://127.0.0.1:8001/")  # type: ignore[arg-type]


async def test_links_lead_to_core_with_the_token_as_it_is() -> None:
    contacts = _contacts(email="s@x.example", display_name="Sam", confirmation_token="a+b/c=", reset_token="r")
    contact = await contacts.of(USER)

    assert contact.link == "http://127.0.0.1:8001/auth/confirm?token=a%2Bb%2Fc%3D"
    assert contact.reset_link == "http://127.0.0.1:8001/auth/reset?token=r"


async def test_without_a_token_there_is_no_link() -> None:
    contact = await _contacts(email="s@x.example", display_name="Sam", confirmation_token="").of(USER)

    assert (contact.link, contact.reset_link) == ("", "")


async def test_who_is_gone_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        await _contacts().of(USER)


async def test_of_the_members_of_a_vivarium_its_owners_are_named() -> None:
    members = [{"user_id": "a", "role": "herpetologist"}, {"user_id": "b", "role": "keeper"}]

    assert await _contacts(items=members).owners("v") == ["a"]


async def test_the_connectors_open_and_close(tmp_path: Path) -> None:
    ports = await connect(Settings(state_dir=str(tmp_path)))
    number = ports.index.number
    await ports.aclose()

    assert number == 0
    assert ports.mail_provider == "smtp"
