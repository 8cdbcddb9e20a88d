"""Joint contributions: who is asked to sign, who signs, and what the signature means; on a real database."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.core.clamav import ScanState
from app.core.db import count_rows, set_row_security_entity, transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.domain.contributions.actions import arrivals, cosponsors, drafting, registration
from app.domain.contributions.events import SignatureChanged
from app.domain.contributions.inputs import ContributionCover, CosponsorInvitation
from app.domain.contributions.models import Contribution, ContributionStatus, Cosponsor
from app.domain.contributions.pending import sources
from app.domain.contributions.queries import contributions, own_lists, submissions
from app.domain.contributions.queries.cosponsors import has_ended_invitation
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.actions import relations
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.receipts import queries as receipts
from tests.world import GRACE, World


def draft_with_invitations(world: World, *states: str) -> Contribution:
    draft = world.draft(world.meeting(), title="A joint title")
    for state in states:
        with world.acting("amina") as (session, actor):
            cosponsors.invite_cosponsor(
                session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity=state)
            )
    return reload_draft(world, draft)


def reload_draft(world: World, draft: Contribution) -> Contribution:
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        return session.get_one(Contribution, draft.id)


def sign_draft(world: World, who: str, draft: Contribution, version: int | None = None) -> None:
    with world.acting(who) as (session, actor):
        shown_draft = contributions.get_visible_contribution(session, actor, draft.id)
        cosponsors.sign_contribution(session, actor, shown_draft, version=version or shown_draft.version)


def list_answers(world: World, draft: Contribution) -> dict[str, bool | None]:
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        return {each.entity: each.signs for each in submissions.list_cosponsors(session, draft)}


def get_answer(world: World, draft: Contribution) -> Cosponsor:
    """Return the stored answer of Brazil."""
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        return contributions.get_cosponsor(session, draft, "BRA")


def admit_categories(world: World, *categories: str) -> None:
    world.change_body(admits=[*categories])


def make_cover(title: str = "A joint title", **more: object) -> ContributionCover:
    return ContributionCover(title=title, original="en", purpose="discussion", **more)


def test_an_invited_state_reads_the_draft_and_others_do_not(world: World) -> None:
    draft = draft_with_invitations(world, "BRA")

    with world.acting("rafael") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, draft.id).title == "A joint title"
        with pytest.raises(Forbidden):
            drafting.save_draft_cover(session, actor, draft, make_cover("Another title"), version=draft.version)
    for who in ("haruka", "ines", "laurent"):
        with world.acting(who) as (session, actor):
            with pytest.raises(NotFound):
                contributions.get_visible_contribution(session, actor, draft.id)
            assert session.scalars(select(Cosponsor)).all() == []
            assert session.scalars(text("SELECT title FROM contribution")).all() == []


def test_a_change_of_the_text_asks_the_signatories_again(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")
    sign_draft(world, "rafael", draft)
    assert list_answers(world, draft) == {"BRA": True, "JPN": None}

    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.save_draft_cover(
            session, actor, contribution, make_cover("Another title"), version=contribution.version
        )

    assert list_answers(world, draft) == {"BRA": None, "JPN": None}
    with pytest.raises(Stale):
        sign_draft(world, "haruka", draft, version=draft.version)


def test_a_draft_goes_out_once_each_state_that_had_signed_it_before_a_change_has_answered(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN", "FRA")
    for who in ("rafael", "haruka"):
        sign_draft(world, who, draft)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        cover = make_cover("Another title")
        drafting.save_draft_cover(session, actor, contribution, cover, version=contribution.version)

    for who in ("rafael", "amina"):
        with pytest.raises(BadRequest, match="asked again to co-sponsor has not answered yet"):
            submit_draft(world, draft)
        if who == "rafael":
            sign_draft(world, who, draft)
        else:
            with world.acting(who) as (session, actor):
                row = session.get_one(Contribution, draft.id)
                cosponsors.withdraw_cosponsor_invitation(session, actor, row, "JPN")

    submit_draft(world, draft)
    assert list_answers(world, draft) == {"BRA": True, "FRA": None}  # France never signed, and holds nothing up


def submit_draft(world: World, draft: Contribution) -> None:
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        submission = load_submission(session, row)
        drafting.submit_contribution(
            session, actor, submission, version=row.version, grace=GRACE, accepts_lateness=False
        )


@pytest.mark.parametrize("change", ["replaced", "added", "translation replaced", "removed"])
def test_another_file_is_another_text(world: World, change: str) -> None:
    draft = draft_with_invitations(world, "BRA")
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.put_contribution_file(session, actor, contribution, world.file("fr"), began_at=contribution.changed_at)
    sign_draft(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        cosponsors.give_clearance_to_contribution(session, actor, contribution, version=contribution.version)
        before = contribution.version
        if change == "removed":
            drafting.remove_contribution_file(session, actor, contribution, "fr")
        else:
            language = {"replaced": "en", "added": "es", "translation replaced": "fr"}[change]
            file = world.file(language, "Another text.")
            drafting.put_contribution_file(session, actor, contribution, file, began_at=contribution.changed_at)
        assert (contribution.version > before, contribution.cleared_by) == (True, None)

    # A translation that is only added leaves what Brazil signed as it was.
    assert list_answers(world, draft) == {"BRA": True if change == "added" else None}


def test_a_draft_without_its_text_is_not_signed(world: World) -> None:
    draft = world.draft(world.meeting(), file=False)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        cosponsors.invite_cosponsor(session, actor, contribution, CosponsorInvitation(entity="BRA"))
    for language, is_text in (("fr", False), ("en", True)):
        with pytest.raises(Conflict, match="has not added the text yet"):
            sign_draft(world, "rafael", draft)
        with world.acting("amina") as (session, actor):
            row = session.get_one(Contribution, draft.id)
            drafting.put_contribution_file(session, actor, row, world.file(language), began_at=row.changed_at)
        assert load_submission(session, row).has_text is is_text

    sign_draft(world, "rafael", draft)
    assert list_answers(world, draft) == {"BRA": True}


def list_requests(world: World, draft: Contribution) -> list[str]:
    """List what the record says of the request to Brazil, in order."""
    with transaction(world.read) as session:
        changes = select(JournalLine).where(JournalLine.event == SignatureChanged.name)
        lines = session.scalars(changes.order_by(JournalLine.seq))
        of_draft = [line.facts for line in lines.all() if line.facts["contribution"] == str(draft.id)]
        return [str(facts["what"]) for facts in of_draft if facts["state"] == "BRA"]


def list_waiting(world: World, who: str) -> list[UUID]:
    """List the drafts that wait for this delegate's State."""
    with world.acting(who) as (session, actor):
        return [row.id for row in session.scalars(own_lists.own_state_open_contributions(actor))]


