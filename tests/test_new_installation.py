"""`python -m app init`: everything that a new installation needs, each file for its reader alone, and nothing twice."""

import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtensionOID
from cryptography.x509.verification import PolicyBuilder, Store
from sqlalchemy import make_url

from app.__main__ import main
from app.cli.new_installation.files import PORTAL_USER, POSTGRES_USER
from app.settings import Settings

COMPOSE = yaml.safe_load((Path(__file__).parents[1] / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
ARGUMENTS = (
    "--portal",
    "https://portal.test",
    "--read",
    "https://read.test",
    "--issuer",
    "https://idp.test/realms/itu",
)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to other users")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert main(["init", str(tmp_path), *ARGUMENTS]) == 0
    return tmp_path


def read_environment(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def read_files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@needs_root
def test_every_file_that_compose_names_is_there_for_its_reader_alone(folder: Path) -> None:
    for name, secret in COMPOSE["secrets"].items():
        status = (folder / secret["file"]).stat()
        assert status.st_uid == (POSTGRES_USER if name.startswith("postgres") else PORTAL_USER), name
        assert stat.S_IMODE(status.st_mode) == 0o400
    assert {path.name for path in (folder / "secrets").iterdir()} == set(COMPOSE["secrets"])
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    assert (folder / "backups").stat().st_uid == PORTAL_USER
    assert (folder / COMPOSE["configs"]["database_ca"]["file"]).exists()


@needs_root
def test_no_other_file_or_output_holds_a_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), *ARGUMENTS]) == 0
    printed = "".join(capsys.readouterr()).encode()
    identity = tmp_path / "keep-elsewhere" / "backup-identity"
    hidden = [identity, *(path for path in (tmp_path / "secrets").iterdir() if path.read_bytes())]
    secret = [content for path in hidden if b"BEGIN CERTIFICATE" not in (content := path.read_bytes())]
    lines = {line for content in secret for line in content.splitlines() if len(line) > 30}
    assert len(lines) > 10
    shown = [content for path, content in read_files(tmp_path).items() if path not in hidden]

    assert not [line for line in lines if any(line in content for content in (printed, *shown))]
    assert (identity.stat().st_uid, stat.S_IMODE(identity.stat().st_mode)) == (0, 0o400)
    for name in ("keep-elsewhere", "backups"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


@needs_root
def test_each_part_can_start_with_what_was_written(folder: Path) -> None:
    for name in ("cwg_oidc_client_secret", "cwg_read_oidc_client_secret"):
        (folder / "secrets" / name).write_text("given by the provider: " + "x" * 20 + name)
    common = read_environment(folder / "settings.env")
    for part, check in (
        ("portal-1", Settings.require_portal_settings),
        ("read-1", Settings.require_read_path_settings),
        ("worker", Settings.require_worker_settings),
    ):
        given = {name: (folder / "secrets" / name).read_text().strip() for name in COMPOSE["services"][part]["secrets"]}
        values: dict[str, Any] = {key.lower().removeprefix("cwg_"): value for key, value in (common | given).items()}
        check(Settings(**values))


@needs_root
def test_no_address_is_that_of_a_superuser_and_each_server_proves_its_name(folder: Path) -> None:
    roles = (folder / "secrets/postgres_roles").read_text() + (folder / "secrets/postgres_read_roles").read_text()
    authority = x509.load_pem_x509_certificate((folder / "database-ca.pem").read_bytes())

    assert "SUPERUSER" not in roles
    for path in (folder / "secrets").glob("cwg_*database_url"):
        url = make_url(path.read_text().strip())
        assert (url.query["sslmode"], url.username) != ("verify-full", "postgres")
        assert url.query["sslmode"] == "verify-full"
        assert str(url.host) in COMPOSE["services"]
        server = "postgres_read" if url.host == "postgres-read" else "postgres"
        certificate = x509.load_pem_x509_certificate((folder / f"secrets/{server}_certificate").read_bytes())
        PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName(str(url.host))).verify(
            certificate, []
        )
        names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
        assert isinstance(names, x509.SubjectAlternativeName)
        assert names.get_values_for_type(x509.DNSName) == [url.host]
    assert re.findall(r"CREATE DATABASE (\w+) OWNER (\w+)", roles) == [
        ("cwg", "cwg_owner"),
        ("cwg_read", "cwg_read_owner"),
    ]


@needs_root
def test_nothing_is_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "settings.env").unlink()
    before = read_files(folder)

    assert main(["init", str(folder), *ARGUMENTS]) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert read_files(folder) == before


@needs_root
def test_it_prints_what_each_client_is_registered_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), *ARGUMENTS, "--read-client", "another"]) == 0
    printed = capsys.readouterr().out

    for client, origin in (("cwg-portal", "https://portal.test"), ("another", "https://read.test")):
        for registered in ("/sign-in/callback", "/", "/sign-in/backchannel-logout"):
            assert f" {origin}{registered}\n" in printed
        assert f"- {client}, secrets/cwg_" in printed


def test_a_wrong_address_is_named_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--portal", "http://portal.test", *ARGUMENTS[2:]]

    assert main(["init", str(tmp_path), *arguments]) == 2
    assert "must be https" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
