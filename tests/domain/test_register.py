"""Actions on a registered document: languages, relations, access, corrections, its end; and who may act."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.db import WriteSession, transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.documents import rules
from app.domain.documents.actions import changes, endings, registration, relations
from app.domain.documents.inputs import (
    AccessChangeInput,
    DocumentTitles,
    ProposalInput,
    ProposalListInput,
    RegisterCorrectionInput,
)
from app.domain.documents.models import (
    ActingSide,
    Document,
    DocumentAccess,
    DocumentCorrection,
    EditionStep,
    LanguageVersion,
    RelationKind,
)
from app.domain.documents.queries import documents, history
from app.domain.documents.queries.history import HistoryEntryKind
from app.domain.documents.queries.relations import list_relations
from app.domain.documents.queries.series import list_series_counters
from app.record_verification.register import find_register_number_faults
from tests.document_history import (
    add_edition,
    add_translation,
    change_access,
    correct_document,
    relate_documents,
    void_document,
    withdraw_document,
)
from tests.world import World, record_rows

SEATED = ("amina", "joseph", "rafael", "laurent", "layla", "ines")
MEMBERS = ("wambui", "olga", "chen", "sofia")


def list_viewers(world: World, document: Document) -> set[str]:
    """Return the cast members who find the document."""
    viewers = set()
    for who in (*SEATED, *MEMBERS, "marc"):
        with world.acting(who) as (session, actor):
            if (
                document.id
                in session.scalars(documents.list_visible_documents(actor).with_only_columns(Document.id)).all()
            ):
                viewers.add(who)
                assert rules.SEE.allows(actor, session.get_one(Document, document.id))
            else:
                assert not rules.SEE.allows(actor, session.get_one(Document, document.id))
    return viewers


def get_last_line(world: World) -> JournalLine:
    with transaction(world.read) as session:
        return session.scalars(select(JournalLine).order_by(JournalLine.seq.desc()).limit(1)).one()


def test_an_access_class_opens_a_document_only_to_those_it_names(world: World) -> None:
    _, document = world.registered(world.meeting())
    assert list_viewers(world, document) == set(SEATED)

    change_access(world, document, DocumentAccess.MEMBERSHIP)
    assert list_viewers(world, document) == {*SEATED, *MEMBERS}
    change_access(world, document, DocumentAccess.PUBLIC, by="ines")
    assert list_viewers(world, document) == {*SEATED, *MEMBERS, "marc"}
    assert get_last_line(world).facts | {"old": "membership", "new": "public"} == get_last_line(world).facts

    withdraw_document(world, document)
    assert list_viewers(world, document) == set(SEATED)
    with transaction(world.read) as session:
        assert session.scalars(documents.select_public_documents()).all() == []


def test_a_draft_is_not_opened_by_its_chosen_access_class(world: World) -> None:
    draft = world.draft(world.meeting())
    with world.acting("amina") as (session, _):
        record_rows(session)
        session.execute(text("UPDATE contribution SET access = 'public' WHERE id = :id"), {"id": draft.id})

    with transaction(world.read) as session:
        assert session.scalars(documents.select_public_documents()).all() == []
    with world.acting("rafael") as (session, actor):
        assert session.scalars(documents.list_visible_documents(actor)).all() == []


def test_a_translation_is_added_once_and_names_its_author(world: World) -> None:
    _, document = world.registered(world.meeting(), title="Costs of transit")
    add_translation(world, document, "fr", "Coûts du transit")
    add_translation(world, document, "es", by="ines")

    with pytest.raises(Conflict, match="submit a corrigendum"):
        add_translation(world, document, "fr", by="ines")

    with transaction(world.read) as session:
        versions = session.scalars(select(LanguageVersion).order_by(LanguageVersion.supplied_at)).all()
        sides = [(each.language, each.side, each.title) for each in versions]
        titles = session.get_one(Document, document.id).titles
    assert sides == [("en", "submitter", None), ("fr", "submitter", "Coûts du transit"), ("es", "secretariat", None)]
    assert titles == {"en": "Costs of transit", "fr": "Coûts du transit"}
    assert get_last_line(world).facts["language"] == "es"


def test_the_title_of_a_translation_fills_a_gap_and_overwrites_nothing(world: World) -> None:
    _, document = world.registered(world.meeting(), title="Costs of transit")
    correct_document(world, document, language="fr", title="Les coûts du transit")

    add_translation(world, document, "fr", "Coûts")

    with transaction(world.read) as session:
        assert session.get_one(Document, document.id).titles["fr"] == "Les coûts du transit"


def test_a_corrigendum_for_one_language_takes_no_other(world: World) -> None:
    _, document = world.registered(world.meeting())
    corrigendum = add_edition(world, document, EditionStep.CORRIGENDUM, "Corrigé", "fr", only_language="fr")

    with pytest.raises(BadRequest), world.acting("amina") as (session, actor):
        stored_document = session.get_one(Document, document.id)
        registration.add_translation(
            session, actor, stored_document, session.merge(corrigendum, load=False), world.file("es")
        )


def test_a_relation_is_shown_on_both_documents_to_those_who_may_see_both(world: World) -> None:
    meeting = world.meeting()
    _, first = world.registered(meeting, title="First")
    _, second = world.registered(meeting, by="rafael", title="Second")
    relate_documents(world, second, RelationKind.REPLIES_TO, first, by="rafael")
    relate_documents(world, second, RelationKind.REPLIES_TO, first, by="ines")
    change_access(world, first, DocumentAccess.MEMBERSHIP)

    def seen(who: str, document: Document) -> list[tuple[str, bool, str]]:
        with world.acting(who) as (session, actor):
            shown = documents.get_visible_document(session, actor, document.id)
            rows = list_relations(session, documents.list_visible_documents(actor), shown)
            return [(each.kind, each.document_id == shown.id, other.titles["en"]) for each, other, _ in rows]

    assert seen("haruka", second) == [("replies-to", True, "First")]
    assert seen("haruka", first) == [("replies-to", False, "Second")]
    assert seen("chen", first) == []
    with pytest.raises(BadRequest):
        relate_documents(world, first, RelationKind.SUPERSEDES, first)


def test_a_correction_keeps_the_old_values_and_leaves_the_edition_as_registered(world: World) -> None:
    _, document = world.registered(world.meeting(), title="Costs of transti")
    correct_document(world, document, title="Costs of transit", abstract="In short.")

    with transaction(world.read) as session:
        stored_document = session.get_one(Document, document.id)
        corrections = session.scalars(select(DocumentCorrection).order_by(DocumentCorrection.what)).all()
        assert (stored_document.titles, stored_document.abstract) == ({"en": "Costs of transit"}, "In short.")
        assert documents.get_edition_in_force(session, stored_document).titles == {"en": "Costs of transti"}
    assert [(each.what, each.language, each.old, each.new) for each in corrections] == [
        ("abstract", None, "", "In short."),
        ("title", "en", "Costs of transti", "Costs of transit"),
    ]
    with pytest.raises(BadRequest):
        correct_document(world, document, title="Costs of transit")
    with pytest.raises(DBAPIError), world.acting("ines") as (session, _):
        session.execute(text("UPDATE document_correction SET old = 'never mind'"))


def test_an_end_is_final_and_the_number_stays(world: World) -> None:
    meeting = world.meeting()
    _, first = world.registered(meeting)
    _, second = world.registered(meeting)
    withdraw_document(world, first)
    void_document(world, second)
    _, third = world.registered(meeting)

    assert third.number == 3
    for act in (
        withdraw_document,
        void_document,
        lambda w, d: change_access(w, d, DocumentAccess.PUBLIC),
        lambda w, d: add_translation(w, d, "fr"),
    ):
        with pytest.raises((Conflict, Forbidden)):
            act(world, first)
    with pytest.raises(Conflict):
        add_edition(world, first, EditionStep.REVISION)
    with world.acting("daniel") as (session, actor):
        ended = documents.list_ended_documents(session, actor)
        assert [(each.symbol, each.ended_as, each.ended_side) for each in ended] == [
            (first.symbol, "withdrawn", "submitter"),
            (second.symbol, "void", "secretariat"),
        ]
        assert [tuple(run) for run in list_series_counters(session, actor)] == [("CWG-Internet", "C", "22", 3)]
        assert list(find_register_number_faults(session)) == []
    with world.acting("amina") as (session, actor):
        assert documents.list_ended_documents(session, actor) == []
        assert list_series_counters(session, actor) == []


def test_the_database_requires_a_reason_for_every_end(world: World) -> None:
    _, document = world.registered(world.meeting())

    with pytest.raises(DBAPIError, match="end_is_explained"), world.acting("ines") as (session, _):
        session.execute(text("UPDATE document SET ended_as = 'void' WHERE id = :id"), {"id": document.id})


def test_the_history_gives_reasons_and_old_values_to_the_body_only(world: World) -> None:
    _, document = world.registered(world.meeting(), title="A titel")
    correct_document(world, document, title="A title")
    add_translation(world, document, "fr", by="ines")
    add_edition(world, document, EditionStep.REVISION)
    change_access(world, document, DocumentAccess.MEMBERSHIP, reason="Agreed in the capital.")

    with world.acting("amina") as (session, actor):
        stored_document, among = session.get_one(Document, document.id), documents.list_visible_documents(actor)
        within, outside = (
            history.list_document_history(session, among, stored_document, has_seat=seated) for seated in (True, False)
        )

    assert [entry.entry_kind for entry in within] == [
        HistoryEntryKind.REGISTERED,
        HistoryEntryKind.TITLE,
        HistoryEntryKind.TRANSLATED,
        HistoryEntryKind.EDITION,
        HistoryEntryKind.ACCESS,
    ]
    assert [entry.side for entry in within][2:] == [
        ActingSide.SECRETARIAT,
        ActingSide.SECRETARIAT,
        ActingSide.SUBMITTER,
    ]
    assert (within[1].old, within[1].new) == ("A titel", "A title")
    assert within[4].because == "Agreed in the capital."
    assert [entry.entry_kind for entry in outside] == [entry.entry_kind for entry in within]
    assert not any(entry.old or entry.new or entry.because for entry in outside)


def test_a_symbol_leads_to_its_text_only_for_those_who_may_see_it(world: World) -> None:
    _, document = world.registered(world.meeting())
    revision = add_edition(world, document, EditionStep.REVISION)
    part = add_edition(world, document, EditionStep.ADDENDUM)

    with world.acting("rafael") as (session, actor):
        assert documents.get_edition_by_symbol(session, actor, f" {document.symbol} ").id == revision.id
        assert documents.get_edition_by_symbol(session, actor, part.symbol).id == part.id
    for symbol in (document.symbol, part.symbol, "CWG-Internet 22/9"):
        with pytest.raises(NotFound), world.acting("chen") as (session, actor):
            documents.get_edition_by_symbol(session, actor, symbol)


Act = Callable[[WriteSession, Actor, Document, World, int], object]


def _translate(session: WriteSession, actor: Actor, document: Document, world: World, version: int) -> None:
    registration.add_translation(
        session, actor, document, documents.get_edition_in_force(session, document), world.file("fr")
    )


def _relate(session: WriteSession, actor: Actor, document: Document, world: World, version: int) -> None:
    other = session.scalars(select(Document).where(Document.id != document.id)).one()
    relations.add_relation(session, actor, document, RelationKind.COMMENTS_ON, other)


def _open(session: WriteSession, actor: Actor, document: Document, world: World, version: int) -> None:
    changes.change_document_access(
        session, actor, document, AccessChangeInput(access=DocumentAccess.PUBLIC, reason="Ready."), version=version
    )


def _correct(session: WriteSession, actor: Actor, document: Document, world: World, version: int) -> None:
    correction = RegisterCorrectionInput(language="en", title="Another title", reason="A slip.")
    changes.correct_register_entry(session, actor, document, correction, version=version)


def _supply_titles(session: WriteSession, actor: Actor, document: Document, world: World, version: int) -> None:
    changes.supply_titles(session, actor, document, DocumentTitles(title_fr="Un titre"), version=version)


def _withdraw(session: WriteSession, actor: Actor, document: Document, world: World, version: int) -> None:
    endings.withdraw_document(session, actor, document, ReasonInput(reason="Overtaken."), version=version)


def _void(session: WriteSession, actor: Actor, document: Document, world: World, version: int) -> None:
    endings.void_document_number(session, actor, document, ReasonInput(reason="In error."), version=version)


def _relist(session: WriteSession, actor: Actor, document: Document, world: World, version: int) -> None:
    edition = documents.get_edition_in_force(session, document)
    new = ProposalListInput(proposals=(ProposalInput(title="One route."),), reason="It was forgotten.")
    changes.correct_proposal_list(session, actor, document, edition, new, version=version)


ACTS = {
    "translate": (_translate, {"amina", "ines"}),
    "relate": (_relate, {"amina", "ines"}),
    "open": (_open, {"amina", "ines"}),
    "withdraw": (_withdraw, {"amina", "ines"}),
    "correct": (_correct, {"ines"}),
    "titles": (_supply_titles, {"ines"}),
    "relist": (_relist, {"ines"}),
    "void": (_void, {"ines"}),
}


def test_every_action_is_tested_here() -> None:
    assert set(ACTS) == set(rules.MOVES)


@pytest.mark.parametrize("name", ACTS)
def test_only_the_state_behind_a_document_and_the_secretariat_act_on_it(world: World, name: str) -> None:
    act, allowed = ACTS[name]
    meeting = world.meeting()
    _, document = world.registered(meeting)
    world.registered(meeting)

    for who in ("rafael", "laurent", "joseph", "wambui", "chen"):
        with pytest.raises(Forbidden), world.acting(who) as (session, actor):
            act(session, actor, session.get_one(Document, document.id), world, 1)
    for who in sorted(allowed):
        with world.acting(who) as (session, actor):
            stored_document = session.get_one(Document, document.id)
            assert name in rules.list_open_moves(actor, stored_document)
            act(session, actor, stored_document, world, stored_document.version)
            session.rollback()
    if "amina" not in allowed:
        with pytest.raises(Forbidden), world.acting("amina") as (session, actor):
            act(session, actor, session.get_one(Document, document.id), world, 1)


@pytest.mark.parametrize("name", ["open", "correct", "withdraw", "void"])
def test_an_action_on_an_outdated_version_is_refused(world: World, name: str) -> None:
    act, _ = ACTS[name]
    _, document = world.registered(world.meeting())
    add_edition(world, document, EditionStep.REVISION)

    with pytest.raises(Stale), world.acting("ines") as (session, actor):
        act(session, actor, session.get_one(Document, document.id), world, 1)