@pytest.mark.parametrize("is_inspected", [True, False])
def test_a_state_is_asked_to_sign_once_the_text_is_there(world: World, is_inspected: bool) -> None:
    draft = world.draft(world.meeting(), file=False)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        cosponsors.invite_cosponsor(session, actor, contribution, CosponsorInvitation(entity="BRA"))
    for language in ("fr", "en"):
        assert (list_requests(world, draft), list_waiting(world, "rafael")) == (["asked before the text"], [])
        with world.acting("amina") as (session, actor):
            row = session.get_one(Contribution, draft.id)
            file = world.file(language)
            drafting.put_contribution_file(
                session, actor, row, file, began_at=row.changed_at, is_inspected=is_inspected or language == "fr"
            )
    if not is_inspected:
        assert (list_requests(world, draft), list_waiting(world, "rafael")) == (["asked before the text"], [])
        with transaction(world.work) as session:
            waiting = arrivals.claim_waiting_file(session, slots=2)
            assert waiting is not None
            assert arrivals.accept_waiting_file(session, waiting, file)

    assert list_requests(world, draft) == ["asked before the text", "asked"]
    assert list_waiting(world, "rafael") == [draft.id]


def test_the_record_names_each_state_that_is_asked_again(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")
    sign_draft(world, "rafael", draft)
    for title in ("Another title", "A third title"):
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            drafting.save_draft_cover(session, actor, contribution, make_cover(title), version=contribution.version)

    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).where(JournalLine.event == SignatureChanged.name))
        again = [line.facts["state"] for line in lines if line.facts["what"] == "asked again"]
    assert again == ["BRA"]


