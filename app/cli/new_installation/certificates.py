"""A certificate authority whose key is in memory alone, for the certificates of some servers (RFC 5280, 4.2.1)."""

from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core import clock

CERTIFICATE_SIGNING: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class CertificateAuthority:
    """An authority: its key signs certificates of servers, and is forgotten with it."""

    def __init__(self, name: str, validity: timedelta) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name, self._validity = _build_name(name), validity
        self._key_identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        own = (
            self._begin(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(CERTIFICATE_SIGNING, critical=True)
            .add_extension(self._key_identifier, critical=False)
        )
        self.certificate = self._sign(own)
        """The certificate of the authority itself, as PEM."""

    def issue(self, *hosts: str) -> tuple[str, str]:
        """Return key and certificate of a server with these names, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._key_identifier)
        builder = (
            self._begin(_build_name(hosts[0]), key.public_key())
            .add_extension(names, critical=False)
            .add_extension(authority, critical=False)
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return private.decode(), self._sign(builder)

    def _begin(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = clock.now()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + self._validity)
        )

    def _sign(self, builder: x509.CertificateBuilder) -> str:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _build_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
