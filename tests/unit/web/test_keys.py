"""Core's public keys: what is read from a set, and how often core is asked."""

import asyncio
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from reptidex.connectors.identity.jwks import Fetched, KeyRing
from reptidex.connectors.identity.keys import KeySetError, read_keys
from reptidex.connectors.keys.jose import base64url
from reptidex.errors import UnavailableError


def jwk(kid: str, **changes: Any) -> dict[str, Any]:
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    place = {"x": base64url(numbers.x.to_bytes(32, "big")), "y": base64url(numbers.y.to_bytes(32, "big"))}
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid} | place | changes


def written(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


class Core:
    """Core's key endpoint, with a hand on its clock and its health."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys, self.asked, self.down, self.now = list(keys), 0, False, 0.0

    async def fetch(self, etag: str) -> Fetched:
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise UnavailableError("repti-core")
        fresh = str(hash(json.dumps(self.keys)))
        if etag == fresh:
            return Fetched(body=None, cache_control="public, max-age=60")
        return Fetched(body=written(*self.keys), etag=fresh, cache_control="public, max-age=60")

    def ring(self) -> KeyRing:
        return KeyRing(self.fetch, clock=lambda: self.now, cooldown_s=10)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": [1]}',
        written(jwk("a"), jwk("a")),
        written(jwk("")),
        written(jwk("a b")),
        written({"kty": "EC"}),
        written(jwk("a", x="AAAA")),
        written(jwk("a", y="A" * 43)),
        written(jwk("a", x=1)),
        written(jwk("a", d="A" * 43)),
    ],
)
def test_a_set_with_a_fault_is_refused_whole(raw: bytes) -> None:
    with pytest.raises(KeySetError):
        read_keys(raw)


def test_keys_of_another_kind_are_passed_over() -> None:
    others = [jwk("a", kty="RSA"), jwk("b", crv="P-384"), jwk("c", alg="ES384"), jwk("d", use="enc")]

    assert list(read_keys(written(*others, jwk("e")))) == ["e"]


async def test_a_flood_of_unknown_key_ids_asks_core_once() -> None:
    core = Core(jwk("k1"))
    ring = core.ring()
    found = await asyncio.gather(*(ring.find(f"flood-{n}") for n in range(10_000)))

    assert set(found) == {None}
    assert (core.asked, await ring.find("k1") is not None) == (1, True)


async def test_a_new_key_is_found_after_the_cooldown() -> None:
    core = Core(jwk("k1"))
    ring = core.ring()
    await ring.find("k1")
    core.keys.append(jwk("k2"))
    early = await ring.find("k2")
    core.now = 11

    assert (early, await ring.find("k2") is not None, core.asked) == (None, True, 2)


async def test_keys_outlive_core_and_are_renewed_in_the_background() -> None:
    core = Core(jwk("k1"))
    ring, changes = core.ring(), list[int]()
    ring.when_changed(lambda: changes.append(core.asked))
    await ring.find("k1")
    core.down, core.now = True, 3600.0
    kept = await ring.find("k1")
    await drained(ring)
    core.down, core.now, core.keys = False, 7200.0, [jwk("k2")]
    stale = await ring.find("k1")
    await drained(ring)

    assert kept is not None and stale is not None
    assert (await ring.find("k1"), changes) == (None, [1, 3])


async def test_an_unchanged_set_keeps_what_was_verified() -> None:
    core = Core(jwk("k1"))
    ring, changes = core.ring(), list[int]()
    ring.when_changed(lambda: changes.append(core.asked))
    await ring.find("k1")
    core.now = 3600.0
    await ring.find("k1")
    await drained(ring)

    assert (core.asked, changes) == (2, [1])


async def drained(ring: KeyRing) -> None:
    """Let a fetch in the background end."""
    for _ in range(10):
        await asyncio.sleep(0)
