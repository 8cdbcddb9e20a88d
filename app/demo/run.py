"""`python -m app demo`: the whole house on this machine, on loopback, in one folder, until Ctrl-C."""

import json
import os
import shutil
import signal
import socket
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import NoReturn, cast
from unicodedata import east_asian_width

from app.core.db import make_engine, transaction, writers
from app.core.i18n import DEFAULT
from app.core.signing import Signer
from app.core.store import open_store
from app.demo import children, story
from app.demo.cast import CAST, Player
from app.demo.children import Child
from app.domain.receipts.actions import HAND
from app.embedded import Cluster, cluster, erase
from app.housing import ROOT, at, prepare
from app.jobs.reactions import react
from app.migrate import migrate
from app.settings import DEMO_ISSUER_PATH, Settings

HOST = "127.0.0.1"
SECRETS = ("session_secret", "read_session_secret", "signing_key", "oidc_client_secret", "read_oidc_client_secret")


@dataclass(frozen=True, slots=True)
class Demo:
    """Where it lies and where it listens."""

    home: Path = ROOT / ".demo"
    portal: int = 8000
    read: int = 8001
    provider: int = 8002

    def address(self, port: int) -> str:
        return f"http://{HOST}:{port}"

    @property
    def issuer(self) -> str:
        return f"{self.address(self.provider)}{DEMO_ISSUER_PATH}"


def demo(_settings: Settings, asked: Namespace) -> int:
    """Run it until Ctrl-C or SIGTERM; its settings are its own, whatever the environment says."""
    return run(Demo(), fresh=asked.fresh)


