"""Several lists of one thing are read by one statement, and each is what its own statement finds."""

from dataclasses import replace

from sqlalchemy import ColumnElement, Engine, Select, func, select

from app.core.database.combined_lists import (
    KeyParameter,
    combine_statements,
    list_of_thing,
    read_statements_together,
    read_together,
    rows_of_thing,
)
from app.core.db import read_session_factory, set_row_security_entity, transaction, write_session_factory
from app.core.page_sessions import PageSession
from app.domain.agendas.models import AgendaItem
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from tests.domain.test_page_sessions import counted
from tests.world import BODY, World


@list_of_thing
def list_items(meeting_id: KeyParameter) -> Select[AgendaItem]:
    return select(AgendaItem).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position.desc())


@rows_of_thing
def list_bodies(meeting_id: KeyParameter) -> Select[Meeting, str, Body]:
    bodies = select(Meeting, Body.prefix, Body).join(Body, Body.id == Meeting.body_id)
    return bodies.where(Meeting.id == meeting_id)


@list_of_thing
def list_prefixes(meeting_id: KeyParameter) -> Select[str]:
    return select(Body.prefix).where(Body.id == meeting_id)


def test_lists_read_together_are_those_read_alone(world: World, engine: Engine) -> None:
    meeting = world.meeting()
    items = [world.item(meeting, title) for title in ("Opening", "Closing", "Any other business")]
    with transaction(read_session_factory(engine, PageSession)) as session, counted(engine) as statements:
        read_together(session, meeting, list_items, list_bodies, list_prefixes)
        together = list_items(session, meeting), list_bodies(session, meeting), list_prefixes(session, meeting.id)
        assert len(statements) == 1
    with transaction(read_session_factory(engine)) as session:
        alone = list_items(session, meeting), list_bodies(session, meeting), list_prefixes(session, meeting)
    assert [each.id for each in together[0]] == [each.id for each in alone[0]] == [each.id for each in reversed(items)]
    for [row] in (together[1], alone[1]):
        assert (row.Meeting.id, row.prefix, row.Body.code) == (meeting.id, row.Body.prefix, world.body().code)
        assert tuple(row) == (row.Meeting, row.prefix, row.Body)
    assert together[2] == alone[2] == []


def test_a_page_reads_only_what_it_lacks_and_not_for_another(world: World, engine: Engine) -> None:
    meeting, other = world.meeting(), world.meeting(number=23)
    with transaction(read_session_factory(engine, PageSession)) as session, counted(engine) as statements:
        assert list_items(session, meeting) == list_items(session, meeting)
        read_together(session, meeting, list_items, list_prefixes)
        assert "agenda_item" not in statements[1]
        read_together(session, meeting, list_items, list_prefixes)
        assert len(statements) == 2
        read_together(session, other, list_items, list_prefixes)
        assert len(statements) == 3
        set_row_security_entity(session, "KEN")
        list_items(session, meeting)
        assert "agenda_item" in statements[-1]


def test_a_session_that_writes_reads_each_list_each_time(world: World, engine: Engine) -> None:
    meeting = world.meeting()
    with transaction(write_session_factory(engine)) as session, counted(engine) as statements:
        read_together(session, meeting, list_items, list_prefixes)
        assert statements == []
        assert [list_items(session, meeting), list_items(session, meeting)] == [[], []]
        assert len(statements) == 2


def test_lists_keep_their_order_whatever_that_of_the_combined_rows(world: World, engine: Engine) -> None:
    """SQL promises no order of the rows of a join, also of parts that are ordered."""
    meeting = world.meeting()
    items = [world.item(meeting, title).id for title in ("Opening", "Closing", "Any other business", "Closing")]
    items_up = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.position)
    title = AgendaItem.titles["en"].astext.label("title")
    titles = select(title).where(AgendaItem.meeting_id == meeting.id)
    statements = (
        items_up,
        items_up.order_by(None).order_by(AgendaItem.position.desc()).limit(2),
        titles.distinct().order_by(title),
        titles.add_columns(func.count()).group_by(title).order_by(func.count(), title.desc()),
    )
    combined = combine_statements(statements)
    is_last_first = func.row_number().over().desc()
    with transaction(read_session_factory(engine)) as session:
        alone = [[tuple(row) for row in session.execute(each)] for each in statements]
        for statement in (combined.statement, combined.statement.order_by(is_last_first)):
            read = replace(combined, statement=statement).read(session, {})
            assert [[tuple(row) for row in rows] for rows in read] == alone
    assert [key for (key,) in alone[0]] == items
    assert [len(rows) for rows in alone] == [4, 2, 3, 3]


def select_items(*titles: str) -> Select[AgendaItem]:
    return select(AgendaItem).where(AgendaItem.titles["en"].astext.in_(titles)).order_by(AgendaItem.position.desc())


def select_prefix(code: str) -> Select[str, str]:
    return select(Body.prefix, Body.code).where(Body.code == code)


def test_statements_of_one_form_are_combined_once_and_take_other_values(world: World, engine: Engine) -> None:
    meeting = world.meeting()
    items = [world.item(meeting, title) for title in ("Opening", "Closing", "Any other business")]
    with transaction(read_session_factory(engine)) as session, counted(engine) as statements:
        for titles, code in ((("Opening", "Closing"), BODY), (("Closing",), "none"), (("None",), BODY)):
            found, bodies = read_statements_together(session, (select_items(*titles), select_prefix(code)))
            expected = [each.id for each in reversed(items) if each.titles["en"] in titles]
            assert [item.id for (item,) in found] == expected
            assert [row.code for row in bodies] == ([BODY] if code == BODY else [])
        assert len(statements) == 3
        assert len({statement.count("FULL OUTER JOIN") for statement in statements}) == 1


def test_two_statements_of_one_form_keep_their_own_values(world: World, engine: Engine) -> None:
    meeting = world.meeting()
    items = {title: world.item(meeting, title).id for title in ("Opening", "Closing")}
    with transaction(read_session_factory(engine)) as session:
        for first, second in (("Opening", "Closing"), ("Closing", "Opening"), ("Opening", "Opening")):
            read = read_statements_together(session, (select_items(first), select_items(second)))
            assert [[item.id for (item,) in rows] for rows in read] == [[items[first]], [items[second]]]
        assert read_statements_together(session, ()) == []


def test_a_condition_that_statements_share_is_shared_by_no_others_of_their_form(world: World, engine: Engine) -> None:
    meeting = world.meeting()
    items = {title: world.item(meeting, title).id for title in ("Opening", "Closing")}

    def select_where(condition: ColumnElement[bool]) -> Select[AgendaItem]:
        return select(AgendaItem).where(condition)

    def is_titled(title: str) -> ColumnElement[bool]:
        return AgendaItem.titles["en"].astext == title

    shared = is_titled("Opening")
    with transaction(read_session_factory(engine)) as session:
        for first, second in ((shared, shared), (is_titled("Opening"), is_titled("Closing"))):
            read = read_statements_together(session, (select_where(first), select_where(second)))
            found = [[item.id for (item,) in rows] for rows in read]
        assert found == [[items["Opening"]], [items["Closing"]]]
