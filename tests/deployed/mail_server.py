"""The mail server of a tested deployment, in a container of its own: STARTTLS and a password, as an operator's has. It
sends nothing on; each message is a file in a folder that the test reads."""

import asyncio
import ssl
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

USER, PASSWORD, HOST, PORT = "cwg", "password of the test", "mail.cwg.test", 587
RECEIVED = Path("/var/mail/received")


class Receiver:
    """What the server does with a message."""

    def __init__(self) -> None:
        self._count = len(list(RECEIVED.iterdir()))  # those of before it was killed stay

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Store it under a number, and answer once it is stored."""
        self._count += 1
        path = RECEIVED / f"{self._count:05}.eml"
        path.with_suffix(".new").write_bytes(envelope.original_content or b"")
        path.with_suffix(".new").rename(path)
        return "250 OK"


def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _kind: str, given: object) -> AuthResult:
    """Accept the one password."""
    is_right = (getattr(given, "login", b""), getattr(given, "password", b"")) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


async def serve() -> None:
    """Serve until the container ends."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain("/run/tls/certificate.pem", "/run/tls/key.pem")
    receiver, loop = Receiver(), asyncio.get_running_loop()

    def answer() -> SMTP:
        return SMTP(
            receiver,
            hostname=HOST,
            tls_context=tls,
            require_starttls=True,
            authenticator=authenticate,
            auth_required=True,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    async with await loop.create_server(answer, "0.0.0.0", PORT) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
