"""The page about the contracts in `docs/` says what the catalogue and the manifests say."""

from pathlib import Path

from reptidex.services import all_services
from reptidex.services.hearing import readers_of
from reptidex.streams.markdown import markdown

PAGE = Path(__file__).resolve().parents[3] / "docs" / "contracts.md"


def test_the_page_is_the_one_that_the_command_would_write() -> None:
    wanted = markdown(readers_of(all_services()))

    assert PAGE.read_text() == wanted, "run `reptidex contracts --markdown docs/contracts.md` and commit the page"
