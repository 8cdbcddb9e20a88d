"""The whole record of a body as a package that others check and read without us."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import bagit
import pytest

from app.__main__ import main
from app.core.storage import open_store
from app.domain.tables import METADATA
from app.package import tables
from app.settings import Settings
from tests.faults.installation import environment
from tests.world import World


@pytest.fixture
def packed(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    meeting = world.meeting()
    world.draft(meeting, title="Secret draft title")
    world.registered(meeting, title="A registered title")
    world.released(
        world.meeting(number=21, opens_in=-3), open_store(settings.release_store_url), title="A released text"
    )
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert main(["export", "cwg-internet", str(tmp_path / "package")]) == 0
    return tmp_path / "package"


def test_other_hands_find_it_whole_and_see_what_is_altered(packed: Path) -> None:
    assert bagit.Bag(str(packed)).validate()
    check = ["sha256sum", "--check", "--quiet", "manifest-sha256.txt", "tagmanifest-sha256.txt"]
    assert subprocess.run(check, cwd=packed, check=False).returncode == 0
    path = next((packed / "data" / "documents").rglob("*.docx"))
    path.write_bytes(path.read_bytes() + b"!")

    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(packed)).validate()
    assert subprocess.run(check, cwd=packed, check=False, capture_output=True).returncode == 1


def test_it_holds_the_record_and_no_draft_session_or_address(packed: Path, world: World) -> None:
    everything = b"".join(path.read_bytes() for path in packed.rglob("*") if path.is_file())
    assert b"A registered title" in everything
    assert b"A released text" in everything
    assert world.person("amina").name.encode() in everything
    for hidden in ("Secret draft title", world.person("amina").email, world.person("amina").subject):
        assert hidden.encode() not in everything
    data = packed / "data"
    with (data / "tables" / "document.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (data / "documents" / row["symbol"].replace(" ", "-").replace("/", "-")).is_dir()
    lines = [json.loads(line) for line in (data / "journal" / "lines.jsonl").read_text().splitlines()]
    assert {"contribution:submitted", "document:registered", "output:released"} <= {line["event"] for line in lines}
    assert "documents/" in (data / "index.html").read_text()


def test_its_own_program_checks_its_receipts_and_manifests(packed: Path) -> None:
    data = packed / "data"
    signed = [*(data / "receipts").iterdir(), *(data / "manifests").iterdir()]
    assert len(signed) == 5  # deposit and registration, adoption and release; the manifest
    for path in signed:
        command = [sys.executable, "-I", "verify_receipt.py", str(path), "--key", "keys.json"]
        checked = subprocess.run(command, cwd=data, check=False, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout


def test_it_goes_into_an_empty_folder_and_is_noted(
    packed: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "cwg-internet", str(packed)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["export", "no-such-body", str(packed / "x")]) == 2
    assert "cwg-internet" in capsys.readouterr().err


def test_every_table_is_part_of_the_record_or_left_out_by_name() -> None:
    portal = {table.name for metadata in METADATA for table in metadata.tables.values() if table.schema == "portal"}
    assert set(tables.ROW_CONDITIONS) | tables.EXCLUDED_TABLES == portal
    assert not set(tables.ROW_CONDITIONS) & tables.EXCLUDED_TABLES
