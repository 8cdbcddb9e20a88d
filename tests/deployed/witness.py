"""A witness in an installation of its own, as another organisation has it: `deploy/witness`."""

import json
import re
import secrets
import shutil
import ssl
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep

from app.cli.new_installation.certificates import CertificateAuthority
from tests.deployed.files import write_certificate, write_for_portal
from tests.deployed.installation import PORTAL_HOST, ROOT, WITNESS_HOST, run_docker
from tests.deployed.visitor import Visitor

ORIGIN = f"{PORTAL_HOST}/ledger"
VERIFIER = re.compile(rf"^.*({re.escape(WITNESS_HOST)}/w1\+\w+\+\S+)$", re.MULTILINE)
WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class DeployedWitness:
    """A witness that Docker publishes at a port of this machine."""

    folder: Path
    port: int

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` here and return what it printed. Raises CommandFailed."""
        environment = {"COMPOSE_PROJECT_NAME": "cwg-test-witness", "CWG_WITNESS_PORT": str(self.port)}
        return run_docker("compose", *arguments, folder=self.folder, environment=environment)

    def start(self, authority: CertificateAuthority, ledger: str) -> str:
        """Start it as docs/operating.md says, for the ledger with this verifier key; return the witness's own."""
        shutil.copytree(ROOT / "deploy" / "witness", self.folder)
        for name in ("secrets", "tls"):
            (self.folder / name).mkdir()
        write_for_portal(self.folder / "secrets" / "cwg_witness_key", b64encode(secrets.token_bytes(32)).decode())
        write_certificate(self.folder / "tls", authority, WITNESS_HOST)
        (self.folder / "witness.env").write_text(
            f"CWG_WITNESS_NAME={WITNESS_HOST}/w1\nCWG_WITNESSED={ledger}\n", encoding="utf-8"
        )
        self.compose("up", "--detach", "--wait")
        return VERIFIER.findall(self.compose("logs", "--no-log-prefix", "witness"))[-1]

    def wait_for_head(self, portal: Visitor, trust: ssl.SSLContext) -> str:
        """Return the head that the witness holds, once it is the last one of the portal, which has its cosignature.

        Raises RuntimeError if it does not come.
        """
        url, until = f"https://{WITNESS_HOST}", monotonic() + WAIT_SECONDS
        client = Visitor(url, {url: self.port}, trust).client
        path = f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
        while True:
            head, noted = portal.get("/ledger/checkpoint"), client.get(path).text
            if f"— {WITNESS_HOST}/w1 " in head and head.splitlines()[:3] == noted.splitlines()[:3]:
                return noted
            if monotonic() > until:
                raise RuntimeError(f"the witness holds {noted.splitlines()[:2]}, the portal {head.splitlines()[:2]}")
            sleep(1)


def find_ledger_key(visitor: Visitor) -> str:
    """Return the verifier key of the portal's ledger, from its list of keys."""
    (key,) = [each for each in json.loads(visitor.get("/keys.json"))["keys"] if each["purpose"] == "ledger"]
    return str(key["verifier"])
