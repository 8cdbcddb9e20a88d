"""Handing mail over to a real server that takes, refuses, puts off, hangs, drips or dies; and under TLS."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core.mail.message import MailServer
from app.core.mail.smtp import MailDeferred, Mailer, MailRefused, MailServerUnavailable
from tests.mail_server import PASSWORD, USER, Postbox, a_postbox

LETTER = b"Subject: A letter\r\nMessage-ID: <1@example.org>\r\n\r\nA text.\r\n"
SENDER = "portal@example.org"


def a_mailer(box: Postbox, *, url: str = "", patience: float = 5.0) -> Mailer:
    return Mailer(MailServer.parse(url or box.url), SENDER, "portal.example.org", timeout=patience)


def test_several_letters_go_over_one_line() -> None:
    with a_postbox() as box, a_mailer(box) as mailer:
        for number in range(3):
            mailer.send(f"reader{number}@example.org", LETTER)

    assert (len(box.took), len(box.lines)) == (3, 1)
    assert box.raw == [LETTER] * 3


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        ("550 No such user", MailRefused),
        ("452 Full", MailDeferred),
        ("421 Going away", MailServerUnavailable),
        ("250 OK", None),
    ],
)
@pytest.mark.parametrize("where", ["recipient", "content"])
def test_what_the_server_says_of_a_letter_is_told_apart(answer: str, fate: type[Exception] | None, where: str) -> None:
    how = {"recipient": lambda _: answer} if where == "recipient" else {"content": answer}
    with a_postbox(**how) as box, a_mailer(box) as mailer:
        if fate is None:
            mailer.send("amina@example.org", LETTER)
        else:
            with pytest.raises(fate):
                mailer.send("amina@example.org", LETTER)

    assert len(box.took) == (fate is None)


def test_a_refused_letter_does_not_spoil_the_line_for_the_next() -> None:
    with a_postbox(recipient=lambda to: "550 No" if to.startswith("no") else "250 OK") as box, a_mailer(box) as mailer:
        with pytest.raises(MailRefused):
            mailer.send("nobody@example.org", LETTER)
        mailer.send("amina@example.org", LETTER)

    assert (len(box.took), len(box.lines)) == (1, 1)


def test_a_server_that_does_not_like_the_house_refuses_no_letter() -> None:
    with a_postbox(sender="550 Not from you") as box, a_mailer(box) as mailer, pytest.raises(MailServerUnavailable):
        mailer.send("amina@example.org", LETTER)


@pytest.mark.parametrize("how", [{"hangs": "hello"}, {"hangs": "content"}, {"drips": 0.1}, {"slow": 0.4}])
def test_a_server_that_hangs_drips_or_is_slow_is_waited_for_as_long_as_was_said(how: dict[str, object]) -> None:
    with a_postbox(**how) as box, a_mailer(box, patience=0.6) as mailer:
        began = monotonic()
        with pytest.raises(MailServerUnavailable):
            mailer.send("amina@example.org", LETTER)
        took = monotonic() - began

    assert 0.5 < took < 5
    assert box.took == []


@pytest.mark.parametrize("where", ["hello", "content", "taken"])
def test_after_a_server_that_died_the_next_letter_opens_a_line_of_its_own(where: str) -> None:
    with a_postbox(dies=where) as box, a_mailer(box) as mailer:
        with pytest.raises(MailServerUnavailable):
            mailer.send("amina@example.org", LETTER)
        box.dies = ""
        mailer.send("amina@example.org", LETTER)

    assert len(box.took) == (2 if where == "taken" else 1)
    assert len(box.lines) == 2


def test_where_nobody_listens_nobody_is_there() -> None:
    with a_postbox() as box:
        pass
    with a_mailer(box) as mailer, pytest.raises(MailServerUnavailable):
        mailer.send("amina@example.org", LETTER)


Certified = Callable[..., ssl.SSLContext]


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certified:
    """Makes certificates of 127.0.0.1 that this process trusts, or of another host."""

    def make(host: str = "127.0.0.1") -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem, kept = serialization.Encoding.PEM, tmp_path / "mail.pem"
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        kept.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
        monkeypatch.setenv("SSL_CERT_FILE", str(kept))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(kept)
        return context

    return make


@pytest.mark.parametrize("cover", ["starttls", "tls"])
def test_under_tls_the_password_opens_the_server(certified: Certified, cover: str) -> None:
    scheme = {"starttls": "smtp+starttls", "tls": "smtps"}[cover]
    with a_postbox(asks=True, **{cover: certified()}) as box:
        url = f"{scheme}://{USER}:a%20pass%3Aword%2F%40@127.0.0.1:{box.port}"
        assert MailServer.parse(url).password == PASSWORD
        with a_mailer(box, url=url) as mailer:
            mailer.send("amina@example.org", LETTER)
        with a_mailer(box, url=url.replace("pass", "wrong")) as mailer, pytest.raises(MailServerUnavailable):
            mailer.send("amina@example.org", LETTER)

    assert len(box.took) == 1


@pytest.mark.parametrize("cover", ["starttls", "tls"])
def test_a_server_of_another_name_is_told_nothing(certified: Certified, cover: str) -> None:
    scheme = {"starttls": "smtp+starttls", "tls": "smtps"}[cover]
    with a_postbox(**{cover: certified("127.0.0.9")}) as box:
        url = f"{scheme}://127.0.0.1:{box.port}"
        with a_mailer(box, url=url) as mailer, pytest.raises(MailServerUnavailable):
            mailer.send("amina@example.org", LETTER)

    assert box.took == []


def test_a_server_without_tls_is_told_nothing_where_tls_was_asked_for() -> None:
    with (
        a_postbox() as box,
        a_mailer(box, url=f"smtp+starttls://127.0.0.1:{box.port}") as mailer,
        pytest.raises(MailServerUnavailable),
    ):
        mailer.send("amina@example.org", LETTER)

    assert box.took == []


def test_letters_leave_in_the_script_of_an_address_where_the_server_can() -> None:
    with a_postbox() as box, a_mailer(box) as mailer:
        mailer.send("émile@example.org", LETTER)

    assert len(box.took) == 1
