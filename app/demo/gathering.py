"""Sessions, time plan, practical information and participants of the demo's meetings."""

from datetime import timedelta

from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.agendas.actions import editing as agendas
from app.domain.agendas.inputs import ItemSchedule
from app.domain.agendas.queries import agenda_drafts
from app.domain.meetings import queries
from app.domain.meetings.actions import life_cycle, sessions
from app.domain.meetings.inputs import NewMeetingSession, PracticalInformation
from app.domain.meetings.models import Meeting

HALF_DAYS = (("09:30", "12:30"), ("14:30", "17:30"))
REMOTE_LINK = "https://meet.example.org/cwg-internet"
PRACTICAL_TEXTS = {
    "en": "The meeting takes place in the tower, second floor. Badges are given at the entrance from 08:30.",
    "fr": "La réunion se tient dans la tour, au deuxième étage. Les badges sont remis à l’entrée dès 8 h 30.",
    "es": "La reunión se celebra en la torre, segundo piso. Los distintivos se entregan en la entrada desde las 8:30.",
    "ru": "Собрание проходит в башне, на втором этаже. Пропуска выдаются у входа с 8:30.",
    "ar": "ينعقد الاجتماع في البرج بالطابق الثاني. وتُسلَّم الشارات عند المدخل ابتداءً من الساعة 8:30.",
    "zh": "会议在塔楼二层举行。8:30起在入口处发放证件。",
}
# Key of the person who registers, State, name of the participant, capacity and mode. The names are invented.
DELEGATION_MEMBERS = (
    ("joseph", "KEN", "Amina Wanjiru Otieno", "head_of_delegation", "on_site"),
    ("joseph", "KEN", "Peter Mwangi Karanja", "adviser", "remote"),
    ("ines", "BRA", "Rafael Nogueira Campos", "head_of_delegation", "on_site"),
    ("ines", "JPN", "Haruka Shimizu", "delegate", "remote"),
    ("ines", "ITU", "Inés Valdivia Ríos", "secretariat", "on_site"),
)


OPENING_ITEM_MINUTES, OTHER_ITEM_MINUTES = 15, 60  # minutes for each of the first two items, and for each other one


def plan_agenda_items(session: WriteSession, secretary: Actor, meeting: Meeting) -> None:
    """Distribute the items of the draft agenda evenly over the sessions."""
    sessions = queries.list_sessions(session, meeting)
    ordered = [item for item, _ in agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, meeting))]
    schedules = {
        item.id: ItemSchedule(
            session=sessions[position * len(sessions) // len(ordered)].id,
            minutes=OPENING_ITEM_MINUTES if position < 2 else OTHER_ITEM_MINUTES,
        )
        for position, item in enumerate(ordered)
    }
    agendas.schedule_agenda_items(session, secretary, meeting, schedules, version=meeting.agenda_version)


def prepare_meeting(session: WriteSession, secretary: Actor, meeting: Meeting) -> None:
    """Add two sessions a day, and set the practical information of the meeting."""
    for day in range((meeting.closes_on - meeting.opens_on).days + 1):
        for starts, ends in HALF_DAYS:
            new = NewMeetingSession(on=meeting.opens_on + timedelta(days=day), starts=starts, ends=ends)
            sessions.add_session(session, secretary, meeting, new)
    practical = PracticalInformation(texts=PRACTICAL_TEXTS, remote_link=REMOTE_LINK)
    life_cycle.set_practical_information(session, secretary, meeting, practical, version=meeting.version)
