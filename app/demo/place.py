"""Folder, ports and generated secrets of the demo."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from app.core.signing import Signer, SigningPurpose
from app.key_settings import PRIVATE_KEY_SETTINGS
from app.server.database_urls import PROJECT_ROOT
from app.settings import DEMO_ISSUER_PATH

HOST = "127.0.0.1"
FIRST_USER_PORT, LAST_PORT = 1024, 65_535
SECRET_NAMES = (
    "session_secret",
    "read_session_secret",
    "receipt_key",
    "release_key",
    "ledger_key",
    "mail_secret",
    "oidc_client_secret",
    "read_oidc_client_secret",
    "witness_key",
    "organization_key",
)


@dataclass(frozen=True, slots=True)
class DemoInstallation:
    """The folder and the ports of an installation of the demo."""

    home: Path = PROJECT_ROOT / ".demo"
    portal: int = 8000
    read: int = 8001
    provider: int = 8002
    witness: int = 8003
    smtp: int = 8004
    mailbox: int = 8005
    courier: int = 8006
    organization: int = 8007

    @classmethod
    def at_port(cls, first: int) -> "DemoInstallation":
        """Return the installation on eight ports from this one. Addresses are part of what it signs and of its
        accounts, so it has a folder of its own. Raises ValueError for a port that an ordinary user may not use."""
        if not FIRST_USER_PORT <= first <= LAST_PORT - 7:
            raise ValueError(f"choose a port from {FIRST_USER_PORT} to {LAST_PORT - 7}")
        return cls(PROJECT_ROOT / f".demo-{first}", *range(first, first + 8))

    @property
    def ports(self) -> tuple[int, ...]:
        return (
            *(self.portal, self.read, self.provider, self.witness, self.smtp, self.mailbox),
            *(self.courier, self.organization),
        )

    def build_url(self, port: int) -> str:
        return f"http://{HOST}:{port}"

    @property
    def mail(self) -> Path:
        """The folder of the e-mails that were received."""
        return self.home / "mail"

    @property
    def issuer(self) -> str:
        return f"{self.build_url(self.provider)}{DEMO_ISSUER_PATH}"


def load_or_generate_secrets(home: Path) -> Mapping[str, str]:
    """Load the secrets of the demo; missing ones are generated and stored, readable by the owner only."""
    path = home / "secrets.json"
    secrets: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if missing := [name for name in SECRET_NAMES if name not in secrets]:
        secrets |= {name: token_urlsafe(32) for name in missing}
        new_file = path.with_suffix(".new")
        new_file.unlink(missing_ok=True)
        descriptor = os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(secrets, file)
        new_file.replace(path)
    return secrets


def build_demo_signers(portal_url: str, secrets: Mapping[str, str]) -> Mapping[SigningPurpose, Signer]:
    """Build the signer of each purpose. The one key of a demo that an earlier version began stays valid."""
    earlier = (
        [Signer.from_secret(portal_url, secrets["signing_key"]).public_key.text] if "signing_key" in secrets else []
    )
    return {
        purpose: Signer.from_secret(portal_url, secrets[PRIVATE_KEY_SETTINGS[purpose]], earlier)
        for purpose in SigningPurpose
    }
