"""The e-mails that the mail server of a tested deployment received."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from time import monotonic, sleep

WAIT_SECONDS = 240.0
"""An e-mail leaves within two minutes of its event."""
LINK_PATTERN = re.compile(r"https://\S+[\w/-]")


def wait_for_mail(folder: Path, recipient: str, words: str) -> EmailMessage:
    """Return the first e-mail to somebody whose subject has these words. Raises RuntimeError if none comes."""
    until = monotonic() + WAIT_SECONDS
    while True:
        for message in list_mail(folder):
            if recipient in str(message["To"]) and words in str(message["Subject"]):
                return message
        if monotonic() > until:
            subjects = [f"{each['To']}: {each['Subject']}" for each in list_mail(folder)]
            raise RuntimeError(f"no e-mail {words!r} to {recipient}, but {subjects}")
        sleep(1)


def list_mail(folder: Path) -> Iterator[EmailMessage]:
    """Yield the e-mails in the order in which they came."""
    for path in sorted(folder.glob("*.eml")):
        yield message_from_bytes(path.read_bytes(), policy=default)


def list_links(message: EmailMessage) -> list[str]:
    """List the addresses in the text of an e-mail."""
    body = message.get_body(("plain",))
    return LINK_PATTERN.findall(str(body.get_content()) if body else "")


def get_unsubscribe_address(message: EmailMessage) -> str:
    """Return the address at which its recipient stops such e-mails without signing in (RFC 8058)."""
    return str(message["List-Unsubscribe"]).strip("<>")
