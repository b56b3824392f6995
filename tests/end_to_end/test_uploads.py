"""An upload straight to the bucket, by the lines of docs/services/media.md, becomes a file that is shown."""

import asyncio
import io
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from tests.end_to_end.conftest import Confirmed, World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "services" / "media.md"
BLOCK = re.compile(r"An upload straight to the bucket:\n\n```sh\n(.*?)```", re.DOTALL)


async def test_a_form_sent_to_the_bucket_reaches_the_downloads(
    world: World, confirmed: Confirmed, tmp_path: Path
) -> None:
    for tool in ("curl", "jq"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not here")
    person = await confirmed("una")
    picture = io.BytesIO()
    Image.new("RGB", (320, 200), "#336633").save(picture, "JPEG")
    (tmp_path / "kiwi.jpg").write_bytes(picture.getvalue())
    media = world.settings.urls["media"]
    environment = {"PATH": os.environ["PATH"], "M": media, "SAM": person.token}
    [script] = BLOCK.findall(PAGE.read_text())
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    form = msgspec.json.decode((tmp_path / "form.json").read_bytes())
    headers = {"Authorization": f"Bearer {person.token}"}

    async def ready() -> Any:
        async with world.session.get(f"{media}/files/{form['file_id']}", headers=headers) as answer:
            found = await answer.json()
            return found if answer.status == 200 and found["state"] == "ready" else None

    file = await world.until(ready, "the file is looked into")
    async with world.session.get(f"{media}/files/{form['file_id']}/download", headers=headers) as answer:
        shown = Image.open(io.BytesIO(await answer.read()))
    async with world.session.get(f"{media}/uploads/{form['file_id']}", headers=headers) as answer:
        stands = (await answer.json())["state"]

    assert (file["width"], shown.format, stands) == (320, "WEBP", "arrived")
