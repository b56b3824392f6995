"""The AWS double's keys and files outlive its process."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

LIFE = """
import asyncio, os, sys
from pathlib import Path
from reptidex.connectors.files import file_store
from reptidex.connectors.keys import signer, vault
from reptidex.doubles.aws import Provisions, aws_double
from reptidex.doubles.aws_state import AwsState
from reptidex.settings import Settings
from reptidex.testing import eventually

def files_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}

async def life(folder):
    async with aws_double(state=folder / "aws") as aws:
        settings = Settings(aws_endpoint=aws.url, aws_region=aws.region)
        keeper, files, tokens = vault(settings), file_store(settings), signer(settings)
        sealed = folder / "sealed"
        if not sealed.exists():
            sealed.write_bytes(await keeper.seal(b"secret", context="user:1"))
            await files.put("a/photo.png", b"picture", content_type="image/png")
            await files.put("gone", b"x", content_type="text/plain")
            await files.delete("gone")
            await tokens.rotate()
            kids = ",".join(key.kid for key in await tokens.keys())
            (folder / "kids").write_text(kids)
            AwsState(folder / "now", aws.region, Provisions().bucket).save()
            await eventually(lambda: files_in(folder / "aws") == files_in(folder / "now"), 60)
            os._exit(9)
        assert await keeper.unseal(sealed.read_bytes(), context="user:1") == b"secret"
        assert await files.get("a/photo.png") == b"picture"
        stored = await files.head("a/photo.png")
        assert (stored.content_type, len(stored.digest)) == ("image/png", 64)
        assert await files.head("gone") is None
        assert ",".join(key.kid for key in await tokens.keys()) == (folder / "kids").read_text()

asyncio.run(life(Path(sys.argv[1])))
"""


@pytest.mark.slow
async def test_what_was_sealed_and_stored_is_there_after_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIFE, str(tmp_path)]
    first = await asyncio.to_thread(subprocess.run, command, timeout=80, check=False)
    second = await asyncio.to_thread(subprocess.run, command, timeout=80, check=False)

    assert (first.returncode, second.returncode) == (9, 0)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "aws").rglob("*") if path.is_file()} == {0o600}
