"""Export of the whole record of a body as a package that others check and read without the portal."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import bagit
import pytest

from app.__main__ import main
from app.core.storage import open_store
from app.domain.liaisons.actions import take_in_liaison
from app.domain.liaisons.inputs import NewLiaison
from app.domain.organizations.actions import create_organization
from app.domain.organizations.inputs import NewOrganization
from app.domain.tables import METADATA
from app.package import tables
from app.settings import Settings
from tests.faults.installation import environment
from tests.world import World

CONTACT = {"contact": "Person in charge of liaisons", "address": "in-charge@organization.example"}


@pytest.fixture
def package_folder(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    meeting = world.meeting()
    world.draft(meeting, title="Secret draft title")
    world.registered(meeting, title="A registered title")
    before = world.meeting(number=21, opens_in=-3)
    adopted = world.adopted(before, draft=world.with_pdf(world.output(before, title="A released text")))
    world.translated(adopted, "fr")
    world.as_released(adopted, open_store(settings.release_store_url))
    with world.acting("ines") as (session, actor):
        entry = {"code": "OLDORG", "kind": "technical", "en": "An organization", "from_on": "2026-01-01", **CONTACT}
        create_organization(session, actor, NewOrganization.model_validate(entry))
        received = NewLiaison(party="OLDORG", subject="Routing", original="en", wants="reply")
        take_in_liaison(session, actor, world.body(), received, world.file())
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert main(["export", "cwg-internet", str(tmp_path / "package")]) == 0
    return tmp_path / "package"


@pytest.mark.filterwarnings("ignore:'count' is passed as positional:DeprecationWarning")  # bagit's, since Python 3.13
def test_an_independent_tool_finds_the_package_complete_and_detects_changes(package_folder: Path) -> None:
    assert bagit.Bag(str(package_folder)).validate()
    check = ["sha256sum", "--check", "--quiet", "manifest-sha256.txt", "tagmanifest-sha256.txt"]
    assert subprocess.run(check, cwd=package_folder, check=False).returncode == 0
    path = next((package_folder / "data" / "documents").rglob("*.docx"))
    path.write_bytes(path.read_bytes() + b"!")

    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(package_folder)).validate()
    assert subprocess.run(check, cwd=package_folder, check=False, capture_output=True).returncode == 1


def test_the_package_contains_the_record_and_no_draft_session_or_address(package_folder: Path, world: World) -> None:
    everything = b"".join(path.read_bytes() for path in package_folder.rglob("*") if path.is_file())
    assert b"A registered title" in everything
    assert b"A released text" in everything
    assert world.person("amina").name.encode() in everything
    approver = world.person("layla")
    people = (world.person("amina"), approver)
    for hidden in (
        "Secret draft title",
        *(each.email for each in people),
        *(each.subject for each in people),
        *CONTACT.values(),
    ):
        assert hidden.encode() not in everything
    data = package_folder / "data"
    assert sorted(path.name for path in (data / "outputs").rglob("*.*")) == ["en.docx", "en.pdf", "fr.docx"]
    assert [path.name for path in (data / "liaisons").rglob("*.*")] == ["en.docx"]
    with (data / "tables" / "approval.csv").open(newline="") as file:
        approvals = list(csv.DictReader(file))
    assert str(approver.id) in {row["person_id"] for row in approvals}
    assert not {"id_token", "statement"} & set(approvals[0])
    with (data / "tables" / "output_translation.csv").open(newline="") as file:
        (translation,) = csv.DictReader(file)
    assert translation["approved_by"] == str(approver.id)
    assert not {"id_token", "statement"} & set(translation)
    with (data / "tables" / "document.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (data / "documents" / row["symbol"].replace(" ", "-").replace("/", "-")).is_dir()
    lines = [json.loads(line) for line in (data / "journal" / "lines.jsonl").read_text().splitlines()]
    assert {"contribution:submitted", "document:registered", "output:released"} <= {line["event"] for line in lines}
    assert "documents/" in (data / "index.html").read_text()


def test_the_included_program_checks_receipts_and_manifests(package_folder: Path) -> None:
    data = package_folder / "data"
    signed = [*(data / "receipts").iterdir(), *(data / "manifests").iterdir()]
    assert len(signed) == 5  # deposit and registration, adoption and release; the manifest
    for path in signed:
        command = [sys.executable, "-I", "verify_receipt.py", str(path), "--key", "keys.json"]
        checked = subprocess.run(command, cwd=data, check=False, capture_output=True, text=True)
        assert checked.returncode == 5, checked.stdout  # no head of the ledger covers them yet


def test_the_package_needs_an_empty_folder_and_the_export_is_recorded(
    package_folder: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "cwg-internet", str(package_folder)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["export", "no-such-body", str(package_folder / "x")]) == 2
    assert "cwg-internet" in capsys.readouterr().err


def test_every_table_is_exported_or_excluded_by_name() -> None:
    portal = {table.name for metadata in METADATA for table in metadata.tables.values() if table.schema == "portal"}
    assert set(tables.ROW_CONDITIONS) | tables.EXCLUDED_TABLES == portal
    assert not set(tables.ROW_CONDITIONS) & tables.EXCLUDED_TABLES
