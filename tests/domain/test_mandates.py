"""The register of mandates: its initial entries, who keeps it, what is confirmed, and what stays of what is retired."""

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, Stale
from app.core.i18n import LANGUAGES
from app.core.journal import JournalLine
from app.domain.mandates import actions, queries
from app.domain.mandates.inputs import (
    ActionLineContent,
    ClauseContent,
    MandateTitles,
    NewClause,
    NewMandate,
    NewMandateVersion,
    Retirement,
)
from app.domain.mandates.models import ActionLine, Clause, Mandate
from tests.world import World

FIRST = "wtsa-res-75/2008-resolves-1"
NEW = NewMandate(code="pp-res-2", source="PP", kind="resolution", number="2", year=2026, en="Forum", confirmed=("en",))


def test_the_register_begins_with_what_resolution_75_cites(world: World) -> None:
    with transaction(world.read) as session:
        texts = {text.code: text for text in queries.list_citable_texts(session)}
        lines = queries.list_action_lines(session)
        facilitations = queries.list_facilitations(session)

    assert {"pp-res-101", "pp-res-102", "pp-res-130", "pp-dec-9", "council-res-1282", "tunis-35", FIRST} <= texts.keys()
    assert [line.code for line in lines][:7] == ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]
    assert (len(lines), [line.code for line in lines if line.parent == "C7"].index("C7-egov")) == (19, 0)
    assert [(each.organization, each.confirmed) for each in facilitations["C5"]] == [("ITU", True)]
    assert [(each.organization, each.confirmed) for each in facilitations["C7-ehea"]] == [("WHO", False)]


def test_what_is_only_general_knowledge_is_in_the_register_and_never_a_fact(world: World) -> None:
    """Each language of a title has a mark of its own: elsewhere only confirmed ones are used."""
    with transaction(world.read) as session:
        texts = {text.code: text for text in queries.list_citable_texts(session)}
        lines = queries.list_action_lines(session)

    assert texts["pp-res-101"].version.titles.keys() == set(LANGUAGES)
    assert texts["pp-res-101"].titles.keys() == {"en", "zh"}
    assert texts["pp-dec-9"].titles.keys() == {"zh"}
    assert all(line.confirmed == ["en"] and not line.sdgs_confirmed for line in lines)


def test_only_a_secretary_keeps_the_register(world: World) -> None:
    for who in ("amina", "laurent", "olga"):
        with pytest.raises(Forbidden), world.acting(who) as (session, actor):
            actions.create_mandate(session, actor, NEW)
    with world.acting("ines") as (session, actor):
        mandate = actions.create_mandate(session, actor, NEW)
        clause = actions.add_clause(session, actor, mandate, NewClause(label="Resolves 1", en="A", acts=("council",)))
        assert clause.code == "pp-res-2/2026-resolves-1"
    with pytest.raises(BadRequest), world.acting("ines") as (session, actor):
        actions.create_mandate(session, actor, NEW)
    with pytest.raises(ValidationError, match="Enter what the clause says"):
        ClauseContent(acts=("council",))
    with pytest.raises(BadRequest), world.acting("ines") as (session, actor):
        new = NewClause(label="resolves 1", en="B", acts=("council",))
        actions.add_clause(session, actor, session.get_one(Mandate, "pp-res-2"), new)
    with transaction(world.read) as session:
        happened = [line.event for line in session.query(JournalLine).order_by(JournalLine.seq)]

    assert happened[-2:] == ["mandate:added", "clause:added"]


def test_a_title_is_confirmed_language_by_language(world: World) -> None:
    titles = MandateTitles(en="IP networks", fr="Réseaux IP", confirmed=("fr", "ru"), in_own_words=True)
    with world.acting("ines") as (session, actor):
        actions.rename_mandate(session, actor, session.get_one(Mandate, "pp-res-101"), titles, version=1)
    with pytest.raises(Stale), world.acting("ines") as (session, actor):
        actions.rename_mandate(session, actor, session.get_one(Mandate, "pp-res-101"), titles, version=1)
    with world.acting("ines") as (session, actor):
        content = ActionLineContent(
            en="Security", ar="الأمن", confirmed=("en", "ar"), sdgs="9, 4 9", sdgs_confirmed=True
        )
        actions.change_action_line(session, actor, session.get_one(ActionLine, "C5"), content, version=1)
    with transaction(world.read) as session:
        (text,) = queries.list_citable_texts(session, {"pp-res-101"})
        line = queries.get_action_line(session, "C5")

    assert text.titles == {"fr": "Réseaux IP"}
    assert (line.confirmed, line.sdgs) == (["ar", "en"], [4, 9])


