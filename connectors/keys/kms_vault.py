"""Envelope encryption with AWS KMS: data keys from `GenerateDataKey`, bound to their context."""

import time
from collections import OrderedDict

from reptidex.connectors.aws import AwsClient, AwsRefusedError
from reptidex.connectors.keys.port import SealError
from reptidex.connectors.keys.seals import close, open_, wrapped_key
from reptidex.errors import UnavailableError

DATA_KEY = "alias/reptidex-data"
KEPT = 1024
KEPT_S = 300.0
WRONG = {"InvalidCiphertextException", "IncorrectKeyException", "ValidationException"}


class KmsVault:
    """`KeyVault` on KMS. Opened data keys are kept in memory for minutes, the most recently used ones only."""

    def __init__(self, kms: AwsClient, key: str) -> None:
        self._kms, self._key = kms, key
        self._open: OrderedDict[tuple[bytes, str], tuple[float, bytes]] = OrderedDict()

    async def new_key(self, context: str) -> bytes:
        """Have KMS make a data key and return its encrypted form."""
        try:
            made = await self._kms.call(
                "generate_data_key", KeyId=self._key, KeySpec="AES_256", EncryptionContext={"context": context}
            )
        except AwsRefusedError as problem:
            raise UnavailableError("kms", problem.code) from problem
        wrapped: bytes = made["CiphertextBlob"]
        self._keep(wrapped, context, made["Plaintext"])
        return wrapped

    async def seal(self, data: bytes, *, context: str, under: bytes = b"") -> bytes:
        """Seal under the given key, or under a fresh one."""
        wrapped = under or await self.new_key(context)
        key = await self._unwrap(wrapped, context)
        return close(data, key=key, wrapped=b"" if under else wrapped, context=context)

    async def unseal(self, sealed: bytes, *, context: str, under: bytes = b"") -> bytes:
        """Open a seal with the key inside it, or the given one."""
        return open_(sealed, key=await self._unwrap(wrapped_key(sealed) or under, context), context=context)

    async def aclose(self) -> None:
        """Forget the data keys and close the connections."""
        self._open.clear()
        await self._kms.aclose()

    async def _unwrap(self, wrapped: bytes, context: str) -> bytes:
        kept = self._open.get((wrapped, context))
        if kept is not None and time.monotonic() - kept[0] < KEPT_S:
            self._open.move_to_end((wrapped, context))
            return kept[1]
        if not wrapped:
            raise SealError("the data key is missing")
        try:
            answer = await self._kms.call(
                "decrypt", CiphertextBlob=wrapped, KeyId=self._key, EncryptionContext={"context": context}
            )
        except AwsRefusedError as problem:
            if problem.code in WRONG:
                raise SealError("the data key is broken or of another context") from problem
            raise UnavailableError("kms", problem.code) from problem
        self._keep(wrapped, context, answer["Plaintext"])
        return bytes(answer["Plaintext"])

    def _keep(self, wrapped: bytes, context: str, key: bytes) -> None:
        self._open[wrapped, context] = (time.monotonic(), key)
        self._open.move_to_end((wrapped, context))
        while len(self._open) > KEPT:
            self._open.popitem(last=False)
