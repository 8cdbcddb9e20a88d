"""Further people on the demo's roster: invented delegates of further States, and seats in other groups.

They cannot sign in at the demo's identity provider: they only are the authors of documents.
"""

from app.core.i18n import lazy_gettext as _
from app.demo.cast import DemoPerson
from app.domain.bodies.models import Office

_PART = _("Author of a document in this example.")


def _delegate(key: str, name: str, locale: str, state: str, state_name: str) -> DemoPerson:
    return DemoPerson(key, name, locale, "member_state", state, state_name, ("delegate",), "delegate", _PART)


FURTHER_DELEGATES = (
    _delegate("camille", "Camille Rouvière-Lenoir", "fr", "FRA", "France"),
    _delegate("dmitri", "Дмитрий Аркадьевич Полянов", "ru", "RUS", "Russian Federation"),
    _delegate("elena", "Elena Cuevas Robledo", "es", "MEX", "Mexico"),
    _delegate("karim", "كريم عبد الباري", "ar", "EGY", "Egypt"),
    _delegate("lihua", "林立华", "zh", "CHN", "China"),
    _delegate("ananya", "Ananya Deshmukh Iyer", "en", "IND", "India"),
)


def _staff(key: str, name: str, locale: str) -> DemoPerson:
    office = "International Telecommunication Union"
    return DemoPerson(key, name, locale, "itu_staff", "ITU", office, (), None, _("Member of the staff of ITU."))


FURTHER_STAFF = (
    _staff("nomvula", "Nomvula Khumalo-Reid", "en"),
    _staff("henrik", "Henrik Aaltonen-Ruiz", "en"),
    _staff("priya", "Priya Natarajan-Okoye", "en"),
)
# Offices in units of ITU: of the General Secretariat, and of each of the three Bureaux.
STAFF_OFFICES = (
    ("olga", Office.TSB),
    ("nomvula", Office.GENERAL_SECRETARIAT),
    ("henrik", Office.BR),
    ("priya", Office.BDT),
)
# Focal points of action lines: the line, and who is it.
LINE_FOCAL_POINTS = (
    ("C1", "nomvula"),
    ("C2", "henrik"),
    ("C2", "olga"),
    ("C2", "priya"),
    ("C4", "priya"),
    ("C5", "olga"),
    ("C5", "priya"),
    ("C11", "nomvula"),
)
# Seats in the parent group, which admits Sector Members too.
PARENT_SEATS = (("ines", "secretary"), ("layla", "chair"), ("laurent", "delegate"), ("chen", "delegate"))

# Seats in Study Group 3, which works under Questions: a Sector Member and a Member State are in it.
STUDY_GROUP_SEATS = (("daniel", "secretary"), ("haruka", "chair"), ("chen", "delegate"), ("rafael", "delegate"))

# The WSIS Task Force, a group of the staff of ITU: its secretaries, its chair, and its members from the Sectors.
TASK_FORCE_FIRST_SECRETARY = "nomvula"
TASK_FORCE_OFFICES = (("daniel", Office.SECRETARY, "nomvula", "ines"), ("olga", Office.CHAIR, "nomvula", "daniel"))
TASK_FORCE_MEMBERS = ("ines", "henrik", "priya")
