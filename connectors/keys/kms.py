"""Token keys in AWS KMS (ECC_NIST_P256, SIGN_VERIFY).

`alias/<name>` points at the key that signs, `alias/<name>/<n>` at each live version: what a version's alias no longer
names is retired. `MessageType=RAW`, because emulators hash a DIGEST again, and our claims are shorter than 4,096 bytes.
"""

import asyncio
import time
from typing import Any

from reptidex.connectors.aws import AwsClient, AwsRefusedError
from reptidex.connectors.keys.jose import jwk_of_der, raw_signature, short_enough
from reptidex.connectors.keys.port import PublicKey, UnknownKeyError
from reptidex.errors import UnavailableError
from reptidex.settings import Settings

KEPT_S = 60.0
ALGORITHM = "ECDSA_SHA_256"


def client_of(settings: Settings) -> AwsClient:
    """Build a KMS client."""
    return AwsClient(settings, "kms")


class KmsSigner:
    """`Signer` on KMS. The list of versions is read at most once in `KEPT_S`, and whenever an unknown id is asked for."""

    def __init__(self, kms: AwsClient, alias: str) -> None:
        self._kms, self._alias = kms, alias
        self._read_at = float("-inf")
        self._versions: dict[str, tuple[str, str, PublicKey]] = {}
        """By kid: the version's alias, the key's id at KMS, the public key; the current one first."""
        self._public: dict[str, PublicKey] = {}
        self._reading = asyncio.Lock()

    async def current(self) -> PublicKey:
        """Return the key behind the alias."""
        if found := await self.keys():
            return found[0]
        raise UnavailableError("kms", f"{self._alias} names no key yet; `reptidex keys rotate` makes one")

    async def keys(self) -> tuple[PublicKey, ...]:
        """Return every live version."""
        if time.monotonic() - self._read_at >= KEPT_S:
            await self._read()
        return tuple(key for _, _, key in self._versions.values())

    async def sign(self, data: bytes, *, kid: str) -> bytes:
        """Have KMS sign."""
        _, key_id, _ = await self._version(kid)
        answer = await self._asked(
            "sign", KeyId=key_id, Message=short_enough(data), MessageType="RAW", SigningAlgorithm=ALGORITHM
        )
        return raw_signature(answer["Signature"])

    async def rotate(self) -> PublicKey:
        """Make a key, name it as the next version, then let the alias point at it."""
        await self._read()
        numbers = [int(alias.rsplit("/", 1)[1]) for alias, _, _ in self._versions.values()]
        made = await self._kms.call("create_key", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        key_id = made["KeyMetadata"]["KeyId"]
        version = f"{self._alias}/{max(numbers, default=0) + 1}"
        await self._kms.call("create_alias", AliasName=version, TargetKeyId=key_id)
        await self._kms.call("update_alias" if numbers else "create_alias", AliasName=self._alias, TargetKeyId=key_id)
        await self._read()
        return await self._public_of(key_id)

    async def retire(self, kid: str) -> None:
        """Delete the version's alias. The key itself stays at KMS, for an administrator to delete."""
        alias, _, _ = await self._version(kid)
        if kid == (await self.current()).kid:
            raise UnknownKeyError(kid)
        await self._kms.call("delete_alias", AliasName=alias)
        await self._read()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._kms.aclose()

    async def _asked(self, action: str, **given: Any) -> Any:
        """Ask KMS what it never refuses for a reason of the request: we are not let in, or the key is switched off."""
        try:
            return await self._kms.call(action, **given)
        except AwsRefusedError as problem:
            raise UnavailableError("kms", problem.code) from problem

    async def _version(self, kid: str) -> tuple[str, str, PublicKey]:
        await self.keys()
        if kid not in self._versions:
            await self._read()
        if kid not in self._versions:
            raise UnknownKeyError(kid)
        return self._versions[kid]

    async def _read(self) -> None:
        async with self._reading:
            targets: dict[str, str] = {}
            marker: dict[str, str] = {}
            while True:
                page = await self._asked("list_aliases", **marker)
                targets |= {a["AliasName"]: a["TargetKeyId"] for a in page["Aliases"] if "TargetKeyId" in a}
                if not page.get("Truncated"):
                    break
                marker = {"Marker": page["NextMarker"]}
            prefix = f"{self._alias}/"
            versions = {a: k for a, k in targets.items() if a.startswith(prefix) and a[len(prefix) :].isdigit()}
            signing = targets.get(self._alias)
            order = sorted(versions, key=lambda a: (versions[a] == signing, int(a[len(prefix) :])), reverse=True)
            found = {}
            for alias in order:
                public = await self._public_of(versions[alias])
                found[public.kid] = (alias, versions[alias], public)
            self._versions, self._read_at = found, time.monotonic()

    async def _public_of(self, key_id: str) -> PublicKey:
        if key_id not in self._public:
            answer = await self._asked("get_public_key", KeyId=key_id)
            self._public[key_id] = jwk_of_der(answer["PublicKey"])
        return self._public[key_id]