def test_a_change_does_not_ask_again_a_state_that_declined_or_signed_another_version(world: World) -> None:
    meeting = world.meeting()
    draft, other = (world.asked(meeting, "BRA", "JPN") for _ in range(2))
    sign_draft(world, "rafael", other)
    with world.acting("haruka") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.save_draft_cover(
            session, actor, contribution, make_cover("Another title"), version=contribution.version
        )

    assert list_answers(world, draft) == {"BRA": None, "JPN": False}
    assert list_answers(world, other) == {"BRA": True, "JPN": None}


def test_a_state_that_declined_can_be_asked_again(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")
    for who in ("rafael", "haruka"):
        with world.acting(who) as (session, actor):
            cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        cosponsors.invite_cosponsor(session, actor, contribution, CosponsorInvitation(entity="BRA"))
        cosponsors.invite_cosponsor(session, actor, contribution, CosponsorInvitation(entity="JPN"))

    assert (reload_draft(world, draft).invited, reload_draft(world, draft).declined) == (["BRA", "JPN"], [])
    for who in ("rafael", "haruka"):
        sign_draft(world, who, draft)
    assert list_answers(world, draft) == {"BRA": True, "JPN": True}


def test_a_draft_of_another_state_is_listed_apart_from_the_documents_of_the_own_one(world: World) -> None:
    draft = draft_with_invitations(world, "BRA")
    for who, own, invited in (("amina", [draft.id], []), ("rafael", [], [draft.id])):
        with world.acting(who) as (session, actor):
            for statement, expected in (
                (own_lists.own_state_documents(actor), own),
                (own_lists.drafts_to_cosponsor(actor), invited),
            ):
                assert [row.id for row in session.scalars(statement)] == expected


def test_a_state_invited_twice_keeps_its_answer(world: World) -> None:
    draft = draft_with_invitations(world, "BRA")
    sign_draft(world, "rafael", draft)

    with world.acting("amina") as (session, actor):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="BRA")
        )

    assert list_answers(world, draft) == {"BRA": True}


def test_an_invited_state_cannot_remove_another(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")


def test_no_invitation_is_withdrawn_from_a_state_that_declined(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")
    with world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    with world.acting("amina") as (session, actor), pytest.raises(Conflict, match="has declined to co-sponsor"):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "BRA")
    with world.acting("amina") as (session, actor):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")

    assert (reload_draft(world, draft).invited, reload_draft(world, draft).declined) == (["BRA"], ["BRA"])


def test_an_invited_state_reads_the_draft_only_through_a_seat_in_the_body(world: World) -> None:
    draft = draft_with_invitations(world, "BRA")
    seated = world.actor("rafael")

    with world.acting("rafael") as (session, _):
        assert contributions.get_visible_contribution(session, seated, draft.id)
        with pytest.raises(NotFound):
            contributions.get_visible_contribution(session, replace(seated, seats=frozenset()), draft.id)


def test_a_state_that_declines_or_is_no_longer_invited_loses_access(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")
    with world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))
    with world.acting("amina") as (session, actor):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")

    assert list_answers(world, draft) == {"BRA": False}
    for who, was_invited in (("rafael", True), ("haruka", True), ("daniel", False)):
        with world.acting(who) as (session, actor), pytest.raises(NotFound):
            contributions.get_visible_contribution(session, actor, draft.id)
        with world.acting(who) as (session, actor):
            assert has_ended_invitation(session, actor, draft.id) is was_invited
    with world.acting("haruka") as (session, actor):
        rows = session.execute(sources.select_lines_of_withdrawn_invitations(actor)).all()
        (notice,) = sources.build_withdrawn_invitation_news(session, actor, rows)
        assert (notice.path, notice.title["fr"]) == (f"/meetings/{draft.meeting_id}", "CWG-Internet, réunion 22")