def run(place: Demo, *, fresh: bool = False) -> int:
    """Run the demo at that place; the exit code: 0 when it was told to end, 1 when something ended it."""
    began = time.monotonic()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _end)
    if taken := [port for port in (place.portal, place.read, place.provider) if not _is_free(port)]:
        ports = ", ".join(map(str, taken))
        print(f"In use by another process: {ports} on {HOST}. Stop it (an earlier demo?) first.", file=sys.stderr)
        return 1
    if fresh:
        _begin_anew(place.home)
    place.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with cluster(place.home / "postgres") as database:
            ours = _furnish(place, database)
            with children.running(_children(place, ours), place.home / "logs") as started:
                _announce(place, time.monotonic() - began)
                children.watch(started)
    except children.Died as death:
        print(death, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
    return 0


def _end(*_: object) -> NoReturn:
    """The first signal ends it; further ones would only disturb the tidying up."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)
    raise KeyboardInterrupt


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _begin_anew(home: Path) -> None:
    """Throw database, files and secrets away."""
    erase(home / "postgres")
    shutil.rmtree(home)


def _furnish(place: Demo, database: Cluster) -> Settings:
    """Migrate, and tell the story if there is none; the settings of all processes together."""
    prepare(database)
    ours = at(
        database,
        Settings(
            demo=True,
            store_url=f"file://{place.home}/store",
            release_store_url=f"file://{place.home}/release",
            portal_url=place.address(place.portal),
            read_url=place.address(place.read),
            oidc_issuer=place.issuer,
        ),
    )
    migrate(cast("str", ours.owner_database_url), cast("str", ours.database_url), cast("str", ours.reader_database_url))
    engine = make_engine(cast("str", ours.database_url), pool=1, application="cwg-demo")
    # What follows is queued as it is in the portal: the worker makes the story's documents ready for reading.
    sign = Signer.of(ours.portal_url, _secrets(place.home)["signing_key"])
    with transaction(writers(engine, {"react": react, HAND: sign})) as session:
        if not story.is_told(session):
            stores = story.Stores(open_store(ours.store_url), open_store(ours.release_store_url))
            story.tell(session, stores, place.issuer, sign)
    engine.dispose()
    return ours


def _secrets(home: Path) -> Mapping[str, str]:
    """Made once and kept for us alone, so that sessions outlive a restart."""
    path = home / "secrets.json"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump({name: token_urlsafe(32) for name in SECRETS}, out)
    return cast("Mapping[str, str]", json.loads(path.read_text(encoding="utf-8")))


def _children(place: Demo, ours: Settings) -> Sequence[Child]:
    """Each is given what it needs: the read path neither the portal's database role nor its store."""
    kept = _secrets(place.home)
    everyone = {
        "CWG_DEMO": "1",
        "CWG_PORTAL_URL": ours.portal_url,
        "CWG_READ_URL": ours.read_url,
        "CWG_OIDC_ISSUER": place.issuer,
        "CWG_OIDC_CLIENT_ID": "portal",
        "CWG_READ_OIDC_CLIENT_ID": "reader",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }
    portal_secret = {"CWG_OIDC_CLIENT_SECRET": kept["oidc_client_secret"]}
    read_secret = {"CWG_READ_OIDC_CLIENT_SECRET": kept["read_oidc_client_secret"]}
    stores = {"CWG_STORE_URL": ours.store_url, "CWG_RELEASE_STORE_URL": ours.release_store_url}
    soffice = shutil.which("soffice") or ""
    portal = portal_secret | {
        "CWG_DATABASE_URL": cast("str", ours.database_url),
        "CWG_STORE_URL": ours.store_url,
        "CWG_SOFFICE": soffice,
        "CWG_SESSION_SECRET": kept["session_secret"],
        "CWG_SIGNING_KEY": kept["signing_key"],
    }
    reader = read_secret | {
        "CWG_READER_DATABASE_URL": cast("str", ours.reader_database_url),
        "CWG_RELEASE_STORE_URL": ours.release_store_url,
        "CWG_READ_SESSION_SECRET": kept["read_session_secret"],
        "CWG_READ_PUBLIC_KEYS": Signer.of(ours.portal_url, kept["signing_key"]).public.text,
    }
    worker = {"CWG_DATABASE_URL": cast("str", ours.database_url), "CWG_SOFFICE": soffice} | stores
    worker["CWG_SIGNING_KEY"] = kept["signing_key"]
    discovery = f"{place.issuer}/.well-known/openid-configuration"
    return [
        Child("portal", _door("pages", place.portal), everyone | portal, f"{ours.portal_url}/readyz"),
        Child("read", _door("read", place.read), everyone | reader, f"{ours.read_url}/readyz"),
        Child("worker", ("-m", "app", "work"), everyone | worker),
        Child("provider", ("-m", "app.demo", str(place.provider)), everyone | portal_secret | read_secret, discovery),
    ]


def _door(command: str, port: int) -> Sequence[str]:
    return ("-m", "app", command, "--host", HOST, "--port", str(port))


def _announce(place: Demo, seconds: float) -> None:
    """Say where to go and who one may be."""
    print(f"\nThe house is open, after {seconds:.0f} seconds. Everybody in it is invented.\n")
    print(f"  Portal             {place.address(place.portal)}/   (for people with a seat: draft, submit, decide)")
    print(f"  Read path          {place.address(place.read)}/   (what was released, for every member)")
    print(f"  Identity provider  {place.issuer}   (signs anybody in, on this machine only)")
    print(f"  Logs and files     {place.home}\n")
    print("Sign in, and press the button with the name of the person you would like to be:\n")
    widths = [max(map(_width, column)) + 2 for column in zip(*map(_who, CAST), strict=True)]
    for player in CAST:
        who = "".join(text + " " * (width - _width(text)) for text, width in zip(_who(player), widths, strict=True))
        print(f"  {who}{player.part.into(DEFAULT)}")
    print("\nCtrl-C stops all of it.", flush=True)


def _who(player: Player) -> tuple[str, str]:
    return player.name, player.entity_name or "-"


def _width(text: str) -> int:
    """Columns in a terminal: Chinese characters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
