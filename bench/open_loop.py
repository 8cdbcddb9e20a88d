"""Requests at drawn times, whatever becomes of those before: the time of each counts from when it was due."""

import asyncio
import time
from collections.abc import Sequence
from random import Random

CONNECTIONS = 200


async def time_arrivals(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> list[float]:
    """Send so many requests a second in rotation, for some seconds; return the milliseconds of each in order of length.

    Raises RuntimeError for any status but 200.
    """
    chance = Random(round(rate))  # noqa: S311 - times, no secret
    due, at = [], 0.0
    while (at := at + chance.expovariate(rate)) < seconds:
        due.append(at)
    arrivals, spent, start = iter(enumerate(due)), list[float](), time.perf_counter() + 0.5
    async with asyncio.TaskGroup() as connections:
        for _ in range(CONNECTIONS):
            connections.create_task(_serve_arrivals(port, requests, arrivals, start, spent))
    return sorted(spent)


async def _serve_arrivals(
    port: int, requests: Sequence[bytes], arrivals: "enumerate[float]", start: float, spent: list[float]
) -> None:
    """Send on one connection, as long as there are arrivals, each when it is due or as soon after as it can be."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number, due in arrivals:
        if (early := start + due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        writer.write(requests[number % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:16]:
            raise RuntimeError(head.decode("latin-1"))
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        spent.append((time.perf_counter() - start - due) * 1000)
    writer.close()