def test_a_delegate_does_not_invite_their_own_state_or_a_non_member(world: World) -> None:
    draft = draft_with_invitations(world)

    with world.acting("amina") as (session, actor), pytest.raises(BadRequest):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="KEN")
        )
    with pytest.raises(ValueError, match="entity"):
        CosponsorInvitation(entity="TWN")


def test_a_state_that_the_group_does_not_admit_is_not_invited(world: World) -> None:
    draft = draft_with_invitations(world)

    with world.acting("amina") as (session, actor), pytest.raises(BadRequest, match="does not admit that State"):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="PSE")
        )
    assert (reload_draft(world, draft).invited, list_answers(world, draft)) == ([], {})

    admit_categories(world, "member_state", "res99")
    with world.acting("amina") as (session, actor):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="PSE")
        )
    assert list_answers(world, draft) == {"PSE": None}


def test_an_answer_that_is_requested_again_is_cleared(world: World) -> None:
    draft = draft_with_invitations(world, "BRA")
    with world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))
    declined = get_answer(world, draft)
    assert (declined.answered_by, declined.answered_at is None) == (world.person("rafael").id, False)

    with world.acting("amina") as (session, actor):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="BRA")
        )

    answer = get_answer(world, draft)
    assert (answer.signs, answer.answered_by, answer.answered_at) == (None, None, None)


@pytest.mark.parametrize("by", ["amina", "rafael"])
@pytest.mark.parametrize("signed", [True, False])
def test_a_draft_is_checked_again_after_a_signature_was_withdrawn(world: World, by: str, signed: bool) -> None:
    draft = draft_with_invitations(world, "BRA")
    if signed:
        sign_draft(world, "rafael", draft)
    checked = reload_draft(world, draft).version

    with world.acting(by) as (session, actor):
        shown_draft = contributions.get_visible_contribution(session, actor, draft.id)
        if by == "amina":
            cosponsors.withdraw_cosponsor_invitation(session, actor, shown_draft, "BRA")
        else:
            cosponsors.decline_to_sign(session, actor, shown_draft)

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, contribution),
                version=checked,
                grace=GRACE,
                accepts_lateness=False,
            )

    if signed:
        with pytest.raises(Conflict, match="changed after you checked it"):
            submit()
    else:
        submit()
    assert reload_draft(world, draft).status == (ContributionStatus.DRAFT if signed else ContributionStatus.SUBMITTED)


