"""The translations of outputs that readers have, as schema `release` says: the portal's role does not write there."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, func, select

from app.core.db import ReadSession
from app.domain.outputs.models import OutputTranslation
from app.domain.outputs.rules.texts import OutputText
from app.domain.releases.models import ReleasedFile, ReleasedOutput

TranslationKey = tuple[str, str, str | None]
"""Language, digest of the file, and digest of its PDF if it has one."""


def find_released_translations(session: ReadSession, output_id: UUID) -> dict[TranslationKey, datetime]:
    """Find the translations of an output that readers have, each with the instant at which the last of them was
    released."""
    released_at = func.coalesce(ReleasedOutput.completed_at, ReleasedOutput.released_at).label("released_at")
    rows = (
        select(ReleasedFile.language, ReleasedFile.sha256, ReleasedFile.pdf, released_at)
        .join(ReleasedOutput, ReleasedOutput.id == ReleasedFile.output_id)
        .where(ReleasedOutput.id == output_id, ReleasedFile.language == any_(ReleasedOutput.translations))
    )
    return {(row.language, row.sha256, row.pdf): row.released_at for row in session.execute(rows)}


def are_released_translations(session: ReadSession, output_id: UUID, texts: Iterable[OutputText]) -> bool:
    """Return whether the translations among these texts of an output are exactly those that readers have."""
    there = {(text.language, text.sha256, text.pdf) for text in texts if isinstance(text, OutputTranslation)}
    return there == find_released_translations(session, output_id).keys()
