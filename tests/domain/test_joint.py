"""Joint contributions, follow-ups, clearance and what is written on behalf: through the verbs, on a real database."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from app.core.db import act_for, transaction
from app.core.errors import Conflict, Forbidden, Stale, Unacceptable, Unknown
from app.core.scanner import State, Verdict
from app.domain.bodies import actions as bodies
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.contributions import actions, joint, lateness, queries
from app.domain.contributions.inputs import Because, Cover, Following, Invitation
from app.domain.contributions.models import Contribution, Cosponsor, Status
from app.domain.documents import actions as register
from app.domain.documents import queries as documents
from app.domain.documents.models import Access, Document, Step
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.receipts import queries as receipts
from app.domain.scans import actions as scans
from tests.register import opened, withdrawn
from tests.world import GRACE, SIGNER, World


def invited(world: World, *states: str) -> Contribution:
    draft = world.draft(world.meeting(), title="A joint title")
    for state in states:
        with world.acting("amina") as (session, actor):
            joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity=state))
    return read(world, draft)


def read(world: World, draft: Contribution) -> Contribution:
    with transaction(world.read) as session:
        act_for(session, "KEN")
        return session.get_one(Contribution, draft.id)


def sign(world: World, who: str, draft: Contribution, version: int | None = None) -> None:
    with world.acting(who) as (session, actor):
        found = queries.one_visible(session, actor, draft.id)
        joint.sign(session, actor, found, version=version or found.version)


def answers(world: World, draft: Contribution) -> dict[str, bool | None]:
    with transaction(world.read) as session:
        act_for(session, "KEN")
        return {each.entity: each.signs for each in queries.cosponsors(session, draft)}


def answered(world: World, draft: Contribution) -> Cosponsor:
    """What Brazil answered, as it is kept."""
    with transaction(world.read) as session:
        act_for(session, "KEN")
        return queries.one_cosponsor(session, draft, "BRA")


def admit(world: World, *categories: str) -> None:
    with world.acting("ines") as (session, actor):
        bodies.admit(session, actor, session.get_one(Body, world.body().id), [*categories])


def cover(title: str = "A joint title", **more: object) -> Cover:
    return Cover(title=title, original="en", purpose="discussion", **more)


def test_a_state_that_is_asked_reads_the_draft_and_others_do_not(world: World) -> None:
    draft = invited(world, "BRA")

    with world.acting("rafael") as (session, actor):
        assert queries.one_visible(session, actor, draft.id).title == "A joint title"
        with pytest.raises(Forbidden):
            actions.change(session, actor, draft, cover("Another title"), version=draft.version)
    for who in ("haruka", "ines", "laurent"):
        with world.acting(who) as (session, actor):
            with pytest.raises(Unknown):
                queries.one_visible(session, actor, draft.id)
            assert session.scalars(select(Cosponsor)).all() == []
            assert session.scalars(text("SELECT title FROM contribution")).all() == []


def test_a_change_of_the_text_asks_those_again_who_signed(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    assert answers(world, draft) == {"BRA": True, "JPN": None}

    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        actions.change(session, actor, found, cover("Another title"), version=found.version)

    assert answers(world, draft) == {"BRA": None, "JPN": None}
    with pytest.raises(Stale):
        sign(world, "haruka", draft, version=draft.version)


@pytest.mark.parametrize("change", ["replaced", "added", "removed"])
def test_another_file_is_another_text(world: World, change: str) -> None:
    draft = invited(world, "BRA")
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.put_file(session, actor, there, world.file("fr"), began_at=there.changed_at)
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        joint.clear(session, actor, there, version=there.version)
        before = there.version
        if change == "removed":
            actions.remove_file(session, actor, there, "fr")
        else:
            file = world.file("en" if change == "replaced" else "es", "Another text.")
            actions.put_file(session, actor, there, file, began_at=there.changed_at)
        assert (there.version > before, there.cleared_by) == (True, None)

    assert answers(world, draft) == {"BRA": None}


def test_a_change_asks_nobody_again_who_declined_or_signed_something_else(world: World) -> None:
    meeting = world.meeting()
    draft, other = (world.asked(meeting, "BRA", "JPN") for _ in range(2))
    sign(world, "rafael", other)
    with world.acting("haruka") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.change(session, actor, there, cover("Another title"), version=there.version)

    assert answers(world, draft) == {"BRA": None, "JPN": False}
    assert answers(world, other) == {"BRA": True, "JPN": None}


def test_a_state_that_declined_can_be_asked_again(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    for who in ("rafael", "haruka"):
        with world.acting(who) as (session, actor):
            joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        joint.invite(session, actor, there, Invitation(entity="BRA"))
        joint.withdraw_invitation(session, actor, there, "JPN")
        joint.invite(session, actor, there, Invitation(entity="JPN"))

    assert (read(world, draft).invited, read(world, draft).declined) == (["BRA", "JPN"], [])
    for who in ("rafael", "haruka"):
        sign(world, who, draft)
    assert answers(world, draft) == {"BRA": True, "JPN": True}


def test_a_state_that_is_asked_twice_keeps_its_answer(world: World) -> None:
    draft = invited(world, "BRA")
    sign(world, "rafael", draft)

    with world.acting("amina") as (session, actor):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="BRA"))

    assert answers(world, draft) == {"BRA": True}


def test_a_state_that_is_asked_cannot_put_another_off(world: World) -> None:
    draft = invited(world, "BRA", "JPN")

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        joint.withdraw_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")


def test_a_state_that_is_no_longer_asked_is_not_among_those_that_declined(world: World) -> None:
    draft = invited(world, "BRA")
    with world.acting("rafael") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        joint.withdraw_invitation(session, actor, session.get_one(Contribution, draft.id), "BRA")

    assert (read(world, draft).invited, read(world, draft).declined) == ([], [])


def test_a_state_that_is_asked_reads_it_only_through_a_seat_in_the_body(world: World) -> None:
    draft = invited(world, "BRA")
    seated = world.actor("rafael")

    with world.acting("rafael") as (session, _):
        assert queries.one_visible(session, seated, draft.id)
        with pytest.raises(Unknown):
            queries.one_visible(session, replace(seated, seats=frozenset()), draft.id)


def test_a_state_that_declines_or_is_no_longer_asked_stops_reading(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    with world.acting("rafael") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))
    with world.acting("amina") as (session, actor):
        joint.withdraw_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")

    assert answers(world, draft) == {"BRA": False}
    for who in ("rafael", "haruka"):
        with world.acting(who) as (session, actor), pytest.raises(Unknown):
            queries.one_visible(session, actor, draft.id)


def test_nobody_asks_their_own_state_or_one_that_is_no_member(world: World) -> None:
    draft = invited(world)

    with world.acting("amina") as (session, actor), pytest.raises(Unacceptable):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="KEN"))
    with pytest.raises(ValueError, match="entity"):
        Invitation(entity="TWN")


def test_a_state_that_the_group_does_not_admit_is_not_asked(world: World) -> None:
    draft = invited(world)

    with world.acting("amina") as (session, actor), pytest.raises(Unacceptable, match="does not admit that State"):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="PSE"))
    assert (read(world, draft).invited, answers(world, draft)) == ([], {})

    admit(world, "member_state", "res99")
    with world.acting("amina") as (session, actor):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="PSE"))
    assert answers(world, draft) == {"PSE": None}


def test_an_answer_that_is_asked_for_again_is_no_answer_any_more(world: World) -> None:
    draft = invited(world, "BRA")
    with world.acting("rafael") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))
    declined = answered(world, draft)
    assert (declined.answered_by, declined.answered_at is None) == (world.person("rafael").id, False)

    with world.acting("amina") as (session, actor):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="BRA"))

    asked = answered(world, draft)
    assert (asked.signs, asked.answered_by, asked.answered_at) == (None, None, None)


@pytest.mark.parametrize("by", ["amina", "rafael"])
@pytest.mark.parametrize("signed", [True, False])
def test_whoever_checked_a_draft_looks_again_once_a_signature_is_gone(world: World, by: str, signed: bool) -> None:
    draft = invited(world, "BRA")
    if signed:
        sign(world, "rafael", draft)
    checked = read(world, draft).version

    with world.acting(by) as (session, actor):
        there = queries.one_visible(session, actor, draft.id)
        if by == "amina":
            joint.withdraw_invitation(session, actor, there, "BRA")
        else:
            joint.decline(session, actor, there)

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            actions.submit(session, actor, there, version=checked, grace=GRACE, late=False, sign=SIGNER)

    if signed:
        with pytest.raises(Conflict, match="changed after you checked it"):
            submit()
    else:
        submit()
    assert read(world, draft).status == (Status.DRAFT if signed else Status.SUBMITTED)


def test_what_was_submitted_is_signed_until_it_is_registered_and_then_never_more(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    with world.acting("rafael") as (session, actor):
        assert queries.how_many(session, queries.open_ones(actor)) == 1

    sign(world, "rafael", draft)

    with world.acting("rafael") as (session, actor):
        assert queries.how_many(session, queries.open_ones(actor)) == 0
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        made = actions.register(session, actor, there, version=there.version, sign=SIGNER)
        sponsors = documents.sponsors(session, documents.in_force(session, made))
        assert [(each.entity, each.signed) for each in sponsors] == [("BRA", True)]
        assert b'"signed_by":["BRA"]' in receipts.latest(session, draft.id).statement.encode()
    for who in ("haruka", "rafael"):
        with world.acting(who) as (session, actor), pytest.raises(Conflict, match="It is registered"):
            joint.sign(session, actor, session.get_one(Contribution, draft.id), version=there.version)


def test_a_signature_that_is_taken_back_before_registration_is_seen_by_who_registers(world: World) -> None:
    draft = invited(world, "BRA")
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    seen = read(world, draft).version

    with world.acting("rafael") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    with world.acting("ines") as (session, actor), pytest.raises(Stale):
        actions.register(session, actor, session.get_one(Contribution, draft.id), version=seen, sign=SIGNER)


def test_a_state_that_was_never_asked_cannot_be_put_off(world: World) -> None:
    draft = invited(world, "BRA")

    with world.acting("amina") as (session, actor), pytest.raises(Unknown):
        joint.withdraw_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")


def test_a_draft_is_not_shown_to_those_asked_before_its_file_was_checked(world: World) -> None:
    invited(world, "BRA")
    lists = (queries.visible, queries.of_own_state, queries.open_ones)

    def found(who: str) -> list[int]:
        with world.acting(who) as (session, actor):
            return [queries.how_many(session, choose(actor)) for choose in lists]

    said = {}
    for state in (State.WAITING, State.INFECTED, State.CLEAN):
        with transaction(world.write) as session:
            scans.note(session, world.file().sha256, Verdict(state))
        said[state] = (found("amina"), found("rafael"))

    assert said == {
        State.WAITING: ([1, 1, 1], [0, 0, 0]),
        State.INFECTED: ([1, 1, 1], [0, 0, 0]),
        State.CLEAN: ([1, 1, 1], [1, 1, 1]),
    }


def test_a_draft_waits_for_a_state_until_it_has_answered(world: World) -> None:
    draft = invited(world, "BRA", "JPN")

    def waits_for(who: str) -> bool:
        with world.acting(who) as (session, actor):
            assert queries.one_visible(session, actor, draft.id)
            return queries.how_many(session, queries.open_ones(actor)) == 1

    assert [waits_for(who) for who in ("amina", "rafael", "haruka")] == [True, True, True]
    sign(world, "rafael", draft)
    assert [waits_for(who) for who in ("amina", "rafael", "haruka")] == [True, False, True]
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.change(session, actor, there, cover("Another title"), version=there.version)
    assert waits_for("rafael")


def test_who_declined_or_is_silent_is_told_to_those_who_write_it_alone(world: World) -> None:
    draft = invited(world, "BRA", "JPN", "FRA")
    sign(world, "rafael", draft)
    with world.acting("haruka") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    def told(who: str) -> list[str]:
        with world.acting(who) as (session, actor):
            there = session.get_one(Contribution, draft.id)
            return [each.entity for each in queries.answers(session, actor, there)]

    assert (told("amina"), told("rafael")) == (["BRA", "FRA", "JPN"], ["BRA"])
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    assert told("ines") == ["BRA"]


def test_signatures_freeze_at_registration_and_later_ones_are_support(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, found, version=found.version, grace=GRACE, late=False, sign=SIGNER)
    with world.acting("ines") as (session, actor):
        document = actions.register(session, actor, found, version=found.version, sign=SIGNER)

    for who in ("haruka", "rafael"):
        with world.acting(who) as (session, actor):
            register.support(session, actor, session.get_one(Document, document.id))
    with world.acting("amina") as (session, actor), pytest.raises(Forbidden):
        register.support(session, actor, session.get_one(Document, document.id))

    with transaction(world.read) as session:
        edition = documents.in_force(session, document)
        assert [(each.entity, each.signed) for each in documents.sponsors(session, edition)] == [
            ("BRA", True),
            ("JPN", False),
        ]


def test_a_state_that_declined_does_not_stand_on_the_document(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    with world.acting("haruka") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, found, version=found.version, grace=GRACE, late=False, sign=SIGNER)
    with world.acting("ines") as (session, actor):
        document = actions.register(session, actor, found, version=found.version, sign=SIGNER)
        edition = documents.in_force(session, document)

        assert [each.entity for each in documents.sponsors(session, edition)] == ["BRA"]


def followed(world: World, document: Document, step: Step, **more: object) -> Contribution:
    with world.acting("amina") as (session, actor):
        meeting = session.scalars(select(Meeting)).one()
        there = session.get_one(Document, document.id)
        following = Following(there, step, more.pop("only_language", None))
        made = actions.draft(session, actor, meeting, cover("As revised", **more), key=uuid4(), following=following)
        actions.put_file(session, actor, made, world.file(more.get("file", "en")), began_at=made.drafted_at)
        actions.submit(session, actor, made, version=made.version, grace=GRACE, late=False, sign=SIGNER)
    return made


def test_a_revision_takes_the_suffix_of_its_document_and_no_number(world: World) -> None:
    _, document = world.registered(world.meeting())
    made = followed(world, document, Step.REVISION, note="Paragraph 2 is new.")

    with world.acting("ines") as (session, actor):
        again = actions.register(session, actor, made, version=made.version, sign=SIGNER)
        assert (again.id, again.revision, again.titles) == (document.id, 1, {"en": "As revised"})
        edition = documents.in_force(session, again)
        assert (edition.symbol, edition.note) == ("CWG-Internet 22/1 (Rev.1)", "Paragraph 2 is new.")
    _, second = world.registered(Meeting(id=made.meeting_id))
    assert second.symbol == "CWG-Internet 22/2"


def test_whoever_signed_a_text_is_asked_to_sign_its_revision(world: World) -> None:
    draft = invited(world, "BRA")
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, found, version=found.version, grace=GRACE, late=False, sign=SIGNER)
    with world.acting("ines") as (session, actor):
        document = actions.register(session, actor, found, version=found.version, sign=SIGNER)

    with world.acting("haruka") as (session, actor):
        register.support(session, actor, session.get_one(Document, document.id))

    revision = followed(world, document, Step.REVISION, note="Paragraph 2 is new.")
    corrigendum = followed(world, document, Step.CORRIGENDUM, note="A slip.")

    assert answers(world, revision) == {"BRA": None}
    assert answers(world, corrigendum) == {}


def test_another_state_cannot_follow_up_a_document_that_is_not_its_own(world: World) -> None:
    _, document = world.registered(world.meeting())

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        there = session.get_one(Document, document.id)
        meeting = session.scalars(select(Meeting)).one()
        actions.draft(session, actor, meeting, cover(), key=uuid4(), following=Following(there, Step.REVISION))


def following_up(world: World, document: Document, **more: object) -> Contribution:
    """A revision that is drafted, with its file, and not submitted."""
    with world.acting("amina") as (session, actor):
        meeting, there = session.scalars(select(Meeting)).one(), session.get_one(Document, document.id)
        said = cover(**{"note": "Paragraph 2 is new."} | more)
        made = actions.draft(session, actor, meeting, said, key=uuid4(), following=Following(there, Step.REVISION))
        actions.put_file(session, actor, made, world.file(), began_at=made.drafted_at)
        return made


def test_who_may_read_what_follows_a_document_is_decided_with_the_document(world: World) -> None:
    _, document = world.registered(world.meeting())
    opened(world, document, Access.MEMBERSHIP)
    made = following_up(world, document, access=Access.PUBLIC)
    assert made.access == Access.MEMBERSHIP

    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, made.id)
        narrower = cover("Another title", note="Paragraph 3 too.", access=Access.GROUP)
        actions.change(session, actor, there, narrower, version=there.version)
        assert (there.title, there.access) == ("Another title", Access.MEMBERSHIP)
    opened(world, read_document(world, document), Access.PUBLIC)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, made.id)
        receipt = actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
        assert json.loads(receipt.statement)["access"] == Access.PUBLIC
    with world.acting("ines") as (session, actor):
        again = actions.register(session, actor, there, version=there.version, sign=SIGNER)
        assert (again.id, again.access, again.revision) == (document.id, Access.PUBLIC, 1)


def read_document(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def test_what_follows_a_document_that_ended_is_not_submitted(world: World) -> None:
    _, document = world.registered(world.meeting())
    made = following_up(world, document)
    withdrawn(world, document)

    with world.acting("amina") as (session, actor), pytest.raises(Unacceptable, match="was withdrawn"):
        there = session.get_one(Contribution, made.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    assert read(world, made).status == Status.DRAFT


def test_what_follows_a_document_says_what_is_new_in_it(world: World) -> None:
    _, document = world.registered(world.meeting())
    made = following_up(world, document, note="")

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, made.id)
            actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)

    with pytest.raises(Unacceptable, match="what is new"):
        submit()
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, made.id)
        actions.change(session, actor, there, cover(note="Paragraph 2."), version=there.version)
    submit()
    assert read(world, made).status == Status.SUBMITTED


@pytest.mark.parametrize(
    ("languages", "taken"), [(("fr",), True), (("en",), False), (("en", "fr"), False)], ids=lambda each: str(each)
)
def test_a_corrigendum_of_one_language_holds_that_language_alone_and_has_no_deadline(
    world: World, languages: tuple[str, ...], taken: bool
) -> None:
    _, document = world.registered(world.meeting())
    with world.acting("ines") as (session, _):
        session.scalars(select(Meeting)).one().contributions_due_at = document.registered_at.replace(year=2020)
    with world.acting("amina") as (session, actor):
        meeting, there = session.scalars(select(Meeting)).one(), session.get_one(Document, document.id)
        following = Following(there, Step.CORRIGENDUM, "fr")
        made = actions.draft(session, actor, meeting, cover(note="A slip."), key=uuid4(), following=following)
        for language in languages:
            actions.put_file(session, actor, made, world.file(language), began_at=made.drafted_at)

        if taken:
            actions.submit(session, actor, made, version=made.version, grace=GRACE, late=False, sign=SIGNER)
            assert (made.status, made.late) == (Status.SUBMITTED, False)
        else:
            with pytest.raises(Unacceptable):
                actions.submit(session, actor, made, version=made.version, grace=GRACE, late=False, sign=SIGNER)


def test_the_head_clears_what_a_state_wants_cleared(world: World) -> None:
    world.seat("wambui", "delegate")
    draft = world.draft(world.meeting(), by="wambui")
    with world.acting("joseph") as (session, actor):
        joint.require_clearance(session, actor, Place(draft.body_id, "KEN"), required=True)

    def submit() -> None:
        with world.acting("wambui") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)

    with pytest.raises(Unacceptable):
        submit()
    with world.acting("wambui") as (session, actor), pytest.raises(Forbidden):
        joint.clear(session, actor, session.get_one(Contribution, draft.id), version=draft.version)
    with world.acting("amina") as (session, actor):
        joint.clear(session, actor, session.get_one(Contribution, draft.id), version=draft.version)
    submit()
    assert read(world, draft).status == Status.SUBMITTED


def test_a_change_takes_the_clearance_away(world: World) -> None:
    draft = world.draft(world.meeting())
    with world.acting("amina") as (session, actor):
        joint.require_clearance(session, actor, Place(draft.body_id, "KEN"), required=True)
        there = session.get_one(Contribution, draft.id)
        joint.clear(session, actor, there, version=there.version)
        actions.change(session, actor, there, cover("Another title"), version=there.version)

        assert there.cleared_by is None


def test_the_head_clears_exactly_what_was_read(world: World) -> None:
    draft = world.draft(world.meeting())

    with pytest.raises(Stale), world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        joint.clear(session, actor, there, version=there.version - 1)


def on_behalf(world: World, entity: str = "KEN", **more: object) -> Contribution:
    """What the secretariat writes for a State."""
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        made = actions.draft(session, actor, there, cover(), key=uuid4(), entity=entity, **more)
        actions.put_file(session, actor, made, world.file(), began_at=made.drafted_at)
        return made


@pytest.mark.parametrize(("sender", "needed"), [("ines", False), ("amina", True)])
def test_clearance_is_asked_of_those_who_send_for_their_own_state(world: World, sender: str, needed: bool) -> None:
    made = on_behalf(world)
    with world.acting("joseph") as (session, actor):
        joint.require_clearance(session, actor, Place(made.body_id, "KEN"), required=True)

    def submit() -> None:
        with world.acting(sender) as (session, actor):
            there = session.get_one(Contribution, made.id)
            assert queries.needs_clearance(session, actor, there) is needed
            actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)

    if needed:
        with pytest.raises(Unacceptable, match="has to clear it first"):
            submit()
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, made.id)
            joint.clear(session, actor, there, version=there.version)
    submit()
    assert read(world, made).status == Status.SUBMITTED


def test_no_state_decides_on_the_clearance_of_another(world: World) -> None:
    body = world.body().id

    for who in ("rafael", "ines", "laurent"):
        with world.acting(who) as (session, actor), pytest.raises(Forbidden):
            joint.require_clearance(session, actor, Place(body, "KEN"), required=True)


def test_the_secretariat_writes_for_a_state_and_both_are_on_record(world: World) -> None:
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        made = actions.draft(session, actor, session.get_one(Meeting, meeting.id), cover(), key=uuid4(), entity="KEN")
        actions.put_file(session, actor, made, world.file(), began_at=made.drafted_at)

    for who in ("daniel", "amina"):
        with world.acting(who) as (session, actor):
            assert queries.one_visible(session, actor, made.id).by_entity == "ITU"
    for who in ("rafael", "laurent"):
        with world.acting(who) as (session, actor):
            with pytest.raises(Unknown):
                queries.one_visible(session, actor, made.id)
            assert session.scalars(text("SELECT title FROM contribution")).all() == []
    with world.acting("daniel") as (session, actor):
        there = session.get_one(Contribution, made.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
        document = actions.register(session, actor, there, version=there.version, sign=SIGNER)
        assert (document.entity, there.submitted_by) == ("KEN", actor.person)


def test_the_secretariat_writes_only_for_states_that_the_group_admits(world: World) -> None:
    with pytest.raises(Unacceptable, match="does not admit that State"):
        on_behalf(world, "PSE")

    admit(world, "member_state", "res99")
    with world.acting("ines") as (session, actor):
        meeting = session.scalars(select(Meeting)).one()
        assert actions.draft(session, actor, meeting, cover(), key=uuid4(), entity="PSE").entity == "PSE"


def test_the_same_form_sent_again_saves_for_whom_it_is_and_in_which_series(world: World) -> None:
    meeting, key = world.meeting(), uuid4()

    def send(version: int, entity: str, series: str = "C") -> Contribution:
        with world.acting("ines") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return actions.draft(session, actor, there, cover(), key=key, entity=entity, series=series, version=version)

    assert send(0, "KEN").version == 1
    moved = send(1, "ITU", "INF")
    assert (moved.entity, moved.series, moved.version) == ("ITU", "INF", 2)
    with pytest.raises(Stale):
        send(1, "KEN")
    back = send(2, "KEN")
    assert (back.entity, back.series, back.version) == ("KEN", "C", 3)
    with world.acting("ines") as (session, actor):
        joint.invite(session, actor, session.get_one(Contribution, back.id), Invitation(entity="BRA"))
    with pytest.raises(Unacceptable, match="need not be asked"):
        send(3, "BRA")
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, back.id)
        assert there.entity == "KEN"
        actions.put_file(session, actor, there, world.file(), began_at=there.drafted_at)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    with pytest.raises(Stale):
        send(there.version, "ITU", "INF")
    assert read(world, there).entity == "KEN"


def test_a_secretary_registers_an_information_document_in_its_own_series(world: World) -> None:
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        made = actions.draft(session, actor, there, cover(), key=uuid4(), entity="ITU", series="INF")
        actions.put_file(session, actor, made, world.file(), began_at=made.drafted_at)
        actions.submit(session, actor, made, version=made.version, grace=GRACE, late=False, sign=SIGNER)
        document = actions.register(session, actor, made, version=made.version, sign=SIGNER)

    assert (document.symbol, document.kind, document.entity) == ("CWG-Internet 22/INF/1", "information", "ITU")


def test_a_delegate_cannot_write_for_another_state(world: World) -> None:
    meeting = world.meeting()

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        actions.draft(session, actor, session.get_one(Meeting, meeting.id), cover(), key=uuid4(), entity="KEN")


def test_what_is_held_is_taken_up_at_a_later_meeting(world: World) -> None:
    late, earlier, later = world.meeting(opens_in=3), world.meeting(opens_in=1, number=21), world.meeting(number=23)
    made = world.submitted(late)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Contribution, made.id)
        lateness.hold(session, actor, there, Because(reason="It came too late."), version=there.version)
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, made.id)
        with pytest.raises(Conflict):
            actions.register(session, actor, there, version=there.version, sign=SIGNER)
        with pytest.raises(Unknown):
            lateness.take_up(session, actor, there, session.get_one(Meeting, earlier.id), version=there.version)
        lateness.take_up(session, actor, there, session.get_one(Meeting, later.id), version=there.version)
        document = actions.register(session, actor, there, version=there.version, sign=SIGNER)

    assert document.symbol == "CWG-Internet 23/1"


Decision = Callable[[World, str, int], None]


def _accept(world: World, key: str, behind: int) -> None:
    made = world.submitted(world.meeting(opens_in=3))
    with world.acting(key) as (session, actor):
        there = session.get_one(Contribution, made.id)
        lateness.accept_late(session, actor, there, Because(reason="Fog."), version=there.version - behind)


def _hold(world: World, key: str, behind: int) -> None:
    made = world.submitted(world.meeting(opens_in=3))
    with world.acting(key) as (session, actor):
        there = session.get_one(Contribution, made.id)
        lateness.hold(session, actor, there, Because(reason="Too late."), version=there.version - behind)


def _take_up(world: World, key: str, behind: int) -> None:
    made = world.held(world.meeting(opens_in=3))
    later = world.meeting(number=23)
    with world.acting(key) as (session, actor):
        there = session.get_one(Contribution, made.id)
        lateness.take_up(session, actor, there, session.get_one(Meeting, later.id), version=there.version - behind)


def _send_back(world: World, key: str, behind: int) -> None:
    made = world.submitted(world.meeting())
    with world.acting(key) as (session, actor):
        there = session.get_one(Contribution, made.id)
        actions.send_back(session, actor, there, Because(reason="It is empty."), version=there.version - behind)


@pytest.mark.parametrize(
    ("decide", "who"),
    [(_accept, "laurent"), (_hold, "laurent"), (_take_up, "ines"), (_send_back, "ines")],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_nothing_is_decided_on_a_text_that_was_not_read(world: World, decide: Decision, who: str) -> None:
    with pytest.raises(Stale):
        decide(world, who, 1)


def test_what_is_taken_up_is_asked_about_anew_and_stands_under_no_item(world: World) -> None:
    meeting, later = world.meeting(opens_in=3), world.meeting(number=23)
    item = world.item(meeting)
    world.agenda_released(meeting)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        made = actions.draft(session, actor, there, cover(item=item.id), key=uuid4())
        actions.put_file(session, actor, made, world.file(), began_at=made.drafted_at)
        actions.submit(session, actor, made, version=made.version, grace=GRACE, late=True, sign=SIGNER)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Contribution, made.id)
        lateness.hold(session, actor, there, Because(reason="Too late."), version=there.version)
        held = there.version
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, made.id)
        lateness.take_up(session, actor, there, session.get_one(Meeting, later.id), version=held)

    assert (there.meeting_id, there.item_id, there.late, there.version) == (later.id, None, False, held + 1)


def test_what_is_held_is_not_taken_up_at_a_meeting_that_is_over(world: World) -> None:
    made = world.held(world.meeting(opens_in=-9))
    over, last_day, coming = (world.meeting(opens_in=days, number=30 + days) for days in (-3, -2, 20))

    def take_up(meeting: Meeting) -> None:
        with world.acting("ines") as (session, actor):
            there = session.get_one(Contribution, made.id)
            lateness.take_up(session, actor, there, session.get_one(Meeting, meeting.id), version=there.version)

    with world.acting("ines") as (session, actor):
        offered = meetings.later(session, actor, session.get_one(Meeting, made.meeting_id))
        assert [each.id for each in offered] == [last_day.id, coming.id]
    with pytest.raises(Conflict, match="is over"):
        take_up(over)
    take_up(last_day)
    assert read(world, made).meeting_id == last_day.id


def test_what_is_held_is_not_taken_up_at_its_own_meeting_or_in_another_body(world: World) -> None:
    meeting = world.meeting(opens_in=3)
    world.seat("ines", "secretary", body="wg-wsis")
    elsewhere = world.meeting(number=23, body="wg-wsis")
    made = world.held(meeting)

    for place in (meeting, elsewhere):
        with world.acting("ines") as (session, actor), pytest.raises(Unknown):
            there = session.get_one(Contribution, made.id)
            lateness.take_up(session, actor, there, session.get_one(Meeting, place.id), version=there.version)


def test_a_moved_deadline_reconsiders_what_waits_for_the_chair_of_that_meeting_only(world: World) -> None:
    meeting, other = world.meeting(opens_in=3), world.meeting(opens_in=4, number=23)
    waiting, accepted, returned, held, of_other = (world.submitted(place) for place in [meeting] * 4 + [other])
    with world.acting("laurent") as (session, actor):
        one, another = (session.get_one(Contribution, each.id) for each in (accepted, held))
        lateness.accept_late(session, actor, one, Because(reason="Fog."), version=one.version)
        lateness.hold(session, actor, another, Because(reason="Too late."), version=another.version)
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, returned.id)
        actions.send_back(session, actor, there, Because(reason="It is empty."), version=there.version)

    def late_after(deadline: timedelta) -> list[bool]:
        with world.acting("ines") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            there.contributions_due_at = waiting.submitted_at + deadline
            lateness.reconsider(session, actor, there)
        return [read(world, each).late for each in (waiting, accepted, returned, held, of_other)]

    assert late_after(-timedelta(seconds=10)) == [True, True, True, True, True]
    assert late_after(timedelta(hours=1)) == [False, True, True, True, True]


def test_what_is_submitted_again_is_late_again_though_it_was_accepted_before(world: World) -> None:
    made = world.submitted(world.meeting(opens_in=3))
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Contribution, made.id)
        lateness.accept_late(session, actor, there, Because(reason="Fog."), version=there.version)
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, made.id)
        actions.send_back(session, actor, there, Because(reason="It is empty."), version=there.version)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, made.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=True, sign=SIGNER)

    with world.acting("ines") as (session, actor), pytest.raises(Conflict, match="came late"):
        there = session.get_one(Contribution, made.id)
        actions.register(session, actor, there, version=there.version, sign=SIGNER)


def test_the_chair_does_not_hold_what_came_from_their_own_state(world: World) -> None:
    world.seat("amina", "chair")
    made = world.submitted(world.meeting(opens_in=3))

    with world.acting("amina") as (session, actor), pytest.raises(Forbidden):
        there = session.get_one(Contribution, made.id)
        lateness.hold(session, actor, there, Because(reason="It came too late."), version=there.version)


@pytest.mark.parametrize("decide", [lateness.accept_late, lateness.hold], ids=["accept", "hold"])
def test_a_chair_whose_state_is_asked_to_sign_does_not_decide_until_it_declined(
    world: World, decide: Callable[..., None]
) -> None:
    world.seat("laurent", "delegate")
    draft = world.asked(world.meeting(opens_in=3), "CHE")

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            actions.submit(session, actor, there, version=there.version, grace=GRACE, late=True, sign=SIGNER)

    def decided(who: str) -> None:
        with world.acting(who) as (session, actor):
            there = queries.one_visible(session, actor, draft.id)
            decide(session, actor, there, Because(reason="Fog."), version=there.version)

    def waits_for(who: str) -> bool:
        with world.acting(who) as (session, actor):
            return queries.how_many(session, queries.to_decide(actor)) == 1

    submit()
    assert (waits_for("laurent"), waits_for("layla")) == (False, True)
    with pytest.raises(Forbidden, match="Your own State is behind this"):
        decided("laurent")
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.send_back(session, actor, there, Because(reason="It is empty."), version=there.version)
    with world.acting("laurent") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))
    submit()
    assert (waits_for("laurent"), waits_for("layla")) == (True, True)
    decided("laurent")
    assert (waits_for("laurent"), waits_for("layla")) == (False, False)


def test_the_same_form_sent_again_saves_what_was_typed_since(world: World) -> None:
    meeting, key = world.meeting(), uuid4()

    def send(title: str, version: int | None) -> Contribution:
        with world.acting("amina") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return actions.draft(session, actor, there, cover(title), key=key, version=version)

    assert send("Fir", None).version == 1
    assert send("First keystrokes", 1).version == 2
    assert send("First keystrokes", 1).version == 2
    with pytest.raises(Stale):
        send("From another window", 1)
    assert read(world, send("First keystrokes", 2)).title == "First keystrokes"
