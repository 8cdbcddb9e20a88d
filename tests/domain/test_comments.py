"""Comments of States on circulated versions: their own words until answered, and nobody else's to change."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.db import set_row_security, transaction
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden, NotFound, Stale
from app.domain.circulations import queries
from app.domain.circulations.actions import comments
from app.domain.circulations.inputs import CommentRewording, NewComment, NewCommentAnswer
from app.domain.circulations.models import CirculatedVersion, Comment, CommentAnswer
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs as texts
from tests.world import World

SAID = {"language": "en", "paragraph": 1, "kind": "remark", "text": "It is too strong.", "lang": "en"}


@pytest.fixture
def output(world: World) -> Output:
    return world.output(world.meeting(opens_in=0))


@pytest.fixture
def version(world: World, output: Output) -> CirculatedVersion:
    return world.circulated(output, "The cost is high.", "States agree.")


def reworded(world: World, comment: Comment, who: str = "amina", *, version: int = 1, words: str = "Other.") -> None:
    with world.acting(who) as (session, actor):
        new = CommentRewording(text=words, lang="en")
        comments.change_comment(session, actor, session.get_one(Comment, comment.id), new, version=version)


def adopted(world: World, output: Output) -> None:
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Output, output.id)
        day = world.meeting(number=9, opens_in=0).opens_on
        digest = texts.compute_text_digest(session, there)
        outputs.adopt_output(session, actor, there, Adoption(adopted_on=day, text=digest))


def standing(world: World, version: CirculatedVersion) -> list[tuple[str, str]]:
    with transaction(world.read) as session:
        return [(row[0].entity, row[0].text) for row in queries.list_comments(session, version)]


def test_a_comment_keeps_what_the_paragraph_read(world: World, version: CirculatedVersion) -> None:
    made = world.comment(version, paragraph=2, kind="wording", text="States mostly agree.")

    assert (made.entity, made.was, made.text) == ("KEN", "States agree.", "States mostly agree.")
    assert standing(world, version) == [("KEN", "States mostly agree.")]


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
def test_a_comment_is_about_something_that_is_there(
    world: World, version: CirculatedVersion, new: dict[str, object], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        world.comment(version, **new)
    assert standing(world, version) == []


def test_saying_the_same_twice_is_one_comment(world: World, version: CirculatedVersion) -> None:
    world.comment(version)

    with pytest.raises(Conflict, match="exactly this already"):
        world.comment(version)
    world.comment(version, by="rafael")
    assert [entity for entity, _ in standing(world, version)] == ["KEN", "BRA"]


@pytest.mark.parametrize("who", ["laurent", "ines", "joseph", "wambui"])
def test_only_delegates_comment(world: World, version: CirculatedVersion, who: str) -> None:
    with pytest.raises(Forbidden):
        world.comment(version, by=who)


def test_a_comment_is_changed_by_its_own_state_until_it_is_answered(world: World, version: CirculatedVersion) -> None:
    made = world.comment(version)
    with pytest.raises(Forbidden):
        reworded(world, made, "rafael")
    with pytest.raises(Forbidden):
        reworded(world, made, "laurent")
    reworded(world, made)
    with pytest.raises(Stale):
        reworded(world, made)
    world.answered(made)

    with pytest.raises(Conflict, match="was answered"):
        reworded(world, made, version=2)
    assert standing(world, version) == [("KEN", "Other.")]


def test_what_is_taken_back_is_shown_to_nobody_and_stays_in_the_table(world: World, version: CirculatedVersion) -> None:
    made = world.comment(version)
    with world.acting("amina") as (session, actor):
        comments.withdraw_comment(session, actor, session.get_one(Comment, made.id), version=1)

    assert standing(world, version) == []
    with pytest.raises(Stale):
        reworded(world, made)
    with transaction(world.read) as session:
        assert session.get_one(Comment, made.id).taken_back_by == world.person("amina").id
        assert queries.count_open_comments(session, version.output_id) == 0


def test_the_database_lets_a_session_change_the_words_of_its_own_state_alone(
    world: World, version: CirculatedVersion
) -> None:
    made = world.comment(version)
    change = text("UPDATE output_comment SET text = 'x'")

    for entity, rows in (("BRA", 0), ("", 0), ("KEN", 1)):
        with transaction(world.write) as session:
            set_row_security(session, entity)
            assert session.execute(change).rowcount == rows
    world.answered(made, version=1)
    with transaction(world.write) as session:
        set_row_security(session, "KEN")
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
            set_row_security(session, "KEN")
            session.execute(text(statement))


@pytest.mark.parametrize("who", ["laurent", "layla", "ines"])
def test_chair_and_secretariat_answer(world: World, version: CirculatedVersion, who: str) -> None:
    made = world.comment(version)

    world.answered(made, by=who, answer="in_part", text="The first half.")

    with transaction(world.read) as session:
        (given,) = queries.find_last_answers(session, [made]).values()
        assert (given.answer, given.text) == ("in_part", "The first half.")


@pytest.mark.parametrize("who", ["amina", "rafael", "joseph", "wambui"])
def test_nobody_else_answers(world: World, version: CirculatedVersion, who: str) -> None:
    made = world.comment(version)

    with pytest.raises(Forbidden):
        world.answered(made, by=who)


def test_an_answer_is_to_the_words_that_were_read(world: World, version: CirculatedVersion) -> None:
    made = world.comment(version)
    reworded(world, made)

    with pytest.raises(Stale):
        world.answered(made, version=1)
    world.answered(made, version=2)
    with pytest.raises(Stale):  # somebody has answered meanwhile
        world.answered(made, version=2, number=0)


def test_an_answer_is_mended_and_the_one_before_it_is_kept(world: World, version: CirculatedVersion) -> None:
    made = world.comment(version)
    world.answered(made)
    world.answered(made, number=1, answer="not_taken", text="On second thoughts.")

    with transaction(world.read) as session:
        assert queries.find_last_answers(session, [made])[made.id].answer == "not_taken"
        assert session.get_one(CommentAnswer, (made.id, 1)).answer == "taken"


def test_a_later_version_is_the_one_to_comment_on_and_what_was_said_before_goes_on(
    world: World, output: Output, version: CirculatedVersion
) -> None:
    made = world.comment(version)
    later = world.circulated(output, "The cost is very high.", "States agree.")

    with pytest.raises(Conflict, match="A later version was circulated"):
        world.comment(version, paragraph=2)
    reworded(world, made)
    world.comment(later, by="rafael")
    world.answered(made, version=2)
    assert standing(world, later) == [("KEN", "Other."), ("BRA", "It is too strong.")]


def test_once_the_text_is_adopted_nothing_is_said_any_more(
    world: World, output: Output, version: CirculatedVersion
) -> None:
    made = world.comment(version)
    adopted(world, output)

    for act in (
        lambda: world.comment(version, by="rafael"),
        lambda: reworded(world, made),
        lambda: world.answered(made),
    ):
        with pytest.raises(Conflict, match="The text was adopted"):
            act()
    assert standing(world, version) == [("KEN", "It is too strong.")]


def test_open_comments_wait_for_whoever_answers(world: World, output: Output, version: CirculatedVersion) -> None:
    first = world.comment(version)
    world.comment(version, by="rafael")

    def waiting(who: str) -> list[tuple[object, int]]:
        with transaction(world.read) as session:
            rows = queries.list_drafts_with_open_comments(session, world.actor(who), limit=9)
            return [(row[0].id, row[1]) for row in rows]

    assert waiting("laurent") == waiting("ines") == [(output.id, 2)]
    assert waiting("amina") == []
    world.answered(first)
    assert waiting("laurent") == [(output.id, 1)]
    adopted(world, output)
    assert waiting("laurent") == []


def test_who_said_something_of_the_latest_version_has_nothing_to_read(
    world: World, output: Output, version: CirculatedVersion
) -> None:
    def to_read(who: str) -> list[int]:
        with transaction(world.read) as session:
            rows = queries.list_drafts_to_comment_on(session, world.actor(who), version.circulated_at, limit=9)
            return [row[0].number for row in rows]

    assert to_read("amina") == to_read("rafael") == [1]
    world.comment(version)
    assert (to_read("amina"), to_read("rafael"), to_read("laurent")) == ([], [1], [])
    world.circulated(output, "Another text.")
    assert to_read("amina") == [2]


@pytest.mark.parametrize("answer", ["in_part", "not_taken"])
def test_what_is_not_taken_as_it_is_needs_words(answer: str) -> None:
    with pytest.raises(ValueError, match="without words"):
        NewCommentAnswer(answer=answer, lang="en")
    assert NewCommentAnswer(answer="taken", lang="en").text == ""


def test_a_comment_has_words() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        NewComment(**SAID | {"text": " "})
