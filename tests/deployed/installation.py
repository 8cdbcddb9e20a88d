"""One installation on Docker: the folder that `init` fills, and `docker compose` there."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core import clock

ROOT = Path(__file__).parents[2]
PORTAL, READ, ISSUER = "https://portal.cwg.test", "https://read.cwg.test", "https://idp.cwg.test/realms/test"
HOSTS = ("portal.cwg.test", "read.cwg.test", "idp.cwg.test")
PORTAL_USER = 10001
CLIENT_SECRETS = ("cwg_oidc_client_secret", "cwg_read_oidc_client_secret")


KEY_USAGE_OF_AUTHORITY = x509.KeyUsage(
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


class CommandFailed(RuntimeError):
    """A command of Docker failed; the message ends with what it wrote last."""


def run_docker(*arguments: str, folder: Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """Run a command of Docker and return what it printed. Raises CommandFailed."""
    done = subprocess.run(
        ["docker", *arguments],
        cwd=folder,
        env=os.environ | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"docker {' '.join(arguments)}: {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class DeployedInstallation:
    """An installation whose ports begin at `first_port`: http, https, and the provider's."""

    folder: Path
    name: str
    subnets: str
    first_port: int

    @property
    def ports(self) -> dict[str, int]:
        """The port at which Docker publishes each origin."""
        addresses = {f"http://{host}": self.first_port for host in HOSTS[:2]}
        addresses |= {f"https://{host}": self.first_port + 1 for host in HOSTS[:2]}
        return addresses | {f"https://{HOSTS[2]}": self.first_port + 2}

    @property
    def environment(self) -> dict[str, str]:
        return {
            "COMPOSE_PROJECT_NAME": self.name,
            "COMPOSE_FILE": "compose.yaml:compose.test.yaml",
            "CWG_SOURCE": str(ROOT),
            "CWG_SUBNETS": self.subnets,
            "CWG_HTTP_PORT": str(self.first_port),
            "CWG_HTTPS_PORT": str(self.first_port + 1),
            "CWG_PROVIDER_PORT": str(self.first_port + 2),
        }

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` here and return what it printed. Raises CommandFailed."""
        return run_docker("compose", *arguments, folder=self.folder, environment=self.environment)

    def create(self) -> str:
        """Fill the folder as docs/operating.md says, with certificates of the test; return what `init` printed."""
        shutil.copytree(ROOT / "deploy", self.folder)
        shutil.copy(ROOT / "tests" / "deployed" / "compose.test.yaml", self.folder)
        image = os.environ.get("CWG_IMAGE", "cwg-portal")
        addresses = ("--portal", PORTAL, "--read", READ, "--issuer", ISSUER)
        printed = run_docker(
            "run", "--rm", "--user", "0", "--volume", f"{self.folder}:/new", image, "init", "/new", *addresses
        )
        for name in CLIENT_SECRETS:
            (self.folder / "secrets" / name).write_text(f"given by the provider of the test for {name}\n")
        write_certificates(self.folder)
        return printed

    def trust(self) -> ssl.SSLContext:
        """What a browser trusts that knows the authority of the test alone."""
        return ssl.create_default_context(cafile=self.folder / "test-authority.pem")


def write_certificates(folder: Path) -> None:
    """Write a certificate of the three hosts for nginx and the provider, and that of its authority."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])])
    now = clock.now()
    of_authority = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    for path, name, public, extensions in (
        (
            "test-authority.pem",
            authority_name,
            authority_key.public_key(),
            (x509.BasicConstraints(True, None), of_authority, KEY_USAGE_OF_AUTHORITY),
        ),
        (
            "tls/certificate.pem",
            subject,
            key.public_key(),
            (
                x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]),
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of_authority),
            ),
        ),
    ):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=30))
        )
        for extension in extensions:
            is_critical = isinstance(extension, x509.BasicConstraints | x509.KeyUsage)
            builder = builder.add_extension(extension, critical=is_critical)
        certificate = builder.sign(authority_key, hashes.SHA256())
        (folder / path).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = folder / "tls" / "key.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    private.chmod(0o400)
    for path in (private, folder / "tls" / "certificate.pem"):
        os.chown(path, PORTAL_USER, PORTAL_USER)
