"""Handing mail to the one server that sends it on, in a time that ends whatever the server does: one that says a little
every now and then is no exception.
"""

import asyncio
import ssl
from contextlib import suppress
from typing import Self

import aiosmtplib

from app.core.mail import Cover, MailServer

PATIENCE = 30.0  # seconds for one letter, the connection included
FAREWELL = 2.0


class Refused(Exception):  # noqa: N818 - what became of it
    """The server will never take this one."""


class Deferred(Exception):  # noqa: N818 - what became of it
    """The server does not take this one now."""


class Away(Exception):  # noqa: N818 - what the server is
    """The server takes nothing now: it does not answer, does not let us in, or is not who it should be."""


class Line(aiosmtplib.SMTP):
    """A line to the server that is closed when we say so: under TLS, a polite end would wait for the other side."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class Mailer:
    """One line to the server, opened for the first letter and kept for those that follow; to be closed at the end."""

    def __init__(self, server: MailServer, sender: str, name: str, *, patience: float = PATIENCE) -> None:
        """`sender` is where what cannot be delivered goes back to, `name` what we say we are called."""
        self.sender, self.patience = sender, patience
        self._runner = asyncio.Runner()
        self._line = Line(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=name,
            timeout=patience,
            use_tls=server.cover is Cover.TLS,
            start_tls=server.cover is Cover.STARTTLS,
            tls_context=None if server.cover is Cover.NONE else ssl.create_default_context(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._farewell())
        self._runner.close()

    def send(self, to: str, content: bytes) -> None:
        """Hand it over; back once the server has taken it. Raises Refused, Deferred or Away.

        Where the line breaks before the server has said so, nobody knows whether it took it: that is Away.
        """
        try:
            self._runner.run(asyncio.wait_for(self._send(to, content), self.patience))
        except (Refused, Deferred):
            raise
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as fault:
            self._line.close()
            raise Away(type(fault).__name__) from fault

    async def _send(self, to: str, content: bytes) -> None:
        if not self._line.is_connected:
            await self._line.connect()
        options = () if to.isascii() else ("SMTPUTF8",)
        try:
            await self._line.sendmail(self.sender, to, content, mail_options=options)
        except aiosmtplib.SMTPNotSupported as fault:
            raise Refused(type(fault).__name__) from fault
        except aiosmtplib.SMTPRecipientsRefused as fault:
            raise _judged(fault.recipients[0]) from fault
        except aiosmtplib.SMTPDataError as fault:
            raise _judged(fault) from fault

    async def _farewell(self) -> None:
        """What was taken was taken, whether or not the server hears us out."""
        if self._line.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self._line.quit(timeout=FAREWELL)
        self._line.close()
        await asyncio.sleep(0)  # the loop closes what was let go


def _judged(said: aiosmtplib.SMTPResponseException) -> Exception:
    """5xx is for good; 421 says that the server goes away (RFC 5321, 4.2)."""
    if said.code == 421:
        return Away("421")
    return Refused(str(said.code)) if 500 <= said.code < 600 else Deferred(str(said.code))