def test_a_submitted_text_is_signed_until_its_registration_and_not_after(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with world.acting("rafael") as (session, actor):
        assert count_rows(session, own_lists.own_state_open_contributions(actor)) == 1

    sign_draft(world, "rafael", draft)

    with world.acting("rafael") as (session, actor):
        assert count_rows(session, own_lists.own_state_open_contributions(actor)) == 0
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        document = registration.register_contribution(session, actor, contribution, version=contribution.version)
        sponsors = documents.list_sponsors(session, documents.get_edition_in_force(session, document))
        assert [(each.entity, each.signed) for each in sponsors] == [("BRA", True)]
        assert b'"signed_by":["BRA"]' in receipts.find_latest_receipt(session, draft.id).statement.encode()
    for who in ("haruka", "rafael"):
        with world.acting(who) as (session, actor), pytest.raises(Conflict, match="The contribution is registered"):
            cosponsors.sign_contribution(
                session, actor, session.get_one(Contribution, draft.id), version=contribution.version
            )


def test_a_signature_withdrawn_before_registration_is_shown_to_the_registrar(world: World) -> None:
    draft = draft_with_invitations(world, "BRA")
    sign_draft(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    seen = reload_draft(world, draft).version

    with world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    with world.acting("ines") as (session, actor), pytest.raises(Stale):
        registration.register_contribution(session, actor, session.get_one(Contribution, draft.id), version=seen)


def test_a_state_that_was_never_invited_cannot_be_removed(world: World) -> None:
    draft = draft_with_invitations(world, "BRA")

    with world.acting("amina") as (session, actor), pytest.raises(NotFound):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")


def test_a_draft_is_not_shown_to_invited_states_before_its_virus_check(world: World) -> None:
    draft_with_invitations(world, "BRA")
    lists = (
        contributions.list_visible_contributions,
        own_lists.own_state_contributions,
        own_lists.own_state_open_contributions,
    )

    def find_files(who: str) -> list[int]:
        with world.acting(who) as (session, actor):
            return [count_rows(session, choose(actor)) for choose in lists]

    answers_ = {}
    for state in (ScanState.WAITING, ScanState.INFECTED, ScanState.CLEAN):
        world.scanned(world.file().sha256, state)
        answers_[state] = (find_files("amina"), find_files("rafael"))

    assert answers_ == {
        ScanState.WAITING: ([1, 1, 1], [0, 0, 0]),
        ScanState.INFECTED: ([1, 1, 1], [0, 0, 0]),
        ScanState.CLEAN: ([1, 1, 1], [1, 1, 1]),
    }


def test_a_draft_waits_for_a_state_until_it_has_answered(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")

    def waits_for(who: str) -> bool:
        with world.acting(who) as (session, actor):
            assert contributions.get_visible_contribution(session, actor, draft.id)
            return count_rows(session, own_lists.own_state_open_contributions(actor)) == 1

    assert [waits_for(who) for who in ("amina", "rafael", "haruka")] == [True, True, True]
    sign_draft(world, "rafael", draft)
    assert [waits_for(who) for who in ("amina", "rafael", "haruka")] == [True, False, True]
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.save_draft_cover(
            session, actor, contribution, make_cover("Another title"), version=contribution.version
        )
    assert waits_for("rafael")


def test_only_the_authors_see_which_states_declined_or_did_not_answer(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN", "FRA")
    sign_draft(world, "rafael", draft)
    with world.acting("haruka") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    def list_shown(who: str) -> list[str]:
        with world.acting(who) as (session, actor):
            stored_contribution = session.get_one(Contribution, draft.id)
            return [each.entity for each in contributions.list_visible_cosponsors(session, actor, stored_contribution)]

    assert (list_shown("amina"), list_shown("rafael")) == (["BRA", "FRA", "JPN"], ["BRA"])
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    assert list_shown("ines") == ["BRA"]


def test_signatures_are_final_at_registration_and_later_ones_are_support(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")
    sign_draft(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with world.acting("ines") as (session, actor):
        document = registration.register_contribution(session, actor, contribution, version=contribution.version)

    for _again in range(2):
        with world.acting("haruka") as (session, actor):
            relations.support_document(session, actor, session.get_one(Document, document.id))
    with world.acting("rafael") as (session, actor), pytest.raises(Conflict, match="already listed as a co-sponsor"):
        relations.support_document(session, actor, session.get_one(Document, document.id))
    with world.acting("amina") as (session, actor), pytest.raises(Forbidden):
        relations.support_document(session, actor, session.get_one(Document, document.id))

    with transaction(world.read) as session:
        edition = documents.get_edition_in_force(session, document)
        assert [(each.entity, each.signed) for each in documents.list_sponsors(session, edition)] == [
            ("BRA", True),
            ("JPN", False),
        ]


def test_a_state_that_declined_is_not_named_on_the_document(world: World) -> None:
    draft = draft_with_invitations(world, "BRA", "JPN")
    sign_draft(world, "rafael", draft)
    with world.acting("haruka") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with world.acting("ines") as (session, actor):
        document = registration.register_contribution(session, actor, contribution, version=contribution.version)
        edition = documents.get_edition_in_force(session, document)

        assert [each.entity for each in documents.list_sponsors(session, edition)] == ["BRA"]
