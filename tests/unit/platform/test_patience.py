"""How long acts in the outside world are tried: as long as the pages of the services promise."""

from datetime import timedelta

import pytest

from reptidex.agents.agent import Carrier
from reptidex.agents.community.accounts import ask_for_owners
from reptidex.agents.community.notifications import send_message
from reptidex.agents.engine.effects import FIRST_WAIT
from reptidex.agents.engine.poison import RetryPolicy
from reptidex.agents.media import drawing, processing, uploads
from reptidex.settings import Settings

HOUR = timedelta(hours=1)


def outlasts(carrier: Carrier) -> timedelta:
    """Return how long a neighbour may be away before an act is given up."""
    policy = RetryPolicy(first=FIRST_WAIT, longest=timedelta(seconds=Settings().effect_retry_longest_s))
    return sum((policy.wait(attempt) for attempt in range(1, carrier.attempts)), timedelta())


@pytest.mark.parametrize(
    ("carrier", "least"),
    [
        (send_message, timedelta(minutes=20)),
        (ask_for_owners, HOUR),
        (processing.process_upload, HOUR),
        (uploads.finalise_upload, HOUR),
        (drawing.draw_placeholder, HOUR),
        (drawing.draw_pedigree, HOUR),
        (drawing.draw_certificate, HOUR),
        (drawing.draw_manifest, HOUR),
    ],
    ids=lambda each: each.effect.__name__ if isinstance(each, Carrier) else str(each),
)
def test_a_neighbour_may_be_away_for_as_long_as_is_promised(carrier: Carrier, least: timedelta) -> None:
    assert outlasts(carrier) >= least
