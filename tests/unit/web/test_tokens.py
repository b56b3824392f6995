"""The verifier against the published attacks on JWTs (RFC 8725) and against malformed encodings."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from reptidex.connectors.identity.jwks import Fetched, KeyRing
from reptidex.connectors.identity.parsing import TokenError
from reptidex.connectors.identity.verifier import TokenVerifier
from reptidex.connectors.keys.jose import base64url, raw_signature
from reptidex.errors import UnavailableError

NOW = 1_800_000_000
ISSUER = "https://reptidex.local"
KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
HEADER = {"alg": "ES256", "kid": "k1", "typ": "at+jwt"}
CLAIMS = {"iss": ISSUER, "aud": "reptidex", "sub": "u1", "kind": "user", "iat": NOW, "exp": NOW + 600, "sid": "s1"}
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def public(key: ec.EllipticCurvePrivateKey, kid: str = "k1", **more: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    place = {"x": base64url(numbers.x.to_bytes(32, "big")), "y": base64url(numbers.y.to_bytes(32, "big"))}
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, **place, **more}


def joined(header: Any, claims: Any) -> bytes:
    texts = (part if isinstance(part, str) else json.dumps(part) for part in (header, claims))
    return ".".join(base64url(text.encode("utf-8", "surrogatepass")) for text in texts).encode()


def token(header: Any = HEADER, claims: Any = CLAIMS, key: ec.EllipticCurvePrivateKey = KEY) -> str:
    signed = joined(header, claims)
    return f"{signed.decode()}.{base64url(raw_signature(key.sign(signed, ec.ECDSA(hashes.SHA256()))))}"


def hmac_token(secret: bytes, alg: str = "HS256") -> str:
    signed = joined(HEADER | {"alg": alg}, CLAIMS)
    return f"{signed.decode()}.{base64url(hmac.new(secret, signed, hashlib.sha256).digest())}"


def pem(key: Any) -> bytes:
    written: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return written


def verifier(**more: Any) -> TokenVerifier:
    document = json.dumps({"keys": [public(KEY)]}).encode()

    async def fetch(etag: str) -> Fetched:
        return Fetched(body=document)

    return TokenVerifier(KeyRing(fetch, clock=lambda: 0.0), issuer=ISSUER, clock=lambda: NOW, **more)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def swap(place: int, change: Callable[[str], str]) -> str:
    parts = token().split(".")
    parts[place] = change(parts[place])
    return ".".join(parts)


GOOD_JSON, SEGMENT = json.dumps(CLAIMS), base64url(json.dumps(HEADER).encode())
ATTACKS: dict[str, str] = {
    "none": f"{joined(HEADER | {'alg': 'none'}, CLAIMS).decode()}.",
    **{
        f"alg {alg}": token(HEADER | {"alg": alg})
        for alg in ("none", "None", "NONE", "nOnE", "", "es256", "ES384", "ES256K")
    },
    **{f"alg {alg} too": token(HEADER | {"alg": alg}) for alg in ("RS256", "PS256", "HS256", "EdDSA", "ES512")},
    **{f"alg as {value!r}": token(HEADER | {"alg": value}) for value in (None, 1, True, [], ["ES256"], {"a": "ES256"})},
    "HMAC with the public key as PEM": hmac_token(pem(KEY)),
    "HMAC with the public key as JWK": hmac_token(json.dumps(public(KEY)).encode()),
    "HMAC with nothing": hmac_token(b""),
    "HMAC said to be ES256": hmac_token(pem(KEY), "ES256"),
    "RSA signed": jwt.encode(CLAIMS, RSA, "RS256", headers=HEADER | {"alg": "RS256"}),
    "another key": token(key=OTHER),
    "another key in jwk": token(HEADER | {"jwk": public(OTHER)}, key=OTHER),
    **{
        f"header {name}": token(HEADER | {name: "https://evil.example/keys"}, key=OTHER)
        for name in (
            "jku",
            "x5u",
            "x5c",
            "x5t",
            "x5t#S256",
            "url",
            "cty",
            "zip",
            "enc",
            "epk",
            "p2c",
            "iss",
            "nonce",
            "ALG",
        )
    },
    "header member though signed": token(HEADER | {"foo": "bar"}),
    "crit": token(HEADER | {"crit": ["exp"], "exp": NOW + 5}),
    "crit empty": token(HEADER | {"crit": []}),
    "b64 false": token(HEADER | {"b64": False, "crit": ["b64"]}),
    **{
        f"kid {kid[:12]!r}": token(HEADER | {"kid": kid})
        for kid in (
            "",
            "../k1",
            "../../dev/null",
            "k1\x00",
            "k1' OR 1=1--",
            "k1\n",
            " k1",
            "k2",
            "K1",
            "k" * 129,
            "ｋ1",
            "*",
        )
    },
    **{f"kid as {value!r}": token(HEADER | {"kid": value}) for value in (None, 1, ["k1"], {"k": 1})},
    **{
        f"typ {typ!r}": token(HEADER | {"typ": typ})
        for typ in ("JWT", "jwt", "at+JWT", "AT+JWT", "id+jwt", "application/at+jwt", "", None)
    },
    **{f"header without {name}": token({k: v for k, v in HEADER.items() if k != name}) for name in HEADER},
    **{f"claims without {name}": token(claims=without(name)) for name in ("iss", "aud", "sub", "kind", "exp", "iat")},
    **{
        f"iss {value!r}": token(claims=CLAIMS | {"iss": value})
        for value in ("", "https://evil.example", ISSUER + "/", [ISSUER], None)
    },
    **{
        f"aud {value!r}": token(claims=CLAIMS | {"aud": value})
        for value in ("", "other", ["reptidex"], ["other", "reptidex"], None)
    },
    **{f"sub {value!r}": token(claims=CLAIMS | {"sub": value}) for value in ("", None, 1, ["u1"])},
    **{f"kind {value!r}": token(claims=CLAIMS | {"kind": value}) for value in ("", "admin", "USER", None)},
    **{
        f"exp {value!r}": token(claims=CLAIMS | {"exp": value})
        for value in (NOW - 60, NOW - 3600, 0, -1, str(NOW + 600), NOW + 600.5, True, None, 1e300, 10**40, NOW + 90_000)
    },
    "exp before iat": token(claims=CLAIMS | {"exp": NOW, "iat": NOW + 1}),
    **{f"nbf {value!r}": token(claims=CLAIMS | {"nbf": value}) for value in (NOW + 61, str(NOW), NOW + 0.5, 10**40)},
    **{
        f"iat {value!r}": token(claims=CLAIMS | {"iat": value, "exp": NOW + 650})
        for value in (NOW + 61, str(NOW), None, -(10**40))
    },
    "exp not a number": token(claims=GOOD_JSON.replace(str(NOW + 600), "NaN")),
    "exp without end": token(claims=GOOD_JSON.replace(str(NOW + 600), "Infinity")),
    "scope as a list": token(claims=CLAIMS | {"scope": ["admin"]}),
    "a header key twice": token('{"alg":"none","alg":"ES256","kid":"k1","typ":"at+jwt"}'),
    "kid twice": token('{"alg":"ES256","kid":"k1","kid":"k1","typ":"at+jwt"}'),
    "sub twice": token(claims=GOOD_JSON[:-1] + ', "sub": "admin"}'),
    "a key twice inside": token(claims=GOOD_JSON[:-1] + ', "x": {"a": 1, "a": 2}}'),
    "header a list": token("[]" + " " * 20),
    "claims a list": token(claims=json.dumps([CLAIMS])),
    "claims a string": token(claims=json.dumps(GOOD_JSON)),
    "claims not JSON": token(claims="{'iss': 1}" + " " * 20),
    "claims with something after": token(claims=GOOD_JSON + "{}"),
    "claims with a byte order mark": token(claims="\ufeff" + GOOD_JSON),
    "claims with half a character": token(claims=GOOD_JSON[:-1] + ', "x": "\ud800"}'),
    "claims deeply nested": token(claims='{"x":' + "[" * 1400 + "]" * 1400 + "}"),
    "a token in a token": token(HEADER | {"cty": "JWT"}, token()),
    "long": token(claims=CLAIMS | {"x": "y" * 4000}),
    "header of a megabyte": base64url(b"{" + b" " * 1_000_000 + b"}") + "." + token().partition(".")[2],
    "claims changed": swap(1, lambda part: base64url(json.dumps(CLAIMS | {"sub": "admin"}).encode())),
    "padding in the header": swap(0, lambda part: part + "="),
    "padding in the claims": swap(1, lambda part: part + "=="),
    "padding in the signature": swap(2, lambda part: part + "=="),
    "plain base64": swap(2, lambda part: "+/" + part[2:]),
    "a space": swap(1, lambda part: part[:9] + " " + part[9:]),
    "a line end": swap(2, lambda part: part + "\n"),
    "a line end in front": "\n" + token(),
    "a NUL": swap(2, lambda part: part[:-1] + "\x00"),
    "stray bits in the signature": swap(2, lambda part: part[:-1] + chr(ord(part[-1]) + 1)),
    "signature empty": swap(2, lambda part: ""),
    "signature of zeros": swap(2, lambda part: base64url(bytes(64))),
    "signature of order": swap(2, lambda part: base64url(ORDER.to_bytes(32, "big") * 2)),
    "signature of 0xff": swap(2, lambda part: base64url(b"\xff" * 64)),
    "signature as DER": swap(
        2, lambda part: base64url(KEY.sign(token().rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256())))
    ),
    "signature short": swap(2, lambda part: part[:-4]),
    "signature long": swap(2, lambda part: part + "AAAA"),
    "signed with another hash": joined(HEADER, CLAIMS).decode()
    + "."
    + base64url(raw_signature(KEY.sign(joined(HEADER, CLAIMS), ec.ECDSA(hashes.SHA512())))),
    "four segments": token() + ".AAAA",
    "five segments": "a.b.c.d.e",
    "two segments": token().rpartition(".")[0],
    "one segment": "abc",
    "empty": "",
    "dots": "..",
    "header empty": "." + token().partition(".")[2],
    "JSON serialisation": json.dumps({"payload": SEGMENT, "signature": "x"}),
    "not ASCII": token()[:-1] + "é",
    "surrogate": token()[:-1] + "\udcff",
    "fullwidth digits": swap(2, lambda part: "１" + part[1:]),
    "standard alphabet header": base64.b64encode(json.dumps(HEADER | {"kid": "k1"}).encode()).decode()
    + "."
    + token().partition(".")[2],
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_is_refused(attack: str) -> None:
    with pytest.raises(TokenError):
        await verifier().verify(ATTACKS[attack])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exp": NOW - 59, "iat": NOW - 600},
        {"nbf": NOW + 60},
        {"iat": NOW + 60},
        {"kind": "service", "sub": "repti-core", "sid": ""},
        {"scope": "admin read", "jti": "x", "extra": {"not": "ours"}},
        {"sub": "ünïcode"},
    ],
)
async def test_a_token_of_ours_is_accepted(changes: dict[str, Any]) -> None:
    claims = await verifier().verify(token(claims=CLAIMS | changes))

    assert claims.sub == (CLAIMS | changes)["sub"]


async def test_pyjwt_agrees_that_our_tokens_are_good() -> None:
    decoded = jwt.decode(
        token(), KEY.public_key(), ["ES256"], audience="reptidex", options={"verify_exp": False, "verify_iat": False}
    )

    assert decoded == CLAIMS


async def test_a_token_is_verified_once_and_remembered() -> None:
    ours = verifier()
    first = await ours.verify(token_once := token())

    assert ours.recall(token_once) is first
    assert ours.recall(token()) is None


async def test_a_remembered_token_ends_with_its_time_and_its_session() -> None:
    now, revoked = [float(NOW)], set[str]()
    document = json.dumps({"keys": [public(KEY)]}).encode()

    async def fetch(etag: str) -> Fetched:
        return Fetched(body=document)

    ours = TokenVerifier(
        KeyRing(fetch, clock=lambda: 0.0), issuer=ISSUER, clock=lambda: now[0], revoked=revoked.__contains__
    )
    await ours.verify(good := token())
    now[0] += 661
    with pytest.raises(TokenError):
        await ours.verify(good)
    now[0] = NOW
    await ours.verify(good)
    revoked.add("s1")

    with pytest.raises(TokenError):
        ours.recall(good)


async def test_nobody_is_let_in_while_no_key_was_ever_fetched() -> None:
    async def fetch(etag: str) -> Fetched:
        raise UnavailableError("repti-core")

    with pytest.raises(UnavailableError):
        await TokenVerifier(KeyRing(fetch, clock=lambda: 0.0), issuer=ISSUER, clock=lambda: NOW).verify(token())
