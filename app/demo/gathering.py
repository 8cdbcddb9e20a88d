"""What the demo's meetings need beside papers: sessions, a time plan, practical information, and whom they expect."""

from datetime import timedelta

from app.core.access import Actor
from app.core.db import WriteSession
from app.domain.agendas import actions as agendas
from app.domain.agendas import queries as items
from app.domain.meetings import actions, queries, sessions
from app.domain.meetings.inputs import NewSession, Practical
from app.domain.meetings.models import Meeting

HALF_DAYS = (("09:30", "12:30"), ("14:30", "17:30"))
LINK = "https://meet.example.org/cwg-internet"
PRACTICAL = {
    "en": "The meeting takes place in the tower, second floor. Badges are given at the entrance from 08:30.",
    "fr": "La réunion se tient dans la tour, au deuxième étage. Les badges sont remis à l’entrée dès 8 h 30.",
    "es": "La reunión se celebra en la torre, segundo piso. Los distintivos se entregan en la entrada desde las 8:30.",
    "ru": "Собрание проходит в башне, на втором этаже. Пропуска выдаются у входа с 8:30.",
    "ar": "ينعقد الاجتماع في البرج بالطابق الثاني. وتُسلَّم الشارات عند المدخل ابتداءً من الساعة 8:30.",
    "zh": "会议在塔楼二层举行。8:30起在入口处发放证件。",
}
# Who registers, for which State, whom, and how they take part. The names are invented.
DELEGATIONS = (
    ("joseph", "KEN", "Amina Wanjiru Otieno", "head_of_delegation", "on_site"),
    ("joseph", "KEN", "Peter Mwangi Karanja", "adviser", "remote"),
    ("ines", "BRA", "Rafael Nogueira Campos", "head_of_delegation", "on_site"),
    ("ines", "JPN", "Haruka Shimizu", "delegate", "remote"),
    ("ines", "ITU", "Inés Valdivia Ríos", "secretariat", "on_site"),
)


OPENING, OTHERS = 15, 60  # minutes of the first two items, and of each other one


def lay_out(session: WriteSession, secretary: Actor, meeting: Meeting) -> None:
    """Lay the items of the draft evenly over the sessions."""
    there = queries.sessions(session, meeting)
    ordered = [item for item, _ in items.in_order(items.draft(session, meeting))]
    for place, item in enumerate(ordered):
        planned, minutes = there[place * len(there) // len(ordered)].id, OPENING if place < 2 else OTHERS
        version = meeting.agenda_version
        agendas.plan_item(session, secretary, meeting, item, planned=planned, minutes=minutes, version=version)


def prepare(session: WriteSession, secretary: Actor, meeting: Meeting) -> None:
    """Lay down two sessions a day, and say how to get there and how to join."""
    for day in range((meeting.closes_on - meeting.opens_on).days + 1):
        for starts, ends in HALF_DAYS:
            new = NewSession(on=meeting.opens_on + timedelta(days=day), starts=starts, ends=ends)
            sessions.lay_down(session, secretary, meeting, new)
    told = Practical(texts=PRACTICAL, remote_link=LINK)
    actions.inform(session, secretary, meeting, told, version=meeting.version)
