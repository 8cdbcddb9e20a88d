"""Files in the folder of a tested installation, for the user of its containers: secrets, and the certificates of nginx
and of the services of the test, by an authority of its own."""

import os
from datetime import timedelta
from pathlib import Path

from app.cli.new_installation.certificates import CertificateAuthority
from app.cli.new_installation.files import PORTAL_USER

VALIDITY = timedelta(days=30)


def create_authority() -> CertificateAuthority:
    """Create an authority that only the test trusts."""
    return CertificateAuthority("authority of a test", VALIDITY)


def write_for_portal(path: Path, text: str, mode: int = 0o400) -> None:
    """Write a file that belongs to the user of the portal's image. What is there is replaced."""
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    give_to_portal(path)


def give_to_portal(path: Path) -> None:
    """Let a file or folder belong to the user of the portal's image."""
    os.chown(path, PORTAL_USER, PORTAL_USER)


def write_certificate(folder: Path, authority: CertificateAuthority, *hosts: str) -> None:
    """Write certificate and key of some hosts into a folder, as nginx reads them. What is there is replaced."""
    key, certificate = authority.issue(*hosts)
    write_for_portal(folder / "certificate.pem", certificate, 0o644)
    write_for_portal(folder / "key.pem", key)
