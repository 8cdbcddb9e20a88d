"""E-mail messages: no header is made of two, and requests to mail programs arrive unbroken."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.mail.message import MailEncryption, MailServer, build_message, parse_mail_address

AT = datetime(2027, 1, 27, 12, 0, tzinfo=UTC)
OF_CONTENT = ("mime-version", "content-type", "content-transfer-encoding")
NAMES = sorted(["from", "to", "subject", "message-id", "date", "other", *OF_CONTENT])
LONG = "https://portal.example.org/letters/stop?key=" + "a-Zz0_9" * 60


def make_message(
    subject: str = "A subject", text: str = "A text.\n", to: str = "amina@example.org", **more: str
) -> bytes:
    sender = parse_mail_address("portal@example.org", "The portal")
    return build_message(
        sender, parse_mail_address(to), subject, text, message_id="7@portal.example.org", sent_at=AT, extra_headers=more
    )


def test_a_long_address_in_a_header_stays_in_one_piece() -> None:
    raw = make_message(**{"List-Unsubscribe": f"<{LONG}>"})

    assert f"List-Unsubscribe: <{LONG}>\r\n".encode() in raw
    assert b"Message-ID: <7@portal.example.org>\r\n" in raw
    assert max(map(len, raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))) <= 76


@pytest.mark.parametrize("language", ["Un délai a été déplacé", "انتهى الإجراء", "沉默程序已结束", "Срок перенесён"])
def test_every_script_is_preserved(language: str) -> None:
    text = f"{language} " * 40 + "\n"
    read = message_from_bytes(make_message(language, text), policy=default)

    assert (read["Subject"], read.get_content().replace("\r\n", "\n")) == (language, text)
    assert read.get_content_type() == "text/plain"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_header_is_made_by_the_content_of_another(subject: str, to: str, other: str) -> None:
    """A subject or sender with a line break, or an invalid address, is refused; nothing else adds a header."""
    try:
        raw = make_message(subject, to=to, other=other)
    except ValueError:
        return
    message = message_from_bytes(raw, policy=default)
    assert sorted(name.lower() for name in message) == NAMES


@pytest.mark.parametrize("header", ["subject", "to", "other"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_line_break_is_refused(header: str, end: str) -> None:
    make_message()
    with pytest.raises(ValueError):  # noqa: PT011 - the message comes from the library
        make_message(**{header: f"amina@example.org{end}Bcc: everybody@example.org"})


@pytest.mark.parametrize(
    "text",
    ["", "amina", "amina@", "@example.org", "a@b", "a@example.org, b@example.org", "A <a@example.org>", "a b@x.y"],
)
def test_an_invalid_or_multiple_address_is_refused(text: str) -> None:
    assert parse_mail_address("amina@example.org").addr_spec == "amina@example.org"
    with pytest.raises(ValueError):  # noqa: PT011 - the message comes from the library
        parse_mail_address(text)


def test_the_host_of_an_address_is_written_in_ascii() -> None:
    assert parse_mail_address("amina@bücher.example").addr_spec == "amina@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://relay.example.org", MailServer("relay.example.org", 25, MailEncryption.NONE)),
        ("smtp+starttls://u:p%40@relay:2587", MailServer("relay", 2587, MailEncryption.STARTTLS, "u", "p@")),
        ("smtps://u:p@relay", MailServer("relay", 465, MailEncryption.TLS, "u", "p")),
        ("smtp://u:p@127.0.0.1:25", MailServer("127.0.0.1", 25, MailEncryption.NONE, "u", "p")),
    ],
)
def test_a_mail_server_is_read_from_its_url(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    ["relay:25", "http://relay", "smtp://", "smtp://relay/path", "smtp://u:p@relay.example.org", "smtp://relay:x"],
)
def test_an_invalid_server_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each case has its own message
        MailServer.parse(url)
