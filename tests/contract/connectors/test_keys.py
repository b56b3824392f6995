"""Every keeper of keys keeps the promises of its port: the twin, the files of this machine, and KMS by moto."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reptidex.cli import main
from reptidex.connectors.aws import AwsRefusedError
from reptidex.connectors.keys import signer as build_signer
from reptidex.connectors.keys import vault as build_vault
from reptidex.connectors.keys.jose import compact
from reptidex.connectors.keys.kms import KmsSigner
from reptidex.connectors.keys.kms_vault import KmsVault
from reptidex.connectors.keys.local import LocalSigner, LocalVault
from reptidex.connectors.keys.memory import MemorySigner, MemoryVault
from reptidex.connectors.keys.port import KeyVault, PublicKey, SealError, Signer, UnknownKeyError
from reptidex.connectors.keys.seals import close
from reptidex.errors import InvalidError, UnavailableError
from reptidex.settings import Settings, as_environment
from reptidex.testing.ports import free_ports


@pytest.fixture(params=["memory", "local", "kms"])
async def signer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Signer]:
    made: Signer
    if request.param == "kms":
        made = build_signer(request.getfixturevalue("aws_settings"))
    else:
        made = MemorySigner() if request.param == "memory" else LocalSigner(tmp_path / "keys")
    yield made
    await made.aclose()


@pytest.fixture(params=["memory", "local", "kms"])
async def vault(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[KeyVault]:
    made: KeyVault
    if request.param == "kms":
        made = build_vault(request.getfixturevalue("aws_settings"))
    else:
        made = MemoryVault() if request.param == "memory" else LocalVault(tmp_path / "keys")
    yield made
    await made.aclose()


def verify(token: str, key: PublicKey) -> dict[str, str]:
    """Verify a token with a library that is not ours."""
    claims: dict[str, str] = jwt.decode(token, jwt.PyJWK(msgspec.to_builtins(key)), algorithms=["ES256"])
    return claims


async def test_a_token_verifies_with_the_published_key(signer: Signer) -> None:
    token = await compact(signer, {"sub": "bea"})

    assert verify(token, await signer.current()) == {"sub": "bea"}
    assert jwt.get_unverified_header(token)["kid"] == (await signer.current()).kid


async def test_a_signature_is_r_and_s_of_32_bytes_each(signer: Signer) -> None:
    kid = (await signer.current()).kid

    assert {len(await signer.sign(bytes([n]), kid=kid)) for n in range(20)} == {64}


async def test_another_key_does_not_verify_a_token(signer: Signer) -> None:
    token = await compact(signer, {"sub": "bea"})

    with pytest.raises(jwt.InvalidSignatureError):
        verify(token, await MemorySigner().current())


async def test_rotation_signs_with_the_new_key_and_keeps_the_old_one(signer: Signer) -> None:
    old = await signer.current()
    before = await compact(signer, {"sub": "bea"})
    new = await signer.rotate()

    assert await signer.keys() == (new, old)
    assert verify(await compact(signer, {}), new) == {}
    assert verify(before, (await signer.keys())[1]) == {"sub": "bea"}


async def test_a_retired_key_is_published_no_more(signer: Signer) -> None:
    old = await signer.current()
    new = await signer.rotate()
    await signer.retire(old.kid)

    assert await signer.keys() == (new,)
    with pytest.raises(UnknownKeyError):
        await signer.sign(b"x", kid=old.kid)


async def test_the_current_key_cannot_be_retired(signer: Signer) -> None:
    with pytest.raises(UnknownKeyError):
        await signer.retire((await signer.current()).kid)


async def test_more_than_4096_bytes_are_not_signed(signer: Signer) -> None:
    kid = (await signer.current()).kid

    assert len(await signer.sign(bytes(4096), kid=kid)) == 64
    with pytest.raises(InvalidError):
        await signer.sign(bytes(4097), kid=kid)


async def test_an_unknown_key_is_said(signer: Signer) -> None:
    with pytest.raises(UnknownKeyError):
        await signer.sign(b"x", kid="nobody")


async def test_what_was_sealed_is_unsealed(vault: KeyVault) -> None:
    sealed = await vault.seal(b"secret", context="user:1/totp")

    assert await vault.unseal(sealed, context="user:1/totp") == b"secret"
    assert b"secret" not in sealed


async def test_the_same_data_never_seal_alike(vault: KeyVault) -> None:
    assert await vault.seal(b"x", context="c") != await vault.seal(b"x", context="c")


async def test_another_context_does_not_open_a_seal(vault: KeyVault) -> None:
    sealed = await vault.seal(b"secret", context="user:1/totp")

    with pytest.raises(SealError):
        await vault.unseal(sealed, context="user:2/totp")


async def test_a_persons_key_opens_what_was_sealed_under_it(vault: KeyVault) -> None:
    key = await vault.new_key("user:1")
    sealed = await vault.seal(b"bea@example.org", context="user:1", under=key)

    assert await vault.unseal(sealed, context="user:1", under=key) == b"bea@example.org"
    assert key not in sealed


async def test_without_the_persons_key_nothing_opens(vault: KeyVault) -> None:
    key = await vault.new_key("user:1")
    sealed = await vault.seal(b"bea@example.org", context="user:1", under=key)

    for wrong in (b"", await vault.new_key("user:1")):
        with pytest.raises(SealError):
            await vault.unseal(sealed, context="user:1", under=wrong)


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_seal_with_any_bit_changed_does_not_open(data: st.DataObject) -> None:
    vault = MemoryVault()
    sealed = bytearray(await vault.seal(b"secret", context="c"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SealError):
        await vault.unseal(bytes(sealed), context="c")


@given(st.binary(max_size=200))
@settings(deadline=None)
async def test_no_bytes_but_a_seal_open(sealed: bytes) -> None:
    with pytest.raises(SealError):
        await MemoryVault().unseal(sealed, context="c")


async def test_local_keys_are_readable_by_us_alone_and_survive(tmp_path: Path) -> None:
    first = LocalVault(tmp_path / "keys")
    sealed = await first.seal(b"secret", context="c")
    kid = (await LocalSigner(tmp_path / "keys").current()).kid

    assert await LocalVault(tmp_path / "keys").unseal(sealed, context="c") == b"secret"
    assert (await LocalSigner(tmp_path / "keys").current()).kid == kid
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


async def test_a_keeper_that_does_not_answer_may_be_asked_again() -> None:
    keeper = build_signer(Settings(aws_endpoint="http://127.0.0.1:1"))

    with pytest.raises(UnavailableError):
        await keeper.current()
    await keeper.aclose()


def test_a_thumbprint_is_that_of_the_standards_example_form() -> None:
    from reptidex.connectors.keys.jose import base64url

    assert base64url(b"\xff\xfe") == base64.urlsafe_b64encode(b"\xff\xfe").decode().rstrip("=")


async def test_the_first_key_at_kms_is_made_by_the_command_that_rotates(
    aws_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = msgspec.structs.replace(aws_settings, kms_key="alias/a-fresh-account")
    keeper = build_signer(fresh)
    with pytest.raises(UnavailableError):
        await keeper.current()
    await keeper.aclose()
    for name, value in as_environment(fresh).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REPTIDEX_CORE_URL", f"http://127.0.0.1:{free_ports(1)[0]}")  # no core runs there

    await asyncio.to_thread(_rotate_keys)

    assert len(json.loads(capsys.readouterr().out)) == 1


def _rotate_keys() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["keys", "rotate", "--json"])
    assert not ended.value.code


class Closed:
    """KMS for a role that may do nothing but `lets`: moto knows no such thing."""

    def __init__(self, **lets: Any) -> None:
        self.lets = lets

    async def call(self, action: str, **_: Any) -> Any:
        """Answer, or refuse."""
        if action not in self.lets:
            raise AwsRefusedError("kms", "AccessDeniedException", f"not authorized to perform: kms:{action}")
        return self.lets[action]


async def test_a_keeper_that_does_not_let_us_in_may_be_asked_again() -> None:
    spki = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = spki.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    names = [{"AliasName": name, "TargetKeyId": "k"} for name in ("alias/tokens", "alias/tokens/1")]
    closed: Any = Closed()
    reading: Any = Closed(list_aliases={"Aliases": names}, get_public_key={"PublicKey": der})
    empty: Any = Closed(list_aliases={"Aliases": []})
    sealed = close(b"secret", key=bytes(32), wrapped=b"w" * 60, context="c")
    kid = (await KmsSigner(reading, "alias/tokens").current()).kid

    for asking in (
        KmsVault(closed, "alias/data").unseal(sealed, context="c"),
        KmsSigner(closed, "alias/tokens").current(),
        KmsSigner(reading, "alias/tokens").sign(b"x", kid=kid),
        KmsSigner(empty, "alias/tokens").current(),
    ):
        with pytest.raises(UnavailableError):
            await asking
