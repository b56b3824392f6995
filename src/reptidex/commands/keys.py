"""`reptidex keys`: the keys with which repti-core signs access tokens."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx

from reptidex.connectors.keys import signer
from reptidex.connectors.keys.port import PublicKey, Signer
from reptidex.errors import InvalidError, SettingsError
from reptidex.settings import load
from reptidex.terminal import print_json


def add_parsers(commands: Any) -> None:
    """Add the command with its actions."""
    keys = commands.add_parser(
        "keys",
        help="list, rotate and retire the keys that sign access tokens",
        description="The keys with which repti-core signs access tokens: in AWS KMS, or under the state directory in"
        " development. A running repti-core signs with a new key within a minute, and every service takes its tokens at once.",
    ).add_subparsers(required=True, metavar="ACTION")
    for name, action, help_text in (
        ("list", _list, "list the live keys, the one that signs first"),
        ("rotate", _rotate, "make a new key, which signs from now on"),
        ("retire", _retire, "refuse the tokens of an old key; wait until the last of them has run out (ten minutes)"),
    ):
        parser = keys.add_parser(name, help=help_text, description=help_text)
        parser.add_argument("--json", action="store_true", help="print the live keys as JSON")
        parser.set_defaults(run=_within(action))
        if action is _retire:
            parser.add_argument(
                "kid", metavar="KID", help="`list` prints them (`-- KID` for one that begins with a dash)"
            )


Action = Callable[[argparse.Namespace, Signer], Awaitable[None]]


def _within(action: Action) -> Callable[[argparse.Namespace], int]:
    async def run(arguments: argparse.Namespace) -> int:
        settings = load()
        keys = signer(settings)
        try:
            await _check_core(settings.urls["core"], await keys.keys())
            await action(arguments, keys)
            _show(await keys.keys(), as_json=arguments.json)
        finally:
            await keys.aclose()
        return 0

    return lambda arguments: asyncio.run(run(arguments))


async def _check_core(url: str, ours: Sequence[PublicKey]) -> None:
    """Raise `SettingsError` where a repti-core that runs has none of these keys: they are not those that it signs with."""
    try:
        async with httpx.AsyncClient(timeout=2.0) as client:
            published = (await client.get(f"{url}/.well-known/jwks.json")).raise_for_status().json()["keys"]
    except (httpx.HTTPError, ValueError, LookupError):
        return  # no core runs there: nothing to compare
    if published and not {key["kid"] for key in published} & {key.kid for key in ours}:
        raise SettingsError(
            f"the repti-core at {url} signs with other keys than those found here: is REPTIDEX_AWS_ENDPOINT (`reptidex up` prints"
            " it), REPTIDEX_KMS_KEY or REPTIDEX_STATE_DIR another one there?"
        )


async def _list(_arguments: argparse.Namespace, _keys: Signer) -> None:
    """Do nothing more than what every action ends with."""


async def _rotate(_arguments: argparse.Namespace, keys: Signer) -> None:
    await keys.keys()  # where the first is made on demand, it is not lost between two
    await keys.rotate()


async def _retire(arguments: argparse.Namespace, keys: Signer) -> None:
    if arguments.kid == (await keys.current()).kid:
        raise InvalidError(f"{arguments.kid} is the key that signs: `reptidex keys rotate` first")
    await keys.retire(arguments.kid)


def _show(keys: Sequence[PublicKey], *, as_json: bool) -> None:
    if as_json:
        print_json([{"kid": key.kid, "signs": place == 0} for place, key in enumerate(keys)])
        return
    for place, key in enumerate(keys):
        print(f"{key.kid}  {'verifies' if place else 'signs'}")
