"""Requests as they are read off the wire: strictly, by llhttp, with little copying, and bounded.

llhttp refuses what h11 takes: both lengths at once, bare line feeds, folded lines (RFC 9112, 2.2, 5.2 and 6.3). What it
does not do is to bound a head: it would keep any amount of it.
"""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD: Final = 32 * 1024
"""Bytes of the address and the fields of one request, its trailing fields included."""
MOST_BESIDE: Final = 64 * 1024
"""Bytes of one request that are not its body, not counting the read in which it began: also what is not whole yet, and
the marks of chunks."""


class TooMuch(Exception):  # noqa: N818 - named for what it says of the request
    """The head of a request is longer than any of ours."""


class Bounded(HttpToolsProtocol):
    """A connection. A request that says too much beside its body is refused, and the connection closed."""

    head = beside = 0
    has_begun = False

    def on_message_begin(self) -> None:
        self.head, self.has_begun = 0, True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self.beside -= len(body)
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        self.has_begun = False
        super().data_received(data)
        self.beside = 0 if self.has_begun else self.beside + len(data)
        if self.beside > MOST_BESIDE:
            self.send_400_response("There is too much beside the body of this request.")

    def _count(self, more: int) -> None:
        """Raises TooMuch, which the parser hands on as a request that is not valid."""
        self.head += more
        if self.head > MOST_HEAD:
            raise TooMuch
