"""`python -m app demo`: the whole house on this machine, on loopback, in one folder, until Ctrl-C."""

import shutil
import signal
import socket
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import NoReturn, cast
from unicodedata import east_asian_width

from app.core.db import make_engine, transaction, writers
from app.core.i18n import DEFAULT
from app.core.signing import Signer
from app.core.store import open_store
from app.demo import children, story
from app.demo.cast import CAST, Player
from app.demo.parts import parts
from app.demo.place import HOST, Demo, secrets_of
from app.domain.receipts.actions import HAND
from app.embedded import Cluster, cluster, erase
from app.housing import at, prepare
from app.jobs.reactions import react
from app.migrate import migrate
from app.settings import Settings


def demo(_settings: Settings, asked: Namespace) -> int:
    """Run it until Ctrl-C or SIGTERM; its settings are its own, whatever the environment says."""
    return run(Demo(), fresh=asked.fresh)


def run(place: Demo, *, fresh: bool = False) -> int:
    """Run the demo at that place; the exit code: 0 when it was told to end, 1 when something ended it."""
    began = time.monotonic()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _end)
    if taken := [port for port in place.ports if not _is_free(port)]:
        ports = ", ".join(map(str, taken))
        print(f"In use by another process: {ports} on {HOST}. Stop it (an earlier demo?) first.", file=sys.stderr)
        return 1
    if fresh:
        _begin_anew(place.home)
    place.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with cluster(place.home / "postgres") as database:
            ours = _furnish(place, database)
            with children.running(parts(place, ours), place.home / "logs") as started:
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
    sign = Signer.of(ours.portal_url, secrets_of(place.home)["signing_key"])
    with transaction(writers(engine, {"react": react, HAND: sign})) as session:
        if not story.is_told(session):
            stores = story.Stores(open_store(ours.store_url), open_store(ours.release_store_url))
            story.tell(session, stores, place.issuer, sign)
    engine.dispose()
    return ours


def _announce(place: Demo, seconds: float) -> None:
    """Say where to go and who one may be."""
    print(f"\nThe house is open, after {seconds:.0f} seconds. Everybody in it is invented.\n")
    print(f"  Portal             {place.address(place.portal)}/   (for people with a seat: draft, submit, decide)")
    print(f"  Read path          {place.address(place.read)}/   (what was released, for every member)")
    print(f"  Identity provider  {place.issuer}   (signs anybody in, on this machine only)")
    print(f"  Witness            {place.address(place.witness)}   (cosigns the heads of the ledger, under its own key)")
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
