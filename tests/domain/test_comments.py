"""Comments of States on circulated versions: their own to change until they are answered."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.db import set_row_security_entity, transaction
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden, NotFound, Stale
from app.domain.circulations import queries
from app.domain.circulations.actions import comments
from app.domain.circulations.inputs import CommentRewording, NewComment, NewCommentAnswer
from app.domain.circulations.models import CirculatedVersion, Comment, CommentAnswer
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs as texts
from tests.world import World, record_rows

SAID = {"language": "en", "paragraph": 1, "kind": "remark", "text": "It is too strong.", "lang": "en"}


@pytest.fixture
def output(world: World) -> Output:
    return world.output(world.meeting(opens_in=0))


@pytest.fixture
def version(world: World, output: Output) -> CirculatedVersion:
    return world.circulated(output, "The cost is high.", "States agree.")


def reword(world: World, comment: Comment, who: str = "amina", *, version: int = 1, words: str = "Other.") -> None:
    with world.acting(who) as (session, actor):
        new = CommentRewording(text=words, lang="en")
        comments.change_comment(session, actor, session.get_one(Comment, comment.id), new, version=version)


def adopt_output(world: World, output: Output) -> None:
    with world.acting("laurent") as (session, actor):
        stored_output = session.get_one(Output, output.id)
        day = world.meeting(number=9, opens_in=0).opens_on
        digest = texts.compute_text_digest(session, stored_output)
        outputs.adopt_output(session, actor, stored_output, Adoption(adopted_on=day, without_pdf=True, text=digest))


def list_comments(world: World, version: CirculatedVersion) -> list[tuple[str, str]]:
    with transaction(world.read) as session:
        return [(row[0].entity, row[0].text) for row in queries.list_comments(session, version)]


def test_a_comment_keeps_the_text_of_its_paragraph(world: World, version: CirculatedVersion) -> None:
    comment = world.comment(version, paragraph=2, kind="wording", text="States mostly agree.")

    assert (comment.entity, comment.was, comment.text) == ("KEN", "States agree.", "States mostly agree.")
    assert list_comments(world, version) == [("KEN", "States mostly agree.")]


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        ({"paragraph": 3}, NotFound),
        ({"language": "fr"}, NotFound),
        ({"language": "fr", "paragraph": 0}, NotFound),
        ({"kind": "wording", "text": "The cost is high."}, BadRequest),
        ({"kind": "wording", "paragraph": 0}, BadRequest),
    ],
)
def test_a_comment_is_about_an_existing_paragraph(
    world: World, version: CirculatedVersion, new: dict[str, object], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        world.comment(version, **new)
    assert list_comments(world, version) == []


def test_the_same_comment_sent_twice_is_stored_once(world: World, version: CirculatedVersion) -> None:
    world.comment(version)

    with pytest.raises(Conflict, match="already submitted this comment"):
        world.comment(version)
    world.comment(version, by="rafael")
    assert [entity for entity, _ in list_comments(world, version)] == ["KEN", "BRA"]


@pytest.mark.parametrize("who", ["laurent", "ines", "joseph", "wambui"])
def test_only_delegates_comment(world: World, version: CirculatedVersion, who: str) -> None:
    with pytest.raises(Forbidden):
        world.comment(version, by=who)


def test_a_comment_is_changed_by_its_own_state_until_it_is_answered(world: World, version: CirculatedVersion) -> None:
    comment = world.comment(version)
    with pytest.raises(Forbidden):
        reword(world, comment, "rafael")
    with pytest.raises(Forbidden):
        reword(world, comment, "laurent")
    reword(world, comment)
    with pytest.raises(Stale):
        reword(world, comment)
    world.answered(comment)

    with pytest.raises(Conflict, match="has been answered"):
        reword(world, comment, version=2)
    assert list_comments(world, version) == [("KEN", "Other.")]


def test_a_withdrawn_comment_is_not_shown_and_stays_in_the_table(world: World, version: CirculatedVersion) -> None:
    comment = world.comment(version)
    with world.acting("amina") as (session, actor):
        comments.withdraw_comment(session, actor, session.get_one(Comment, comment.id), version=1)

    assert list_comments(world, version) == []
    with pytest.raises(Stale):
        reword(world, comment)
    with transaction(world.read) as session:
        assert session.get_one(Comment, comment.id).taken_back_by == world.person("amina").id
        assert queries.count_unanswered_comments(session, version.output_id) == 0


def test_the_database_lets_a_session_change_only_comments_of_its_own_state(
    world: World, version: CirculatedVersion
) -> None:
    comment = world.comment(version)
    change = text("UPDATE output_comment SET text = 'x'")

    for entity, rows in (("BRA", 0), ("", 0), ("KEN", 1)):
        with transaction(world.write) as session:
            record_rows(session)
            set_row_security_entity(session, entity)
            assert session.execute(change).rowcount == rows
    world.answered(comment, version=1)
    with transaction(world.write) as session:
        set_row_security_entity(session, "KEN")
        assert session.execute(change).rowcount == 0


def test_the_database_takes_no_comment_for_another_state_and_lets_none_be_removed(
    world: World, version: CirculatedVersion
) -> None:
    world.answered(world.comment(version))
    columns = "id, version_id, language, paragraph, was, entity, kind, text, lang, version, put_by, put_at"
    forged = (
        f"INSERT INTO output_comment ({columns}) SELECT gen_random_uuid(), version_id, language, paragraph, was, 'BRA',"
        " kind, text, lang, version, put_by, put_at FROM output_comment"
    )

    for statement in (
        forged,
        "DELETE FROM output_comment",
        "UPDATE output_comment SET entity = 'BRA'",
        "UPDATE output_comment SET was = 'x'",
        "DELETE FROM output_comment_answer",
        "UPDATE output_comment_answer SET text = 'x'",
    ):
        with pytest.raises(ProgrammingError), transaction(world.write) as session:
            set_row_security_entity(session, "KEN")
            session.execute(text(statement))


@pytest.mark.parametrize("who", ["laurent", "layla", "ines"])
def test_chair_and_secretariat_answer(world: World, version: CirculatedVersion, who: str) -> None:
    comment = world.comment(version)

    world.answered(comment, by=who, answer="in_part", text="The first half.")

    with transaction(world.read) as session:
        (stored_answer,) = queries.find_last_answers(session, version.output_id).values()
        assert (stored_answer.answer, stored_answer.text) == ("in_part", "The first half.")


@pytest.mark.parametrize("who", ["amina", "rafael", "joseph", "wambui"])
def test_only_chair_and_secretariat_answer(world: World, version: CirculatedVersion, who: str) -> None:
    comment = world.comment(version)

    with pytest.raises(Forbidden):
        world.answered(comment, by=who)


def test_an_answer_is_to_the_version_that_was_read(world: World, version: CirculatedVersion) -> None:
    comment = world.comment(version)
    reword(world, comment)

    with pytest.raises(Stale):
        world.answered(comment, version=1)
    world.answered(comment, version=2)
    with pytest.raises(Stale):  # the comment was answered in the meantime
        world.answered(comment, version=2, number=0)


def test_an_answer_is_corrected_and_the_earlier_one_is_kept(world: World, version: CirculatedVersion) -> None:
    comment = world.comment(version)
    world.answered(comment)
    world.answered(comment, number=1, answer="not_taken", text="On second thoughts.")

    with transaction(world.read) as session:
        assert queries.find_last_answers(session, version.output_id)[comment.id].answer == "not_taken"
        assert session.get_one(CommentAnswer, (comment.id, 1)).answer == "taken"


def test_a_later_version_takes_the_comments_and_earlier_ones_stay_open(
    world: World, output: Output, version: CirculatedVersion
) -> None:
    comment = world.comment(version)
    later = world.circulated(output, "The cost is very high.", "States agree.")

    with pytest.raises(Conflict, match="A later version has been circulated"):
        world.comment(version, paragraph=2)
    reword(world, comment)
    world.comment(later, by="rafael")
    world.answered(comment, version=2)
    assert list_comments(world, later) == [("KEN", "Other."), ("BRA", "It is too strong.")]


def test_an_adopted_text_takes_no_comments(world: World, output: Output, version: CirculatedVersion) -> None:
    comment = world.comment(version)
    adopt_output(world, output)

    for act in (
        lambda: world.comment(version, by="rafael"),
        lambda: reword(world, comment),
        lambda: world.answered(comment),
    ):
        with pytest.raises(Conflict, match="The text has been adopted"):
            act()
    assert list_comments(world, version) == [("KEN", "It is too strong.")]


def test_open_comments_wait_for_those_who_answer(world: World, output: Output, version: CirculatedVersion) -> None:
    first = world.comment(version)
    world.comment(version, by="rafael")

    def count_waiting(who: str) -> list[tuple[object, int]]:
        with transaction(world.read) as session:
            rows = session.execute(queries.select_drafts_with_open_comments(world.actor(who)))
            return [(row[0].id, row[1]) for row in rows]

    assert count_waiting("laurent") == count_waiting("ines") == [(output.id, 2)]
    assert count_waiting("amina") == []
    world.answered(first)
    assert count_waiting("laurent") == [(output.id, 1)]
    adopt_output(world, output)
    assert count_waiting("laurent") == []


def test_a_state_that_commented_on_the_latest_version_has_nothing_to_read(
    world: World, output: Output, version: CirculatedVersion
) -> None:
    def list_to_read(who: str) -> list[int]:
        with transaction(world.read) as session:
            rows = session.execute(queries.select_drafts_to_comment_on(world.actor(who), version.circulated_at))
            return [row[0].number for row in rows]

    assert list_to_read("amina") == list_to_read("rafael") == [1]
    world.comment(version)
    assert (list_to_read("amina"), list_to_read("rafael"), list_to_read("laurent")) == ([], [1], [])
    world.circulated(output, "Another text.")
    assert list_to_read("amina") == [2]


@pytest.mark.parametrize("answer", ["in_part", "not_taken"])
def test_an_answer_other_than_acceptance_needs_a_text(answer: str) -> None:
    with pytest.raises(ValueError, match="without words"):
        NewCommentAnswer(answer=answer, lang="en")
    assert NewCommentAnswer(answer="taken", lang="en").text == ""


def test_a_comment_needs_a_text() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        NewComment(**SAID | {"text": " "})
