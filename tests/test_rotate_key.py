"""`rotate-key`: a key is replaced step by step while services run, and what was signed stays valid."""

import logging
import signal
import stat
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
import structlog
from sqlalchemy import Engine, update

from app.__main__ import EXIT_MISUSE, main
from app.cli.key_acceptance import ask_for_keys
from app.cli.key_files import KeyFiles
from app.core.db import transaction
from app.core.signing import PublicKey, Signer, SigningPurpose
from app.core.storage import open_store
from app.dissemination.app import create_app as create_read_path
from app.domain.ledger.actions import sign_head
from app.domain.ledger.rules.signed_notes import NoteVerifier, SignatureType, ledger_origin
from app.domain.monitoring.models import Measurement
from app.domain.monitoring.queries import MAX_NOTE_AGE
from app.key_settings import PRIVATE_KEY_SETTINGS, PUBLIC_KEY_SETTINGS
from app.record_verification import verify_record
from app.settings import Settings
from app.worker.measurements import measure_worker
from app.worker.nightly_verification import build_expected_signers
from tests.conftest import SECRET, Database
from tests.http_server import free_port, served
from tests.portal_app import open_portal_copy
from tests.witness.test_witness import KEY as WITNESS_KEY
from tests.witness.test_witness import NAME as WITNESS_NAME
from tests.witness.test_witness import run_witness
from tests.worker.test_worker import make_worker_context
from tests.world import PRIVATE_KEYS, PUBLIC_KEY_LISTS, World


