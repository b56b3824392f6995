"""Files in an S3 bucket. Hashes travel as S3's own SHA-256 checksums, and are kept in the object's metadata too."""

import base64
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from reptidex.connectors.aws import AwsClient, AwsRefusedError
from reptidex.connectors.files.port import (
    WAITING,
    Rules,
    Stored,
    Upload,
    UploadRefusedError,
    checked,
    digest_of,
    lasting,
)
from reptidex.connectors.files.rules import check, check_size
from reptidex.errors import NotFoundError, UnavailableError
from reptidex.settings import Settings

GONE = {"NoSuchKey", "404", "NotFound"}
DIGEST = "sha256"


def client_of(settings: Settings) -> AwsClient:
    """Build an S3 client; a custom endpoint is addressed by path, since no DNS knows its buckets."""
    style = {"addressing_style": "path"} if settings.aws_endpoint else {}
    return AwsClient(settings, "s3", signature_version="s3v4", s3=style)


class S3FileStore:
    """`FileStore` on S3."""

    def __init__(self, s3: AwsClient, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    async def put(self, key: str, data: bytes, *, content_type: str) -> Stored:
        """Put an object, checked by S3 against its hash on arrival."""
        digest = digest_of(data)
        await self._call(
            "put_object",
            checked(key),
            Body=data,
            ContentType=content_type,
            ChecksumSHA256=base64.b64encode(bytes.fromhex(digest)).decode(),
            Metadata={DIGEST: digest},
        )
        return Stored(key=key, size=len(data), content_type=content_type, digest=digest)

    async def get(self, key: str) -> bytes:
        """Get an object."""
        data, _ = await self._read(checked(key))
        return data

    async def head(self, key: str) -> Stored | None:
        """Read what S3 knows of an object."""
        try:
            found = await self._call("head_object", checked(key))
        except NotFoundError:
            return None
        return Stored(
            key=key,
            size=found["ContentLength"],
            content_type=found["ContentType"],
            digest=found.get("Metadata", {}).get(DIGEST, ""),
        )

    async def delete(self, key: str) -> None:
        """Delete an object."""
        await self._call("delete_object", checked(key))

    async def upload(self, key: str, rules: Rules, *, within_s: int = 300) -> Upload:
        """Sign a POST policy (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html)."""
        fields = {"Content-Type": rules.content_type}
        if rules.digest:
            fields["x-amz-checksum-algorithm"] = "SHA256"
            fields["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(rules.digest)).decode()
        conditions: list[Any] = [["content-length-range", 1, rules.most_bytes]]
        conditions += [{name: value} for name, value in fields.items()]
        sign = partial(
            self._s3.boto.generate_presigned_post,
            self._bucket,
            WAITING + checked(key),
            Fields=fields,
            Conditions=conditions,
            ExpiresIn=lasting(within_s),
        )
        made = await self._s3.run(sign)
        ends = datetime.now(UTC) + timedelta(seconds=within_s)
        return Upload(url=made["url"], fields=made["fields"], expires_at=ends)

    async def finalise(self, key: str, rules: Rules) -> Stored:
        """Read the upload once, check those bytes, and keep those bytes."""
        try:
            sent = await self._call("head_object", WAITING + checked(key))
        except NotFoundError:
            if (kept := await self.head(key)) is not None:
                return kept
            raise
        try:
            check_size(sent["ContentLength"], rules)
            data, content_type = await self._read(WAITING + key)
            check(data, content_type, rules)
        except UploadRefusedError:
            await self._call("delete_object", WAITING + key)
            raise
        kept = await self.put(key, data, content_type=content_type)
        await self._call("delete_object", WAITING + key)
        return kept

    async def aclose(self) -> None:
        """Close the connections."""
        await self._s3.aclose()

    async def _read(self, key: str) -> tuple[bytes, str]:
        def read() -> tuple[bytes, str]:
            answer = self._s3.boto.get_object(Bucket=self._bucket, Key=key)
            with answer["Body"] as body:
                return body.read(), answer["ContentType"]

        try:
            found: tuple[bytes, str] = await self._s3.run(read)
            return found
        except AwsRefusedError as problem:
            raise self._meaning(problem, key) from problem

    async def _call(self, operation: str, key: str, **parameters: Any) -> Any:
        try:
            return await self._s3.call(operation, Bucket=self._bucket, Key=key, **parameters)
        except AwsRefusedError as problem:
            raise self._meaning(problem, key) from problem

    def _meaning(self, problem: AwsRefusedError, key: str) -> NotFoundError | UnavailableError:
        if problem.code in GONE:
            return NotFoundError("file", key.removeprefix(WAITING))
        return UnavailableError("s3", problem.code)
