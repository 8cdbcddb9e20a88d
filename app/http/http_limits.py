"""Strict and bounded parsing of HTTP requests, by llhttp.

llhttp rejects what h11 accepts: both lengths at once, bare line feeds, folded lines (RFC 9112, 2.2, 5.2 and 6.3). It
does not limit the size of a request head, so this module does.
"""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES: Final = 32 * 1024
"""Bytes of the URL and the header fields of one request, including its trailer fields."""
MAX_NON_BODY_BYTES: Final = 64 * 1024
"""Bytes of one request outside its body, not counting the read in which it began: including incomplete header fields
and chunk markers."""


class RequestHeadTooLarge(Exception):
    """The head of a request exceeds `MAX_HEAD_BYTES`."""


class HeadBoundedHttpProtocol(HttpToolsProtocol):
    """HTTP connection that answers 400 and closes if a request has too many bytes outside its body."""

    head_bytes = non_body_bytes = 0
    has_request_begun = False

    def on_message_begin(self) -> None:
        self.head_bytes, self.has_request_begun = 0, True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self.non_body_bytes -= len(body)
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        self.has_request_begun = False
        super().data_received(data)
        self.non_body_bytes = 0 if self.has_request_begun else self.non_body_bytes + len(data)
        if self.non_body_bytes > MAX_NON_BODY_BYTES:
            self.send_400_response("There is too much beside the body of this request.")

    def _count(self, length: int) -> None:
        """Add to the size of the head. Raises RequestHeadTooLarge, which the parser treats as an invalid request."""
        self.head_bytes += length
        if self.head_bytes > MAX_HEAD_BYTES:
            raise RequestHeadTooLarge
