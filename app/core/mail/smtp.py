"""Sends mail through one SMTP server. Each message has a total time limit, which also holds for a server that keeps
answering slowly."""

import asyncio
import ssl
from contextlib import suppress
from typing import Self

import aiosmtplib

from app.core.mail.message import MailEncryption, MailServer

SEND_TIMEOUT = 30.0  # seconds for one message, including the connection
QUIT_TIMEOUT = 2.0  # seconds for QUIT


class MailRefused(Exception):
    """The server will never accept this message."""


class MailDeferred(Exception):
    """The server does not accept this message now."""


class MailServerUnavailable(Exception):
    """The server accepts nothing now: it does not answer, rejects the login, or fails the TLS check."""


class SmtpConnection(aiosmtplib.SMTP):
    """A connection that closes at once: under TLS, an orderly close would wait for the other side."""

    def close(self) -> None:
        """Abort the transport without waiting for the server."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class Mailer:
    """Sends messages over one connection, which is opened for the first message and kept for later ones. A context
    manager."""

    def __init__(self, server: MailServer, sender: str, local_hostname: str, *, timeout: float = SEND_TIMEOUT) -> None:
        """Configure the connection; `sender` is the envelope sender, to which bounces go, `local_hostname` the name
        given in EHLO, `timeout` the seconds for one message."""
        self.sender, self.timeout = sender, timeout
        self._runner = asyncio.Runner()
        self._connection = SmtpConnection(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=local_hostname,
            timeout=timeout,
            use_tls=server.encryption is MailEncryption.TLS,
            start_tls=server.encryption is MailEncryption.STARTTLS,
            tls_context=None if server.encryption is MailEncryption.NONE else ssl.create_default_context(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._quit())
        self._runner.close()

    def send(self, recipient: str, content: bytes) -> None:
        """Send a message and return once the server has accepted it.

        Raises MailRefused, MailDeferred or MailServerUnavailable. If the connection breaks before the answer, it is
        unknown whether the server accepted the message: that is MailServerUnavailable.
        """
        try:
            self._runner.run(asyncio.wait_for(self._send(recipient, content), self.timeout))
        except (MailRefused, MailDeferred):
            raise
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._connection.close()
            raise MailServerUnavailable(type(error).__name__) from error

    async def _send(self, to: str, content: bytes) -> None:
        """Connect if necessary and send the message, with SMTPUTF8 for an address beyond ASCII. Raises as `send`
        does."""
        if not self._connection.is_connected:
            await self._connection.connect()
        options = () if to.isascii() else ("SMTPUTF8",)
        try:
            await self._connection.sendmail(self.sender, to, content, mail_options=options)
        except aiosmtplib.SMTPNotSupported as error:
            raise MailRefused(type(error).__name__) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _error_of(error.recipients[0]) from error
        except aiosmtplib.SMTPDataError as error:
            raise _error_of(error) from error

    async def _quit(self) -> None:
        """Close the connection; a QUIT that fails does not matter, since what was accepted stays accepted."""
        if self._connection.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self._connection.quit(timeout=QUIT_TIMEOUT)
        self._connection.close()
        await asyncio.sleep(0)  # lets the event loop close the aborted transport


def _error_of(answer: aiosmtplib.SMTPResponseException) -> Exception:
    """Convert an SMTP answer to an error: 5xx is permanent; 421 means that the server is closing (RFC 5321, 4.2)."""
    if answer.code == 421:
        return MailServerUnavailable("421")
    return MailRefused(str(answer.code)) if 500 <= answer.code < 600 else MailDeferred(str(answer.code))
