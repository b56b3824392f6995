"""Runs the picture process: at most one a core but one, killed when it takes too long."""

import asyncio
import os
import sys

import msgspec

from reptidex.agents.media.pictures.worker import Renditions
from reptidex.errors import DomainError, UnavailableError

WALL_S = 60.0
_slots = asyncio.Semaphore(max(1, (os.cpu_count() or 2) - 1))


class PictureRefusedError(DomainError):
    """The picture could not be decoded within the limits."""

    status = 422
    title = "The picture cannot be used"


async def renditions(data: bytes, *, wall_s: float = WALL_S) -> Renditions:
    """Decode a picture in a process of its own and return its renditions.

    Raises `PictureRefusedError` for a picture that is damaged, too large, or too much work, and `UnavailableError` (retriable)
    where no process can be started or the machine is too busy.
    """
    async with _slots:
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "reptidex.agents.media.pictures.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
        except OSError as problem:
            raise UnavailableError("picture process", str(problem)) from problem
        try:
            out, _ = await asyncio.wait_for(child.communicate(data), wall_s)
        except TimeoutError:
            # The processor's time is bounded in the child: what takes this long without using it is a machine that is too busy.
            raise UnavailableError("picture process", f"no answer within {wall_s:g} s") from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode and child.returncode > 0:
        # It answers for every picture, so it cannot run here: nobody's upload is thrown away for that.
        raise UnavailableError("picture process", f"it ends with {child.returncode}")
    if child.returncode != 0:
        raise PictureRefusedError("the picture takes more memory or time than is given to one")
    said = msgspec.msgpack.decode(out, type=Renditions)
    if said.refused:
        raise PictureRefusedError(said.refused)
    return said