@pytest.fixture(autouse=True)
def restore_process_state() -> Iterator[None]:
    """Restore logging and signals, which commands configure for their own process, here the one of the tests."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, signal.getsignal(signal.SIGTERM)
    yield
    root.handlers, root.level = before[:2]
    signal.signal(signal.SIGTERM, before[2])
    structlog.reset_defaults()


@dataclass
class Installation:
    """Portal, read path and worker with one environment; each takes up its lists of keys when it is restarted."""

    folder: Path
    world: World
    engine: Engine
    environment: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    witness_port: int
    services: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        settings = Settings()
        self.signers = {purpose: settings.build_signer(purpose) for purpose in SigningPurpose}
        portal = self.services.enter_context(open_portal_copy(settings))
        read_path = create_read_path(settings)
        self.states = {"portal": portal.app.state.portal, "read path": read_path.app.state.read_path}
        for app, url in ((portal, settings.portal_url), (read_path, settings.read_url)):
            self.services.enter_context(served(app, int(url.rpartition(":")[2])))
        self.restart("worker")

    def restart(self, *services: str) -> None:
        """Take up the lists of keys of the environment."""
        for service in services:
            if service == "worker":
                measure_worker(make_worker_context(self.engine, Settings()), Settings())
            else:
                object.__setattr__(self.states[service], "public_keys", Settings().list_public_keys_by_purpose())

    def rotate(self, purpose: SigningPurpose, *options: str) -> tuple[int, str]:
        """Run the command; return its exit code, and its output or, if it was refused, why."""
        self.capsys.readouterr()
        code = main(["rotate-key", purpose, *options])
        printed = self.capsys.readouterr()
        return code, printed.err if code == EXIT_MISUSE else printed.out

    def list_keys(self, purpose: SigningPurpose, *keys: PublicKey) -> None:
        """Set the list of a purpose in the environment."""
        self.environment.setenv(f"CWG_{PUBLIC_KEY_SETTINGS[purpose].upper()}", ",".join(key.text for key in keys))

    def sign_something(self, purpose: SigningPurpose, number: int) -> None:
        """Let the process that signs for the purpose sign, with the key that it was started with."""
        self.world.sign_with(self.signers)
        meeting = self.world.meeting(opens_in=-3, number=number)
        if purpose == SigningPurpose.RECEIPTS:
            self.world.adopted(meeting)
        elif purpose == SigningPurpose.RELEASES:
            self.world.released(meeting, open_store(Settings().release_store_url))
        else:
            with transaction(self.world.work) as session:
                assert sign_head(session)


@pytest.fixture
def installation(
    settings: Settings,
    world: World,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Installation]:
    folder, witness_port = tmp_path / "secrets", free_port()
    folder.mkdir()
    for name, key in PRIVATE_KEYS.items():
        (folder / f"cwg_{name}").write_text(f"{key}\n")
        (folder / f"cwg_{name}").chmod(0o440)
    values = {
        "secrets": folder,
        "database_url": settings.database_url,
        "worker_database_url": settings.worker_database_url,
        "reader_database_url": settings.reader_database_url,
        "store_url": settings.store_url,
        "release_store_url": settings.release_store_url,
        "portal_url": f"http://127.0.0.1:{free_port()}",
        "read_url": f"http://127.0.0.1:{free_port()}",
        "session_secret": SECRET,
        "read_session_secret": SECRET[::-1],
        "oidc_issuer": settings.oidc_issuer,
        "oidc_client_id": "portal",
        **PUBLIC_KEY_LISTS,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"CWG_{name.upper()}", str(value))
    running = Installation(folder, world, engine, monkeypatch, capsys, witness_port)
    with running.services:
        running.start()
        yield running


def verifier_of(key: PublicKey) -> str:
    return NoteVerifier(ledger_origin(Settings().portal_url), key).vkey


def add_witness(installation: Installation) -> None:
    """Name the witness in the settings. It does not run yet."""
    key = Signer.from_secret(WITNESS_NAME, WITNESS_KEY).public_key
    verifier = NoteVerifier(WITNESS_NAME, key, SignatureType.COSIGNATURE).vkey
    installation.environment.setenv("CWG_WITNESSES", f"http://127.0.0.1:{installation.witness_port} {verifier}")


def find_record_faults(database: Database) -> tuple[str, ...]:
    settings = Settings()
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return verify_record(database.owner, *stores, build_expected_signers(settings)).faults


@pytest.mark.parametrize("purpose", SigningPurpose)
def test_a_key_is_replaced_from_the_first_step_to_the_last(
    installation: Installation, database: Database, tmp_path: Path, purpose: SigningPurpose
) -> None:
    files = KeyFiles(installation.folder, purpose)
    private, old = files.current.read_text(), files.read_public_key(files.current)
    services = ["portal", "read path", "worker"]
    installation.sign_something(purpose, 21)
    if purpose == SigningPurpose.LEDGER:
        add_witness(installation)
        witness = installation.services.enter_context(ExitStack())
        witness.enter_context(run_witness(tmp_path / "w", installation.witness_port, verifier_of(old)))
        services.append(WITNESS_NAME)

    # 1. The next key is created, once, when that is asked for.
    code, printed = installation.rotate(purpose)
    assert (code, "No rotation is under way; --start begins one." in printed) == (0, True)
    assert not files.following.exists()
    code, printed = installation.rotate(purpose, "--start")
    new = files.read_public_key(files.following)
    assert (code, files.current.read_text()) == (1, private)
    assert stat.S_IMODE(files.following.stat().st_mode) == 0o600
    assert f"1. Done: the next private key is in {files.following}. Its public half is {new.text}" in printed
    assert f"_PUBLIC_KEYS={old.text},{new.text}" in printed
    assert list_lacking(printed) == ["these settings", *sorted(services)]
    assert installation.rotate(purpose) == installation.rotate(purpose, "--start") == (1, printed)
    assert files.read_public_key(files.following) == new

    # 2. It follows the current one in the list of each service, one after the other.
    installation.list_keys(purpose, old, new)
    assert list_lacking(installation.rotate(purpose)[1]) == sorted(services)
    for service in ("portal", "read path", "worker"):
        installation.restart(service)
        services.remove(service)
        if services:
            code, printed = installation.rotate(purpose)
            assert (code, list_lacking(printed)) == (1, sorted(services))
            assert not files.previous.exists()
    if purpose == SigningPurpose.LEDGER:
        assert verifier_of(new) in printed
        witness.close()
        witness.enter_context(
            run_witness(tmp_path / "w", installation.witness_port, f"{verifier_of(old)},{verifier_of(new)}")
        )
    if purpose == SigningPurpose.RELEASES:
        code, printed = installation.rotate(purpose)
        assert (code, "put it first in the list of the read path" in printed) == (1, True)
        assert (list_lacking(printed), files.current.read_text()) == (["read path"], private)
        installation.list_keys(purpose, new, old)
        installation.restart("read path")
        installation.list_keys(purpose, old, new)
    installation.sign_something(purpose, 22)
    assert find_record_faults(database) == ()

    # 3. The private key is exchanged, and the order of the lists changed.
    code, printed = installation.rotate(purpose)
    assert (code, "3. Next: the private key is in" in printed) == (1, True)
    assert files.read_public_key(files.current) == new
    assert files.previous.read_text() == private
    assert not files.following.exists()
    assert stat.S_IMODE(files.current.stat().st_mode) == 0o440  # as the service could read the one before
    installation.sign_something(purpose, 23)  # a process that runs has the old key until it is restarted
    with pytest.raises(ValueError, match="must begin with the public half"):
        Settings().build_signer(purpose)
    installation.list_keys(purpose, new, old)
    code, printed = installation.rotate(purpose)
    assert (code, set(list_lacking(printed)) <= {"portal", "read path", "worker"}) == (1, True)
    installation.restart("portal", "read path", "worker")
    installation.signers = {each: Settings().build_signer(each) for each in SigningPurpose}

    # 4. It is done once something was signed with the new key.
    code, printed = installation.rotate(purpose)
    assert (code, "4. Next: nothing was signed with it yet." in printed) == (1, True)
    installation.sign_something(purpose, 24)
    code, printed = installation.rotate(purpose)
    assert (code, f"4. Done: it signs. Destroy {files.previous}" in printed) == (0, True)
    assert installation.rotate(purpose) == (0, printed)
    code, printed = installation.rotate(purpose, "--start")
    assert (code, "finish the rotation under way" in printed) == (2, True)

    # It is finished, and no other one begins by itself.
    files.previous.unlink()
    code, printed = installation.rotate(purpose)
    assert (code, "4. Done: it signs. No rotation is under way; --start begins one." in printed) == (0, True)
    assert [each.name for each in files.folder.glob(f"{files.current.name}*")] == [files.current.name]
    assert find_record_faults(database) == ()


def list_lacking(printed: str) -> list[str]:
    """The services that are named as lacking something, in their order; witnesses and others sorted behind the own
    settings."""
    named = [line.strip()[2:].rpartition(": ")[0] for line in printed.splitlines() if line.startswith("   - ")]
    own = [name for name in named if name == "these settings"]
    return [*own, *sorted(name.partition(": ")[0] for name in named if name not in own)]


def test_an_interrupted_exchange_is_continued(installation: Installation) -> None:
    files = KeyFiles(installation.folder, SigningPurpose.RECEIPTS)
    old, new = files.read_public_key(files.current), files.create_key(files.following)
    files.previous.hardlink_to(files.current)  # the process was killed here

    files.exchange_keys()

    assert (files.read_public_key(files.previous), files.read_public_key(files.current)) == (old, new)
    assert files.are_exchanged


def test_a_key_that_is_kept_is_never_overwritten(installation: Installation) -> None:
    files = KeyFiles(installation.folder, SigningPurpose.RECEIPTS)
    files.create_key(files.following)
    kept = files.create_key(files.previous)
    current, following = files.current.read_text(), files.following.read_text()

    with pytest.raises(FileExistsError):
        files.create_key(files.following)
    with pytest.raises(ValueError, match=r"\.old is there: destroy"):
        files.exchange_keys()
    assert (files.current.read_text(), files.following.read_text()) == (current, following)
    assert files.read_public_key(files.previous) == kept


def test_the_first_key_of_a_purpose_is_done_once_every_service_has_it_and_it_signed(installation: Installation) -> None:
    files = KeyFiles(installation.folder, SigningPurpose.LEDGER)
    one_key = files.read_public_key(files.current)  # of an installation that had one for everything
    files.current.unlink()

    code, printed = installation.rotate(SigningPurpose.LEDGER)

    created = files.read_public_key(files.current)
    assert (code, f"CWG_LEDGER_PUBLIC_KEYS={created.text},{one_key.text}" in printed) == (1, True)
    assert stat.S_IMODE(files.current.stat().st_mode) == 0o600
    code, printed = installation.rotate(SigningPurpose.LEDGER)
    assert (code, list_lacking(printed)) == (1, ["these settings", "portal", "read path", "worker"])
    installation.list_keys(SigningPurpose.LEDGER, created, one_key)
    installation.signers = {each: Settings().build_signer(each) for each in SigningPurpose}
    installation.restart("portal", "read path", "worker")
    code, printed = installation.rotate(SigningPurpose.LEDGER)
    assert (code, printed.splitlines()[-1]) == (1, "4. Next: nothing was signed with it yet.")
    installation.sign_something(SigningPurpose.LEDGER, 21)
    assert installation.rotate(SigningPurpose.LEDGER)[0] == 0
    assert files.read_public_key(files.current) == created

    files.current.rename(files.following)
    assert installation.rotate(SigningPurpose.LEDGER)[0] == 2  # which one would be in use?
    assert not files.current.exists()


def test_a_worker_that_stopped_accepts_no_key(installation: Installation) -> None:
    purpose = SigningPurpose.RECEIPTS
    installation.rotate(purpose, "--start")
    files = KeyFiles(installation.folder, purpose)
    installation.list_keys(purpose, *map(files.read_public_key, (files.current, files.following)))
    installation.restart("portal", "read path", "worker")
    with transaction(installation.world.work) as session:
        session.execute(update(Measurement).values(at=Measurement.at - MAX_NOTE_AGE))

    code, printed = installation.rotate(purpose)

    assert (code, list_lacking(printed), files.are_exchanged) == (1, ["worker"], False)
    assert "- worker: it noted nothing in the last 3 minutes" in printed
    installation.restart("worker")
    installation.rotate(purpose)
    assert files.are_exchanged


@pytest.mark.parametrize("answer", [{"keys": [{"purpose": "receipts", "public": None}]}, {"keys": [None]}, [], None])
def test_a_service_that_answers_no_keys_is_named(answer: object) -> None:
    def respond(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=answer)

    with httpx2.Client(transport=httpx2.MockTransport(respond)) as client:
        asked = ask_for_keys(client, "portal", "http://127.0.0.1:1", lambda entry: entry["purpose"] == "receipts")

    assert asked.problem.startswith("http://127.0.0.1:1/keys.json gives no keys")
    assert asked.key_ids == ()


def test_a_service_that_cannot_be_asked_is_checked_by_a_person(installation: Installation) -> None:
    purpose, url = SigningPurpose.LEDGER, "http://127.0.0.1:"
    add_witness(installation)  # it does not run
    installation.rotate(purpose, "--start")
    files = KeyFiles(installation.folder, purpose)
    installation.list_keys(purpose, *map(files.read_public_key, (files.current, files.following)))
    installation.restart("portal", "read path", "worker")

    code, printed = installation.rotate(purpose)
    assert (code, list_lacking(printed)) == (1, [WITNESS_NAME])
    assert f"{url}{installation.witness_port}/keys.json gives no keys (ConnectError)" in printed

    code, printed = installation.rotate(purpose, "--checked", WITNESS_NAME)
    assert (code, files.are_exchanged) == (1, True)


def test_a_key_of_the_environment_is_not_replaced(installation: Installation) -> None:
    name = PRIVATE_KEY_SETTINGS[SigningPurpose.RELEASES]
    files = KeyFiles(installation.folder, SigningPurpose.RELEASES)
    assert installation.rotate(SigningPurpose.RELEASES)[0] == 1  # nothing was signed yet
    installation.environment.setenv(f"CWG_{name.upper()}", b64encode(bytes(range(7, 39))).decode())

    for is_file_there in (True, False):
        if not is_file_there:
            files.current.unlink()
        code, printed = installation.rotate(SigningPurpose.RELEASES, "--start")
        assert (code, "is set in the environment" in printed) == (2, True)
        assert [files.current.exists(), files.following.exists()] == [is_file_there, False]