def test_a_new_version_moves_no_citation(world: World) -> None:
    """A clause is that of its version; a mandate that is cited as a whole is the continuing one."""
    with world.acting("ines") as (session, actor):
        mandate = session.get_one(Mandate, "wtsa-res-75")
        new = NewMandateVersion(place="Rev. Test", year=2028, en="Another text", confirmed=("en",))
        actions.add_mandate_version(session, actor, mandate, new)
        actions.add_clause(session, actor, mandate, NewClause(label="resolves 1", en="Another text", acts=("itu-t",)))
    with pytest.raises(BadRequest), world.acting("ines") as (session, actor):
        actions.add_mandate_version(session, actor, session.get_one(Mandate, "wtsa-res-75"), new)
    with transaction(world.read) as session:
        cited = {text.code: text.version.year for text in queries.list_citable_texts(session, {FIRST, "wtsa-res-75"})}
        offered = {text.code for text in queries.list_citable_texts(session)}

    assert cited == {FIRST: 2008, "wtsa-res-75": 2028}
    assert FIRST not in offered
    assert "wtsa-res-75/2028-resolves-1" in offered


def test_what_is_retired_is_named_and_no_longer_offered(world: World) -> None:
    second = "wtsa-res-75/2008-resolves-2"
    with world.acting("ines") as (session, actor):
        clause = session.get_one(Clause, FIRST)
        for wrong in (FIRST, "pp-res-101", "invented"):
            with pytest.raises(BadRequest):
                actions.retire_clause(session, actor, clause, Retirement(successor=wrong))
        other = session.get_one(Clause, second)
        actions.retire_clause(session, actor, other, Retirement())
        with pytest.raises(BadRequest):
            actions.retire_clause(session, actor, clause, Retirement(successor=second))
        actions.restore_clause(session, actor, other)
        actions.retire_clause(session, actor, clause, Retirement(successor=second))
        actions.retire_mandate(session, actor, session.get_one(Mandate, "pp-res-71"), Retirement())
        content = ClauseContent(en="Other words", acts=("council",))
        with pytest.raises(Conflict):
            actions.change_clause(session, actor, clause, content, version=clause.version)
    with transaction(world.read) as session:
        for code in (FIRST, "pp-res-71"):
            with pytest.raises(BadRequest):
                queries.require_citable(session, {code})
            assert set(queries.require_citable(session, {code, second}, already_cited={code})) == {code, second}
        assert [text.code for text in queries.list_citable_texts(session, {FIRST})] == [FIRST]
        assert "pp-res-71" not in {mandate.code for mandate, _ in queries.list_mandates(session, with_retired=False)}
        assert "pp-res-71" in {mandate.code for mandate, _ in queries.list_mandates(session, with_retired=True)}
    with world.acting("ines") as (session, actor):
        actions.restore_clause(session, actor, session.get_one(Clause, FIRST))
        actions.restore_mandate(session, actor, session.get_one(Mandate, "pp-res-71"))
        assert queries.require_citable(session, {FIRST, "pp-res-71"}) == ["pp-res-71", FIRST]


def test_a_clause_of_a_retired_mandate_stays_as_it_is(world: World) -> None:
    content = ClauseContent(en="Other words", acts=("council",))
    with world.acting("ines") as (session, actor):
        clause = session.get_one(Clause, FIRST)
        actions.retire_clause(session, actor, clause, Retirement())
        actions.retire_mandate(session, actor, session.get_one(Mandate, clause.mandate), Retirement())
        with pytest.raises(Conflict):
            actions.restore_clause(session, actor, clause)
        other = session.get_one(Clause, "wtsa-res-75/2008-resolves-2")
        with pytest.raises(Conflict):
            actions.change_clause(session, actor, other, content, version=other.version)
        with pytest.raises(Conflict):
            actions.retire_clause(session, actor, other, Retirement())


def test_nothing_unknown_is_cited(world: World) -> None:
    with transaction(world.read) as session:
        for unknown in ("wtsa-res-75/2008-resolves-99", "invented"):
            with pytest.raises(BadRequest):
                queries.require_citable(session, {unknown})
        with pytest.raises(BadRequest):
            queries.require_action_lines(session, {"C5", "C99"})
        assert queries.require_action_lines(session, {"C7-egov", "C2"}) == ["C2", "C7-egov"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portal.clause SET code = 'another' WHERE false",
        "UPDATE portal.mandate SET code = 'another' WHERE false",
        "UPDATE portal.mandate_version SET year = 2030 WHERE false",
        "UPDATE portal.action_line SET code = 'C99' WHERE false",
        "UPDATE portal.facilitation SET action_line = 'C1' WHERE false",
        "DELETE FROM portal.clause WHERE false",
    ],
)
def test_the_portal_cannot_change_the_codes_by_which_documents_cite(world: World, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction(world.write) as session:
        session.execute(text(statement))
