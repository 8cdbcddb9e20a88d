"""Where the demo lies, where it listens, and the secrets that it made for itself."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from app.housing import ROOT
from app.settings import DEMO_ISSUER_PATH

HOST = "127.0.0.1"
SECRETS = (
    "session_secret",
    "read_session_secret",
    "signing_key",
    "oidc_client_secret",
    "read_oidc_client_secret",
    "witness_key",
)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where it lies and where it listens."""

    home: Path = ROOT / ".demo"
    portal: int = 8000
    read: int = 8001
    provider: int = 8002
    witness: int = 8003

    @property
    def ports(self) -> tuple[int, ...]:
        return self.portal, self.read, self.provider, self.witness

    def address(self, port: int) -> str:
        return f"http://{HOST}:{port}"

    @property
    def issuer(self) -> str:
        return f"{self.address(self.provider)}{DEMO_ISSUER_PATH}"


def secrets_of(home: Path) -> Mapping[str, str]:
    """Made once and kept for us alone, so that sessions outlive a restart; one that an earlier demo lacks is added."""
    path = home / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if lacking := [name for name in SECRETS if name not in kept]:
        kept |= {name: token_urlsafe(32) for name in lacking}
        made = path.with_suffix(".new")
        made.unlink(missing_ok=True)
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(kept, out)
        made.replace(path)
    return kept
