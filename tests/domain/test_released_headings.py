"""Which paragraphs of a released text are headings: written and signed with it, and missing where none is known."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.db import transaction
from app.core.storage import open_store
from app.domain.releases.actions import copy_texts
from app.domain.releases.queries import releases
from app.domain.releases.queries.catalogue_entries import SignedFileText
from app.domain.releases.queries.signed_texts import build_text_statement, is_file_text_signed, sign_file_text
from app.record_verification.signatures import find_released_paragraph_faults
from tests.conftest import Database
from tests.world import RELEASE_SIGNER, World

FILE = "a" * 64
TEXT = ("Costs", "They rose.", "Transit", "They rose most inland.")
LEVELS = (1, 0, 2, 0)


@pytest.fixture
def file(world: World, tmp_path: Path) -> str:
    """The digest of the file of a released output, whose text has not been read yet."""
    world.released(world.meeting(opens_in=0), open_store(f"file://{tmp_path}/released"))
    with transaction(world.read) as session:
        (output,) = releases.list_entries(session)
    return output.texts[0].sha256


def copy_text(world: World, file: str, heading_levels: list[int] | None) -> SignedFileText:
    """Read the file, and return its text as released."""
    world.rendered(file, *TEXT, heading_levels=heading_levels)
    with transaction(world.work) as session:
        assert copy_texts.copy_text_of_file(session, file) == 1
    with transaction(world.read) as session:
        (text,) = releases.list_file_texts(session, [file])
    return text


def test_the_levels_of_headings_are_released_with_the_text(world: World, file: str) -> None:
    text = copy_text(world, file, list(LEVELS))

    assert (text.paragraphs, text.heading_levels) == (TEXT, LEVELS)
    assert is_file_text_signed(text, RELEASE_SIGNER.public_keys)


@pytest.mark.parametrize("unknown", [None, [0, 0, 0, 0]], ids=["not known", "no headings"])
def test_a_text_without_headings_is_signed_as_before_levels_were_known(
    world: World, file: str, unknown: list[int] | None
) -> None:
    text = copy_text(world, file, unknown)

    assert text.heading_levels == ()
    assert is_file_text_signed(text, RELEASE_SIGNER.public_keys)
    assert build_text_statement(FILE, ["One."], ()) == (
        b'{"file":"%s","format":"cwg-text/1","paragraphs":["One."]}' % FILE.encode()
    )


@pytest.mark.parametrize("changed", [(0, 0, 2, 0), (2, 0, 2, 0), (1, 0, 2), ()], ids=["none", "other", "fewer", "all"])
def test_a_signature_is_valid_for_exactly_these_levels(changed: tuple[int, ...]) -> None:
    row = sign_file_text(FILE, TEXT, RELEASE_SIGNER, LEVELS)
    text = SignedFileText(**row | {"paragraphs": TEXT, "heading_levels": LEVELS})

    assert is_file_text_signed(text, RELEASE_SIGNER.public_keys)
    assert not is_file_text_signed(replace(text, heading_levels=changed), RELEASE_SIGNER.public_keys)


@pytest.mark.parametrize("change", ["NULL", "'{2,0,2,0}'"], ids=["taken away", "changed"])
def test_verify_names_a_text_whose_levels_were_changed(
    world: World, file: str, database: Database, change: str
) -> None:
    copy_text(world, file, list(LEVELS))

    def find_faults() -> list[str]:
        with transaction(world.read) as session:
            return list(find_released_paragraph_faults(session, RELEASE_SIGNER.public_keys))

    assert find_faults() == []
    database.run_as_superuser(f"UPDATE release.text SET heading_levels = {change}")
    assert find_faults() == [f"the paragraphs of file {file} were altered"]


@pytest.mark.parametrize("levels", ["'{1,0,2}'", "'{1,0,NULL,0}'"])
def test_each_paragraph_has_one_level(world: World, file: str, database: Database, levels: str) -> None:
    copy_text(world, file, list(LEVELS))

    with pytest.raises(IntegrityError, match="ck_text_levels_are_whole"):
        database.run_as_superuser(f"UPDATE release.text SET heading_levels = {levels}")
