"""Passwords: what is too weak, and Argon2id at a cost that hurts a thief and not the other requests."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2

from reptidex.errors import InvalidError, UnavailableError

T = TypeVar("T")
SHORTEST, LONGEST = 8, 128
JUDGED = 72
"""Only so many characters are judged: the estimate takes quadratic time, and a longer password is no weaker."""
LEAST_SCORE = 2
"""Of 0 to 4 (Wheeler, zxcvbn, USENIX Security 2016): 2 resists 10^6 guesses online, and Argon2 makes each one dear."""
MEMORY_KIB, PASSES, LANES = 64 * 1024, 3, 1


class WeakPasswordError(InvalidError):
    """A password that is guessed too soon; the text says why and what would help."""

    title = "The password is too weak"


def check_strength(password: str, known: tuple[str, ...] = (), pointer: str = "/password") -> None:
    """Check a password that is about to be chosen; `known` is what a guesser knows (name, address).

    Raises `WeakPasswordError`.
    """
    if len(password) < SHORTEST:
        raise WeakPasswordError(f"a password has at least {SHORTEST} characters", pointer)
    if len(password) > LONGEST:
        raise InvalidError(f"a password has at most {LONGEST} characters", pointer)
    # Its word lists take 13 MB, which a worker should not hold before the first password comes.
    from zxcvbn import zxcvbn

    judged = zxcvbn(password[:JUDGED], user_inputs=[word for word in known if word])
    if judged["score"] < LEAST_SCORE:
        said = judged["feedback"]
        reasons = [said["warning"] or "This password would be guessed quickly.", *said["suggestions"]]
        raise WeakPasswordError(" ".join(text.rstrip(".") + "." for text in reasons), pointer)


class Hashing:
    """Argon2id in threads: at most two at a time, so that a wave of sign-ins leaves a core for everything else.

    64 MiB, 3 passes, 1 lane: above OWASP's 19 MiB/2/1 and ASVS's 46 MiB/1/1. Close it with `aclose`.
    """

    def __init__(
        self, *, slots: int = 2, waiting: int = 64, memory_kib: int = MEMORY_KIB, passes: int = PASSES
    ) -> None:
        self._argon = argon2.PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="argon2")
        self._room = slots + waiting
        self._busy = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return the encoded hash. Raises `UnavailableError` where too many wait already."""
        return await self._run(lambda: self._argon.hash(password))

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Tell whether a password is the one that was hashed.

        None for `encoded` stands for a user that does not exist: as much work is done, and the answer is no.
        Raises `UnavailableError` where too many wait already.
        """
        if encoded is None and self._nobody is None:
            self._nobody = await self.hash(secrets.token_urlsafe(16))
        against = encoded or self._nobody or ""
        return await self._run(lambda: self._verify(against, password)) and encoded is not None

    async def check_strength(self, password: str, known: tuple[str, ...] = (), pointer: str = "/password") -> None:
        """Do `check_strength` in one of the threads: it takes milliseconds of pure Python."""
        await self._run(lambda: check_strength(password, known, pointer))

    def outdated(self, encoded: str) -> bool:
        """Tell whether a hash was made at another cost, and should be made anew at the next sign-in."""
        return self._argon.check_needs_rehash(encoded)

    async def aclose(self) -> None:
        """End the threads after what they do now."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    def _verify(self, encoded: str, password: str) -> bool:
        with contextlib.suppress(argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return self._argon.verify(encoded, password)
        return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._busy >= self._room:
            raise UnavailableError("password hashing", "too many people are signing in at this moment")
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._busy -= 1
