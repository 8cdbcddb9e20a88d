"""A line of somebody at a distance: slow, cut from time to time, and with an address of its own."""

import asyncio
import time
from dataclasses import dataclass
from random import Random

HOST = "127.0.0.1"
BLOCK = 16 * 1024
PATIENCE = 120.0
"""Seconds that an answer is waited for after the last byte, as the script of the portal does."""


class LineCut(Exception):
    """The line was cut before the answer was there."""


class NoAnswer(Exception):
    """The answer did not come in time, or the connection was closed without one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its header fields in lower case."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Line:
    """A line that takes `speed` bytes of a second upwards, and is cut every `cut_every` seconds on the average.

    Answers come at the speed of this machine: their time is that of the servers. Each request has a connection of its
    own. `number` gives the address that it comes from.
    """

    def __init__(self, port: int, number: int, speed: float, cut_every: float, chance: Random) -> None:
        self._port, self._speed, self._cut_every, self._chance = port, speed, cut_every, chance
        self._address = f"127.1.{number // 250}.{number % 250 + 1}"
        self.cuts = 0
        self.last_byte_at = 0.0
        """When the last byte of the last request with a body had been sent."""
        self._cut_at = self._draw_cut()

    def _draw_cut(self) -> float:
        return time.monotonic() + self._chance.expovariate(1 / self._cut_every)

    async def exchange(
        self, method: str, path: str, fields: dict[str, str], body: bytes = b"", *, is_paced: bool = False
    ) -> Answer:
        """Send a request and return its answer. Raises LineCut, NoAnswer."""
        until = min(self._cut_at, time.monotonic() + PATIENCE + (len(body) / self._speed if is_paced else 0))
        try:
            async with asyncio.timeout(until - time.monotonic()):
                return await self._exchange(method, path, fields, body, self._speed if is_paced else 0.0)
        except TimeoutError:
            if until < self._cut_at:
                raise NoAnswer(f"{method}: no answer") from None
            self.cuts, self._cut_at = self.cuts + 1, self._draw_cut()
            raise LineCut from None
        except (OSError, EOFError) as closed:
            raise NoAnswer(f"{method}: {type(closed).__name__}") from closed

    async def _exchange(self, method: str, path: str, fields: dict[str, str], body: bytes, speed: float) -> Answer:
        reader, writer = await asyncio.open_connection(HOST, self._port, local_addr=(self._address, 0))
        try:
            own = {"Host": f"{HOST}:{self._port}", "Connection": "close", "Accept-Language": "en"}
            if body or method in ("POST", "PATCH"):
                own["Content-Length"] = str(len(body))
            head = "".join(f"{name}: {value}\r\n" for name, value in (own | fields).items())
            writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode())
            await _write_paced(writer, body, speed)
            if body:
                self.last_byte_at = time.monotonic()
            return _parse_answer(await reader.read(-1), has_body=method != "HEAD")
        finally:
            writer.transport.abort()


async def _write_paced(writer: asyncio.StreamWriter, body: bytes, speed: float) -> None:
    """Write a body at a speed in bytes of a second; 0: as fast as it goes."""
    start = time.monotonic()
    for at in range(0, len(body), BLOCK):
        if speed and (early := start + at / speed - time.monotonic()) > 0:
            await asyncio.sleep(early)
        writer.write(body[at : at + BLOCK])
        await writer.drain()
    if speed and (early := start + len(body) / speed - time.monotonic()) > 0:
        await asyncio.sleep(early)


def _parse_answer(received: bytes, *, has_body: bool) -> Answer:
    """Parse an answer that ended with its connection. Raises EOFError if it is not whole."""
    head, found, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if not found or (has_body and len(body) < int(fields.get("content-length", "0"))):
        raise EOFError("the answer is not whole")
    return Answer(int(first.split(" ")[1]), fields, body)
