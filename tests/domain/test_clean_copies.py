"""Clean copies through their verbs: the original that is kept, who reads it, and what it is when it is back."""

import pytest

from app.core.errors import Conflict, Forbidden, NotFound, Stale
from app.domain.contributions.actions import clean_copies
from app.domain.contributions.inputs import CleanCopyInput
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import originals
from app.domain.contributions.queries.submissions import list_contribution_files
from app.domain.documents.inputs import LanguageFile
from tests.world import World


def make_copy(original: str, sha256: str = "c" * 64, **removed: int) -> CleanCopyInput:
    file = LanguageFile("en", sha256, 9, "application/pdf", "clean.pdf", [])
    return CleanCopyInput(file, original, removed or {"comments": 2})


def save(world: World, draft: Contribution, copy: CleanCopyInput, *, by: str = "amina", version: int = 0) -> None:
    with world.acting(by) as (session, actor):
        row = session.get_one(Contribution, draft.id)
        at = row.changed_at
        clean_copies.save_clean_copy(session, actor, row, copy, version=version or row.version, began_at=at)


def find_digests(world: World, draft: Contribution) -> tuple[list[str], list[str]]:
    """The digests of the files of a draft, and of the originals that are kept."""
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        kept = originals.find_kept_originals(session, actor, row)
        return [file.sha256 for file in list_contribution_files(session, row)], [each.sha256 for each in kept.values()]


def test_the_first_original_stays_with_all_that_was_left_out(world: World) -> None:
    draft = world.draft(world.meeting())
    ([first], _) = find_digests(world, draft)

    save(world, draft, make_copy(first, comments=2))
    save(world, draft, make_copy("c" * 64, "d" * 64, comments=1, people=3))

    assert find_digests(world, draft) == (["d" * 64], [first])
    with world.acting("amina") as (session, actor):
        kept = originals.get_kept_original(session, actor, session.get_one(Contribution, draft.id), "en")
        assert kept.removed == {"comments": 3, "people": 3}


def test_who_may_not_change_the_draft_finds_no_original(world: World) -> None:
    """Asked by the query alone: the session is one for which the database hides nothing of Kenya."""
    draft = world.asked(world.meeting(), "BRA")
    ([first], _) = find_digests(world, draft)
    save(world, draft, make_copy(first))

    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        assert list(originals.find_kept_originals(session, actor, row)) == ["en"]
        for who in ("rafael", "ines", "laurent"):
            assert originals.find_kept_originals(session, world.actor(who), row) == {}
            with pytest.raises(NotFound):
                originals.get_downloadable_original(session, world.actor(who), row, "en")


def test_another_state_saves_no_clean_copy_and_brings_no_original_back(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")
    ([first], _) = find_digests(world, draft)
    with pytest.raises(Forbidden):
        save(world, draft, make_copy(first), by="rafael")
    save(world, draft, make_copy(first))

    with pytest.raises(Forbidden), world.acting("rafael") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        clean_copies.use_original_again(session, actor, row, "en", version=row.version)
    assert find_digests(world, draft) == (["c" * 64], [first])


def test_a_copy_of_another_file_or_of_an_older_draft_is_refused(world: World) -> None:
    draft = world.draft(world.meeting())
    ([first], _) = find_digests(world, draft)

    with pytest.raises(Stale):
        save(world, draft, make_copy("e" * 64))
    with pytest.raises(Stale):
        save(world, draft, make_copy(first), version=99)
    assert find_digests(world, draft) == ([first], [])


def test_what_is_submitted_has_no_clean_copy_any_more(world: World) -> None:
    submitted = world.submitted(world.meeting())

    with pytest.raises(Conflict), world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, submitted.id)
        [file] = list_contribution_files(session, row)
        clean_copies.save_clean_copy(
            session, actor, row, make_copy(file.sha256), version=row.version, began_at=row.changed_at
        )
