"""Who is notified of a liaison: when it is received, given to a person, due soon, overdue and answered."""

from datetime import timedelta

from app.core import clock
from app.core.db import transaction
from app.domain.liaisons import actions, queries
from app.domain.liaisons.inputs import LiaisonHolding, NewLiaison
from app.domain.liaisons.models import Liaison
from app.domain.notifications.actions.reminders import create_reminders
from app.domain.notifications.models import NotificationKind
from app.worker.liaisons import note_overdue_liaisons
from tests.worker.test_notified_people import Readers, readers  # noqa: F401 - a fixture

DAY = timedelta(days=1)


def hold_for_amina(world, *, days: int) -> Liaison:
    """A registered liaison that Amina holds until so many days from now."""
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        new = NewLiaison(party="IETF", subject="Secret", original="en", wants="reply")
        liaison = actions.take_in_liaison(session, actor, world.body(), new, world.file())
        actions.register_liaison(session, actor, liaison, meeting.id, version=1)
    with world.acting("laurent") as (session, actor):
        row = queries.get_visible_liaison(session, actor, liaison.id, lock=True)
        holding = LiaisonHolding(holder=world.person("amina").id, until=clock.now().date() + days * DAY)
        actions.hold_liaison(session, actor, row, holding, version=row.version)
    return liaison


def test_the_holder_is_notified_and_reminded_and_chair_and_secretariat_when_it_is_overdue(
    notified_world,
    context,
    readers: Readers,  # noqa: F811 - the fixture
) -> None:
    hold_for_amina(notified_world, days=30)
    assert readers("liaison:held") == [("amina", NotificationKind.LIAISON)]

    for day, kind in ((15, None), (17, NotificationKind.LIAISON_TWO_WEEKS), (28, NotificationKind.LIAISON_THREE_DAYS)):
        with clock.shifted_clock(day * DAY), transaction(context.write_sessions) as session:
            create_reminders(session, DAY, context.mail.digests)
        assert ("amina", kind) in readers("liaison:held") if kind else len(readers("liaison:held")) == 1
    assert {who for who, _kind in readers("liaison:held")} == {"amina"}

    with clock.shifted_clock(31 * DAY):
        assert note_overdue_liaisons(context) == 1
        assert note_overdue_liaisons(context) == 0
        assert {who for who, _kind in readers("liaison:overdue")} == {"daniel", "ines", "laurent", "layla"}


def test_chair_secretariat_and_holder_are_each_notified_once_that_its_sender_withdrew_it(
    notified_world,
    context,
    readers: Readers,  # noqa: F811 - the fixture
) -> None:
    liaison = hold_for_amina(notified_world, days=30)
    for _ in range(2):
        with transaction(context.write_sessions) as session:
            actions.withdraw_liaison(session, session.get_one(Liaison, liaison.id))

    found = readers("liaison:withdrawn")

    assert sorted(who for who, _kind in found) == ["amina", "daniel", "ines", "laurent", "layla"]
    assert ("amina", NotificationKind.LIAISON) in found
    with clock.shifted_clock(31 * DAY):
        assert note_overdue_liaisons(context) == 0
