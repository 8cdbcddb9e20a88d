"""Delivery of mail to a real server that accepts, refuses, defers, hangs, drips or dies; and under TLS."""

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
from tests.mail_server import PASSWORD, USER, Postbox, run_postbox

MESSAGE = b"Subject: A letter\r\nMessage-ID: <1@example.org>\r\n\r\nA text.\r\n"
SENDER = "portal@example.org"


def make_mailer(box: Postbox, *, url: str = "", patience: float = 5.0) -> Mailer:
    return Mailer(MailServer.parse(url or box.url), SENDER, "portal.example.org", timeout=patience)


def test_several_messages_use_one_connection() -> None:
    with run_postbox() as box, make_mailer(box) as mailer:
        for number in range(3):
            mailer.send(f"reader{number}@example.org", MESSAGE)

    assert (len(box.took), len(box.lines)) == (3, 1)
    assert box.raw == [MESSAGE] * 3


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        ("550 No such user", MailRefused),
        ("452 Full", MailDeferred),
        ("421 Going away", MailServerUnavailable),
        ("250 OK", None),
    ],
)
@pytest.mark.parametrize("stage", ["recipient", "content"])
def test_the_answers_of_the_server_are_distinguished(answer: str, fate: type[Exception] | None, stage: str) -> None:
    behaviour = {"recipient": lambda _: answer} if stage == "recipient" else {"content": answer}
    with run_postbox(**behaviour) as box, make_mailer(box) as mailer:
        if fate is None:
            mailer.send("amina@example.org", MESSAGE)
        else:
            with pytest.raises(fate):
                mailer.send("amina@example.org", MESSAGE)

    assert len(box.took) == (fate is None)


def test_a_refused_message_does_not_affect_the_next_on_the_connection() -> None:
    with (
        run_postbox(recipient=lambda to: "550 No" if to.startswith("no") else "250 OK") as box,
        make_mailer(box) as mailer,
    ):
        with pytest.raises(MailRefused):
            mailer.send("nobody@example.org", MESSAGE)
        mailer.send("amina@example.org", MESSAGE)

    assert (len(box.took), len(box.lines)) == (1, 1)


def test_a_refusal_of_the_sender_is_not_a_refusal_of_a_message() -> None:
    with (
        run_postbox(sender="550 Not from you") as box,
        make_mailer(box) as mailer,
        pytest.raises(MailServerUnavailable),
    ):
        mailer.send("amina@example.org", MESSAGE)


@pytest.mark.parametrize("behaviour", [{"hangs": "hello"}, {"hangs": "content"}, {"drips": 0.1}, {"slow": 0.4}])
def test_a_server_that_hangs_drips_or_is_slow_is_given_the_timeout(behaviour: dict[str, object]) -> None:
    with run_postbox(**behaviour) as box, make_mailer(box, patience=0.6) as mailer:
        start_time = monotonic()
        with pytest.raises(MailServerUnavailable):
            mailer.send("amina@example.org", MESSAGE)
        duration = monotonic() - start_time

    assert 0.5 < duration < 30
    assert box.took == []


@pytest.mark.parametrize("stage", ["hello", "content", "taken"])
def test_after_a_server_died_the_next_message_opens_a_new_connection(stage: str) -> None:
    with run_postbox(dies=stage) as box, make_mailer(box) as mailer:
        with pytest.raises(MailServerUnavailable):
            mailer.send("amina@example.org", MESSAGE)
        box.dies = ""
        mailer.send("amina@example.org", MESSAGE)

    assert len(box.took) == (2 if stage == "taken" else 1)
    assert len(box.lines) == 2


def test_a_closed_port_means_the_server_is_absent() -> None:
    with run_postbox() as box:
        pass
    with make_mailer(box) as mailer, pytest.raises(MailServerUnavailable):
        mailer.send("amina@example.org", MESSAGE)


Certified = Callable[..., ssl.SSLContext]


@pytest.fixture
def make_certified_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certified:
    """Create certificates of 127.0.0.1, or of another host, that this process trusts."""

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
        pem, path = serialization.Encoding.PEM, tmp_path / "mail.pem"
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    return make


@pytest.mark.parametrize("cover", ["starttls", "tls"])
def test_the_password_is_accepted_under_tls(make_certified_context: Certified, cover: str) -> None:
    scheme = {"starttls": "smtp+starttls", "tls": "smtps"}[cover]
    with run_postbox(asks=True, **{cover: make_certified_context()}) as box:
        url = f"{scheme}://{USER}:a%20pass%3Aword%2F%40@127.0.0.1:{box.port}"
        assert MailServer.parse(url).password == PASSWORD
        with make_mailer(box, url=url) as mailer:
            mailer.send("amina@example.org", MESSAGE)
        with (
            make_mailer(box, url=url.replace("pass", "wrong")) as mailer,
            pytest.raises(MailServerUnavailable, match="SMTPAuthenticationError"),
        ):
            mailer.send("amina@example.org", MESSAGE)

    assert len(box.took) == 1


@pytest.mark.parametrize("cover", ["starttls", "tls"])
def test_nothing_is_sent_to_a_server_of_another_name(make_certified_context: Certified, cover: str) -> None:
    scheme = {"starttls": "smtp+starttls", "tls": "smtps"}[cover]
    with run_postbox(**{cover: make_certified_context("127.0.0.9")}) as box:
        url = f"{scheme}://127.0.0.1:{box.port}"
        with make_mailer(box, url=url) as mailer, pytest.raises(MailServerUnavailable):
            mailer.send("amina@example.org", MESSAGE)

    assert box.took == []


def test_nothing_is_sent_without_tls_where_tls_is_required() -> None:
    with (
        run_postbox() as box,
        make_mailer(box, url=f"smtp+starttls://127.0.0.1:{box.port}") as mailer,
        pytest.raises(MailServerUnavailable),
    ):
        mailer.send("amina@example.org", MESSAGE)

    assert box.took == []


def test_messages_use_the_script_of_an_address_where_the_server_supports_it() -> None:
    with run_postbox() as box, make_mailer(box) as mailer:
        mailer.send("émile@example.org", MESSAGE)

    assert len(box.took) == 1
