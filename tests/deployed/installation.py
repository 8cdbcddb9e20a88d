"""One installation on Docker: the folder that `init` fills, and `docker compose` there."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.cli.new_installation.certificates import CertificateAuthority
from tests.deployed import mail_server, s3_server
from tests.deployed.files import give_to_portal, write_certificate

ROOT = Path(__file__).parents[2]
PORTAL, READ, ISSUER = "https://portal.cwg.test", "https://read.cwg.test", "https://idp.cwg.test/realms/test"
PORTAL_HOST, READ_HOST, PROVIDER_HOST = "portal.cwg.test", "read.cwg.test", "idp.cwg.test"
WITNESS_HOST = "witness.cwg.test"
HOSTS = (PORTAL_HOST, READ_HOST, PROVIDER_HOST, mail_server.HOST, s3_server.HOST)
CLIENT_SECRETS = ("cwg_oidc_client_secret", "cwg_read_oidc_client_secret")
SENDER = "portal@cwg.test"
AUTHORITY = "test-authority.pem"


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
    overlays: tuple[str, ...] = ()

    @property
    def ports(self) -> dict[str, int]:
        """The port at which Docker publishes each origin."""
        addresses = {f"http://{host}": self.first_port for host in (PORTAL_HOST, READ_HOST)}
        addresses |= {f"https://{host}": self.first_port + 1 for host in (PORTAL_HOST, READ_HOST)}
        return addresses | {f"https://{PROVIDER_HOST}": self.first_port + 2}

    @property
    def environment(self) -> dict[str, str]:
        return {
            "COMPOSE_PROJECT_NAME": self.name,
            "COMPOSE_FILE": ":".join(("compose.yaml", "compose.test.yaml", *self.overlays)),
            "CWG_SOURCE": str(ROOT),
            "CWG_SUBNETS": self.subnets,
            "CWG_HTTP_PORT": str(self.first_port),
            "CWG_HTTPS_PORT": str(self.first_port + 1),
            "CWG_PROVIDER_PORT": str(self.first_port + 2),
        }

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` here and return what it printed. Raises CommandFailed."""
        return run_docker("compose", *arguments, folder=self.folder, environment=self.environment)

    def try_compose(self, *arguments: str) -> str:
        """Run `docker compose` here and return what it printed, whatever its exit code."""
        try:
            return self.compose(*arguments)
        except CommandFailed as error:
            return str(error)

    def create(self, authority: CertificateAuthority) -> str:
        """Fill the folder as docs/operating.md says, with certificates of the test; return what `init` printed."""
        shutil.copytree(ROOT / "deploy", self.folder)
        for path in (ROOT / "tests" / "deployed").glob("compose.*.yaml"):
            shutil.copy(path, self.folder)
        image = os.environ.get("CWG_IMAGE", "cwg-portal")
        addresses = ("--portal", PORTAL, "--read", READ, "--issuer", ISSUER)
        printed = run_docker(
            "run", "--rm", "--user", "0", "--volume", f"{self.folder}:/new", image, "init", "/new", *addresses
        )
        for name in CLIENT_SECRETS:
            self.write_secret(name, f"given by the provider of the test for {name}")
        password = quote(mail_server.PASSWORD)
        server = f"{mail_server.HOST}:{mail_server.PORT}"
        self.write_secret("cwg_smtp_url", f"smtp+starttls://{mail_server.USER}:{password}@{server}")
        self.change_settings(CWG_MAIL_FROM=SENDER)
        write_certificate(self.folder / "tls", authority, *HOSTS)
        (self.folder / AUTHORITY).write_text(authority.certificate, encoding="utf-8")
        (self.folder / "mail").mkdir()
        give_to_portal(self.folder / "mail")
        return printed

    def write_secret(self, name: str, value: str) -> None:
        """Write into a secret that `init` left empty: it keeps its user and mode."""
        (self.folder / "secrets" / name).write_text(f"{value}\n", encoding="utf-8")

    def change_settings(self, **values: str) -> None:
        """Set some of the settings that all parts are given."""
        path = self.folder / "settings.env"
        settings = dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines()) | values
        path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")

    def trust(self) -> ssl.SSLContext:
        """What a browser trusts that knows the authority of the test alone."""
        return ssl.create_default_context(cafile=self.folder / AUTHORITY)
