"""The mailbox of returned e-mails: a Maildir folder, or an IMAP server, read once and never emptied."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from mailbox import Maildir
from pathlib import Path

import pytest

from app.core.mail.returned_mail import MAX_MESSAGE_BYTES, ReturnedMailbox, ReturnedMailUnavailable
from tests.core.test_smtp import Certified, make_certified_context  # noqa: F401 - a fixture


class ImapServer(socketserver.ThreadingTCPServer):
    """As much of IMAP (RFC 3501) as reading new messages needs."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, messages: list[bytes], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), ImapHandler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.messages, self.seen, self.commands = messages, set(), []


class ImapHandler(socketserver.StreamRequestHandler):
    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def handle(self) -> None:
        self.say(b"* OK ready")
        for line in self.rfile:
            tag, _, command = line.strip().partition(b" ")
            self.server.commands.append(command.decode())
            words = command.split()
            if words[0] == b"LOGIN" and command != b'LOGIN portal "a pass/word"':
                self.say(tag + b" NO wrong")
                continue
            self.answer(words)
            self.say(tag + b" OK done")

    def answer(self, words: list[bytes]) -> None:
        server = self.server
        if words[0] == b"CAPABILITY":
            self.say(b"* CAPABILITY IMAP4rev1")
        elif words[0] == b"SELECT":
            self.say(b"* %d EXISTS" % len(server.messages))
        elif words[:2] == [b"UID", b"SEARCH"]:
            new = [number for number in range(1, len(server.messages) + 1) if number not in server.seen]
            self.say(b"* SEARCH " + b" ".join(b"%d" % number for number in new))
        elif words[:2] == [b"UID", b"FETCH"]:
            content = server.messages[int(words[2]) - 1][:MAX_MESSAGE_BYTES]
            self.say(b"* %s FETCH (UID %s BODY[]<0> {%d}\r\n%s)" % (words[2], words[2], len(content), content))
        elif words[:2] == [b"UID", b"STORE"]:
            server.seen.add(int(words[2]))
        elif words[0] == b"LOGOUT":
            self.say(b"* BYE")


@contextmanager
def run_imap_server(*messages: bytes, tls: ssl.SSLContext | None = None) -> Iterator[ImapServer]:
    with ImapServer(list(messages), tls) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def imap_mailbox(server: ImapServer, password: str = "a%20pass%2Fword", *, scheme: str = "imap") -> ReturnedMailbox:
    return ReturnedMailbox.parse(f"{scheme}://portal:{password}@127.0.0.1:{server.server_address[1]}/Returns")


def read(mailbox: ReturnedMailbox) -> list[bytes]:
    found = []
    assert mailbox.read_new_messages(found.append) == len(found)
    return found


def fail(_content: bytes) -> None:
    raise RuntimeError("the database is down")


def test_a_folder_is_read_once_and_keeps_its_messages(tmp_path: Path) -> None:
    folder, mailbox = tmp_path / "returns", ReturnedMailbox.parse(f"maildir://{tmp_path}/returns")
    stored = Maildir(folder, create=True)
    stored.add(b"Subject: one\n\n")
    stored.add(b"Subject: two\n\n" + b"x" * 2 * MAX_MESSAGE_BYTES)

    with pytest.raises(RuntimeError):
        mailbox.read_new_messages(fail)
    assert sorted(map(len, read(mailbox))) == [14, MAX_MESSAGE_BYTES]
    assert read(mailbox) == []
    assert {message.get_flags() for message in Maildir(folder)} == {"S"}


def test_a_server_is_read_once_and_keeps_its_messages() -> None:
    with run_imap_server(b"Subject: one\r\n\r\n", b"Subject: two\r\n\r\n") as server:
        with pytest.raises(RuntimeError):
            imap_mailbox(server).read_new_messages(fail)
        assert read(imap_mailbox(server)) == [b"Subject: one\r\n\r\n", b"Subject: two\r\n\r\n"]
        assert read(imap_mailbox(server)) == []

        assert 'SELECT "Returns"' in server.commands
        assert not any("EXPUNGE" in each or "Deleted" in each for each in server.commands)


def test_nothing_is_said_to_a_server_with_an_unknown_certificate(
    make_certified_context: Certified,  # noqa: F811 - the fixture
) -> None:
    with run_imap_server(b"Subject: one\r\n\r\n", tls=make_certified_context()) as server:
        assert read(imap_mailbox(server, scheme="imaps")) == [b"Subject: one\r\n\r\n"]
    with run_imap_server(b"Subject: one\r\n\r\n", tls=make_certified_context("127.0.0.9")) as server:
        with pytest.raises(ReturnedMailUnavailable, match="SSL"):
            read(imap_mailbox(server, scheme="imaps"))
        assert server.commands == []


def test_what_cannot_be_read_now_is_said(tmp_path: Path) -> None:
    with run_imap_server() as server, pytest.raises(ReturnedMailUnavailable):
        read(imap_mailbox(server, "wrong"))
    with pytest.raises(ReturnedMailUnavailable):
        read(imap_mailbox(server))
    with pytest.raises(ReturnedMailUnavailable):
        read(ReturnedMailbox.parse(f"maildir://{tmp_path}/missing"))


@pytest.mark.parametrize(
    "url",
    [
        *("maildir://host/folder", "maildir:relative", "imaps://mail.example.org/INBOX", "pop3://u:p@mail.example.org"),
        *("imap://u:p@mail.example.org/INBOX", "imaps://u:p@/INBOX", "/var/mail"),
    ],
)
def test_an_address_that_is_none_or_would_send_a_password_in_clear_is_refused(url: str) -> None:
    assert ReturnedMailbox.parse("imaps://u:p@mail.example.org").port == 993

    with pytest.raises(ValueError, match=r"must be|under TLS"):
        ReturnedMailbox.parse(url)
