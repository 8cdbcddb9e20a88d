"""nginx with the listen directives of deploy/nginx: versions and ciphers of TLS, and the headers of its own answers."""

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from app.core import clock
from app.http.security_headers import STRICT_TRANSPORT_SECURITY
from tests.http_server import free_port
from tests.nginx_server import NGINX_CONFIGURATION, needs_nginx, run_nginx

HOST = "portal.example.org"
FILES = ("listen.conf", "listen-8443.conf")


@dataclass(frozen=True)
class TlsFront:
    """nginx on a port, with a certificate of its own; no application is behind it."""

    port: int
    certificate: Path

    def connect(self, version: ssl.TLSVersion, ciphers: str = "DEFAULT") -> ssl.SSLSocket:
        """Connect with one version and these ciphers. Raises OSError if nginx accepts neither."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return context.wrap_socket(plain, server_hostname=HOST)

    def get(self, path: str) -> str:
        """Return status and headers of an answer, as they were sent."""
        with self.connect(ssl.TLSVersion.TLSv1_3) as sent:
            sent.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            with sent.makefile("rb") as answer:
                return answer.read().decode().partition("\r\n\r\n")[0]


def write_certificate(folder: Path) -> None:
    """Write a certificate of the host that vouches for itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    made = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key()).serial_number(1)
    made = made.not_valid_before(clock.now() - timedelta(days=1)).not_valid_after(clock.now() + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    (folder / "certificate.pem").write_bytes(made.sign(key, SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))


@pytest.fixture
def front(tmp_path: Path) -> Iterator[TlsFront]:
    port, closed = free_port(), f"127.0.0.1:{free_port()}"
    write_certificate(tmp_path)
    directives = (NGINX_CONFIGURATION / "listen-8443.conf").read_text(encoding="utf-8")
    listen = tmp_path / "tls.conf"
    listen.write_text(directives.replace("8443", f"127.0.0.1:{port}").replace("/etc/nginx/tls", str(tmp_path)))
    names = {"CWG_PORTAL_HOST": HOST, "CWG_READ_HOST": "read.example.org", "CWG_LISTEN": listen}
    behind = {"CWG_PORTAL_AT": closed, "CWG_READ_AT": closed, "CWG_STORE": tmp_path, "CWG_RELEASE_STORE": tmp_path}
    with run_nginx(tmp_path, port, **names, **behind):
        yield TlsFront(port, tmp_path / "certificate.pem")


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_listened_to_without_tls(name: str) -> None:
    directives = (NGINX_CONFIGURATION / name).read_text(encoding="utf-8")
    listened = re.findall(r"^listen ([^;]+);", directives, re.MULTILINE)

    assert listened != []
    assert all(each.endswith(" ssl") for each in listened)
    template = (NGINX_CONFIGURATION / "cwg.conf.template").read_text(encoding="utf-8")
    assert re.findall(r"^\s*listen\b.*", template, re.MULTILINE) == []


@pytest.mark.parametrize("name", FILES)
def test_each_cipher_authenticates_what_it_encrypts_under_a_key_of_the_connection(name: str) -> None:
    directives = (NGINX_CONFIGURATION / name).read_text(encoding="utf-8")
    (ciphers,) = re.findall(r"^ssl_ciphers (\S+);$", directives, re.MULTILINE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)

    assert re.findall(r"^ssl_protocols (.+);$", directives, re.MULTILINE) == ["TLSv1.2 TLSv1.3"]
    chosen = context.get_ciphers()
    assert len(chosen) >= ciphers.count(":") + 1
    assert all(each["aead"] and each["strength_bits"] >= 128 for each in chosen)
    assert {each["kea"] for each in chosen} == {"kx-ecdhe", "kx-any"}  # the second: of TLS 1.3, which has no other
    assert "AES256" in ciphers.partition(":")[0]
    assert "ssl_prefer_server_ciphers on;" in directives


@needs_nginx
def test_old_versions_and_weak_ciphers_are_refused(front: TlsFront) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with front.connect(version) as accepted:
            assert accepted.version() == version.name.replace("_", ".")
            assert "AES_256" in accepted.cipher()[0] or "AES256" in accepted.cipher()[0]

    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(OSError, match=r"SSL|reset"), pytest.warns(DeprecationWarning, match="TLSv1"):
            front.connect(version)
    with pytest.raises(OSError, match=r"SSL|reset"):
        front.connect(ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256")


@needs_nginx
@pytest.mark.parametrize("suffix", ["", ":8444"])
def test_http_leads_to_https_at_the_port_where_it_is_published(tmp_path: Path, suffix: str) -> None:
    port, closed = free_port(), f"127.0.0.1:{free_port()}"
    template = (NGINX_CONFIGURATION / "redirect-8080.conf.template").read_text(encoding="utf-8")
    values = {"8080": f"127.0.0.1:{port}", "${CWG_HTTPS_SUFFIX}": suffix}
    values |= {"${CWG_PORTAL_HOST}": HOST, "${CWG_READ_HOST}": "read.example.org"}
    for name, value in values.items():
        template = template.replace(name, value)
    (tmp_path / "redirect.conf").write_text(template)
    names = {"CWG_PORTAL_HOST": HOST, "CWG_READ_HOST": "read.example.org"}
    behind = {"CWG_PORTAL_AT": closed, "CWG_READ_AT": closed, "CWG_STORE": tmp_path, "CWG_RELEASE_STORE": tmp_path}

    with run_nginx(tmp_path, free_port(), more=f"include {tmp_path}/redirect.conf;", **names, **behind):
        answer = httpx2.get(f"http://127.0.0.1:{port}/a?b=c", headers={"host": HOST})

    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{HOST}{suffix}/a?b=c")


@needs_nginx
def test_answers_of_nginx_itself_have_the_headers_of_the_applications(front: TlsFront) -> None:
    for path, status in (("/", "502"), ("/" + "a" * 17_000, "414")):
        head = front.get(path)

        assert head.startswith(f"HTTP/1.1 {status} ")
        assert f"Strict-Transport-Security: {STRICT_TRANSPORT_SECURITY}" in head
        assert "X-Content-Type-Options: nosniff" in head
        assert "frame-ancestors 'none'" in head
