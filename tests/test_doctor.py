"""`python -m app doctor`: one line for each thing that does not fit, with path, symbol of the error, and what to do."""

import signal
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from shutil import disk_usage

import psycopg
import pytest

from app.__main__ import main
from app.core.clock import shifted_clock
from app.core.database.schema_revision import PORTAL_HISTORY
from app.core.db import to_libpq_address
from app.core.storage import open_store
from app.installation_checks import (
    CheckSubject,
    InstallationPart,
    find_database_faults,
    find_faults,
    find_provider_faults,
    find_scanner_faults,
    find_store_faults,
)
from app.settings import Settings
from tests.world import PRIVATE_KEYS, key_environment

SECRET = "pa55word"


@pytest.fixture
def complete(settings: Settings) -> Settings:
    """Settings with which the portal starts."""
    keys = {name.removeprefix("CWG_").lower(): value for name, value in key_environment(*PRIVATE_KEYS).items()}
    values = settings.model_dump() | {each: getattr(settings, each) for each in type(settings).model_fields} | keys
    return Settings(**{name: value for name, value in values.items() if value not in (None, (), "")})


def list_faults(settings: Settings, part: InstallationPart = InstallationPart.PORTAL) -> Sequence[str]:
    return [str(fault) for fault in find_faults(settings, part)]


@pytest.mark.parametrize("part", [InstallationPart.PORTAL, InstallationPart.READ, InstallationPart.WORKER])
def test_nothing_is_said_of_an_installation_that_fits(complete: Settings, part: InstallationPart) -> None:
    for url in (complete.store_url, complete.release_store_url):
        Path(url.removeprefix("file://")).mkdir()

    assert [each for each in list_faults(complete, part) if not each.startswith("settings")] == []


def test_a_folder_that_cannot_be_written_is_named_with_the_error(complete: Settings, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")

    store, _uploads = [each for each in list_faults(complete) if each.startswith("folder")]
    assert store.startswith(f"folder: {tmp_path}/store")
    assert store.endswith("Not a directory (ENOTDIR)")


def test_a_disk_without_room_for_the_largest_file_is_named(complete: Settings, tmp_path: Path) -> None:
    free = disk_usage(tmp_path).free
    larger = complete.model_copy(update={"largest_file": 2 * free})

    assert [each for each in list_faults(complete) if each.startswith("folder")] == []
    (fault,) = [each for each in list_faults(larger) if each.startswith("folder")]
    assert fault.startswith(f"folder: {tmp_path}/store: ")
    assert fault.endswith("(CWG_LARGEST_FILE)")


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql+psycopg://cwg:a@{SECRET}@127.0.0.1/cwg",
        f"postgresql+psycopg://cwg:a@127.0.0.1:{SECRET}/cwg",
        f"cwg:{SECRET}@127.0.0.1/cwg",
    ],
)
def test_no_part_of_a_password_is_named(address: str) -> None:
    (fault,) = find_database_faults("database_url", address)
    assert str(fault).startswith("database: CWG_DATABASE_URL: this is no address of a database")
    assert SECRET not in str(fault)


def test_a_bucket_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENDPOINT": "http://127.0.0.1:9", "ALLOW_HTTP": "true", "REGION": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")

    (fault,) = find_store_faults("s3://files", partial(open_store, "s3://files"), is_written=True)
    assert (fault.subject, fault.text.partition(":")[0]) == (CheckSubject.BUCKET, "s3")


def test_a_database_that_does_not_answer_is_named(complete: Settings) -> None:
    away = complete.model_copy(update={"database_url": "postgresql+psycopg://portal@127.0.0.1:9/cwg"})

    (line,) = [each for each in list_faults(away) if each.startswith("database")]
    assert line.startswith("database: CWG_DATABASE_URL: connection failed")


def test_a_schema_of_another_version_is_named_with_what_to_run(complete: Settings) -> None:
    *_, earlier, newest = PORTAL_HISTORY.list_after(None)
    with psycopg.connect(to_libpq_address(str(complete.owner_database_url))) as connection:
        connection.execute("UPDATE portal.alembic_version SET version_num = %s", (earlier,))

    needed = f"this version needs {newest}: run `python -m app migrate`"
    assert f"schema: CWG_DATABASE_URL: the schema has {earlier}, and {needed}" in list_faults(complete)


def test_a_clock_that_differs_is_named(complete: Settings) -> None:
    with shifted_clock(timedelta(minutes=5)):
        (line,) = [each for each in list_faults(complete) if each.startswith("clock")]

    assert line.startswith("clock: the server of CWG_DATABASE_URL is")
    assert line.endswith("s behind")


def test_a_key_that_is_not_first_in_its_list_is_named(complete: Settings) -> None:
    other = complete.model_copy(update={"receipt_public_keys": tuple(complete.release_public_keys)})

    (line,) = [each for each in list_faults(other) if each.startswith("settings")]
    assert "CWG_RECEIPT_PUBLIC_KEYS must begin with the public half of CWG_RECEIPT_KEY" in line


def test_a_file_service_and_a_provider_that_do_not_answer_are_named(complete: Settings, tmp_path: Path) -> None:
    alone = complete.model_copy(
        update={"file_service": str(tmp_path / "socket"), "oidc_issuer": "http://127.0.0.1:9/provider"}
    )

    assert f"file service: nothing answers at {tmp_path}/socket" in list_faults(alone)
    (fault,) = find_provider_faults(alone, InstallationPart.PORTAL)
    assert fault.text.startswith("http://127.0.0.1:9/provider/.well-known/openid-configuration: ")


def test_a_scanner_that_does_not_answer_is_named(complete: Settings) -> None:
    silent = complete.model_copy(update={"clamd": "127.0.0.1:9"})

    assert list(find_scanner_faults(complete.model_copy(update={"clamd": ""}))) == []
    (fault,) = find_scanner_faults(silent)
    assert str(fault) == "virus scanner: CWG_CLAMD: 127.0.0.1:9 does not answer with the date of its signatures"


def test_the_command_ends_with_one_if_something_does_not_fit(
    complete: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CWG_OWNER_DATABASE_URL", str(complete.owner_database_url))
    for name, value in key_environment(*PRIVATE_KEYS).items():
        monkeypatch.setenv(name, value)
    for name in ("store", "release"):
        monkeypatch.setenv(f"CWG_{'' if name == 'store' else 'RELEASE_'}STORE_URL", f"file://{tmp_path}/{name}")

    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == "maintenance: everything fits.\n"
    (tmp_path / "store").write_text("no folder")
    assert main(["doctor"]) == 1
    assert "maintenance: folder: " in capsys.readouterr().out


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
