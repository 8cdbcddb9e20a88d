"""The job that takes an output which was let out to the read path."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.orm import sessionmaker

from app.core.db import WriteSession, transaction
from app.core.scanner import Scanner
from app.core.staging import Staging
from app.core.store import Store
from app.domain.releases import actions as releases

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a job works with."""

    write: sessionmaker[WriteSession]
    store: Store
    released: Store
    staging: Staging
    scanner: Scanner | None


def disseminate(desk: Desk, output: UUID) -> bool:
    """Release it, all languages in one transaction. Run again, it does nothing; returns whether it released it now.

    Raises NotAsAdopted where the text is not the one that was adopted.
    """
    with transaction(desk.write) as session:
        done = releases.release(session, desk.store, desk.released, output)
    log.info("output released" if done else "output was released before", output=str(output))
    return done
