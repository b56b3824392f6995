"""How `reptidex import` and `reptidex export` talk to the services: as the person of a token, by the public HTTP interface."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from reptidex.errors import ReptidexError, SettingsError, UnavailableError
from reptidex.settings import Settings

TIMEOUT_S = 600
"""A large file with a deep pedigree is checked for minutes."""


class RefusedByServiceError(ReptidexError):
    """The service refused the request; the text is its own."""


@contextmanager
def client_of(settings: Settings, service: str = "animal") -> Iterator[httpx.Client]:
    """Open a client of a service. Raises `SettingsError` without a token, `UnavailableError` where nobody answers."""
    if not settings.token:
        raise SettingsError(
            "REPTIDEX_TOKEN holds no access token; sign in (POST /auth/login) and set it, or REPTIDEX_TOKEN_FILE"
        )
    headers = {"Authorization": f"Bearer {settings.token}"}
    with httpx.Client(base_url=settings.urls[service], headers=headers, timeout=TIMEOUT_S) as client:
        try:
            yield client
        except httpx.TransportError as problem:
            raise UnavailableError(f"repti-{service}", str(problem) or type(problem).__name__) from problem


def checked(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is none of a failure. Raises `RefusedByServiceError`."""
    if answer.is_success:
        return answer
    answer.read()
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    detail = problem.get("detail") or answer.reason_phrase
    raise RefusedByServiceError(f"{answer.status_code} {problem.get('title', 'refused')}: {detail}")
