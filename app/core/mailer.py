"""Sends mail through one SMTP server. Each message has a total time limit, which also holds for a server that keeps
answering slowly."""

import asyncio
import ssl
from contextlib import suppress
from typing import Self

import aiosmtplib

from app.core.mail import Cover, MailServer

PATIENCE = 30.0  # seconds for one message, including the connection
FAREWELL = 2.0  # seconds for QUIT


class Refused(Exception):  # noqa: N818 - named for the fault
    """The server will never accept this message."""


class Deferred(Exception):  # noqa: N818 - named for the fault
    """The server does not accept this message now."""


class Away(Exception):  # noqa: N818 - named for the fault
    """The server accepts nothing now: it does not answer, rejects the login, or fails the TLS check."""


class Line(aiosmtplib.SMTP):
    """A connection that closes at once: under TLS, an orderly close would wait for the other side."""

    def close(self) -> None:
        """Abort the transport without waiting for the server."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class Mailer:
    """Sends messages over one connection, which is opened for the first message and kept for later ones. A context
    manager."""

    def __init__(self, server: MailServer, sender: str, name: str, *, patience: float = PATIENCE) -> None:
        """Configure the connection; `sender` is the envelope sender, to which bounces go, `local_hostname` the name
        given in EHLO, `timeout` the seconds for one message."""
        self.sender, self.patience = sender, patience
        self._runner = asyncio.Runner()
        self._connection = Line(
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
        self._runner.run(self._quit())
        self._runner.close()

    def send(self, to: str, content: bytes) -> None:
        """Send a message and return once the server has accepted it.

        Raises MailRefused, MailDeferred or MailServerUnavailable. If the connection breaks before the answer, it is
        unknown whether the server accepted the message: that is MailServerUnavailable.
        """
        try:
            self._runner.run(asyncio.wait_for(self._send(to, content), self.patience))
        except (Refused, Deferred):
            raise
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._connection.close()
            raise Away(type(error).__name__) from error

    async def _send(self, to: str, content: bytes) -> None:
        """Connect if necessary and send the message, with SMTPUTF8 for an address beyond ASCII. Raises as `send`
        does."""
        if not self._connection.is_connected:
            await self._connection.connect()
        options = () if to.isascii() else ("SMTPUTF8",)
        try:
            await self._connection.sendmail(self.sender, to, content, mail_options=options)
        except aiosmtplib.SMTPNotSupported as error:
            raise Refused(type(error).__name__) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _error_of(error.recipients[0]) from error
        except aiosmtplib.SMTPDataError as error:
            raise _error_of(error) from error

    async def _quit(self) -> None:
        """Close the connection; a QUIT that fails does not matter, since what was accepted stays accepted."""
        if self._connection.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self._connection.quit(timeout=FAREWELL)
        self._connection.close()
        await asyncio.sleep(0)  # lets the event loop close the aborted transport


def _error_of(answer: aiosmtplib.SMTPResponseException) -> Exception:
    """Convert an SMTP answer to an error: 5xx is permanent; 421 means that the server is closing (RFC 5321, 4.2)."""
    if answer.code == 421:
        return Away("421")
    return Refused(str(answer.code)) if 500 <= answer.code < 600 else Deferred(str(answer.code))
