"""Waiting for a condition, with a deadline, in place of sleeping."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")

WITHIN_S = 30.0
"""A sign of a fault, however busy the machine is: what is waited for takes a small part of it."""


@overload
async def eventually(
    condition: Callable[[], Awaitable[T]], within: float = WITHIN_S, *, every: float = 0.01, why: str = ""
) -> T: ...


@overload
async def eventually(
    condition: Callable[[], T], within: float = WITHIN_S, *, every: float = 0.01, why: str = ""
) -> T: ...


async def eventually(
    condition: Callable[[], Any], within: float = WITHIN_S, *, every: float = 0.01, why: str = ""
) -> Any:
    """Ask again and again until the answer is true, and return it.

    Raises `AssertionError` with the last answer (or the last `AssertionError` of the condition itself) after `within` seconds.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while True:
        try:
            answer = condition()
            found = await answer if inspect.isawaitable(answer) else answer
            said: object = found
        except AssertionError as problem:
            found, said = None, problem
        if found:
            return found
        if loop.time() >= end:
            raise AssertionError(f"not within {within} s{': ' + why if why else ''}; the last answer was {said!r}")
        await asyncio.sleep(every)
