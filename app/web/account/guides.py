"""Help in steps: how to submit a first contribution, prepare a meeting and chair a session.

The names of buttons and pages are the messages that those buttons and pages show, so that they are quoted in the words
of every language.
"""

from dataclasses import dataclass

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class Guide:
    """One page of help: for whom it is, what to do, step by step, and whether Word templates are offered with it."""

    slug: str
    title: LazyText
    audience: LazyText
    steps: tuple[LazyText, ...]
    has_word_templates: bool = False


FIRST_CONTRIBUTION = Guide(
    "first-contribution",
    _("Your first contribution"),
    _("For delegates. Your State or organization must have accredited you."),
    (
        _(
            "Open “%(meetings)s”, select the meeting and press “%(submit)s”. Before the meeting is open for "
            "contributions, the button reads “%(start)s”.",
            meetings=_("Meetings"),
            submit=_("Submit a contribution"),
            start=_("Start a contribution"),
        ),
        _(
            "Select the file and press “%(proceed)s”: the portal reads its title and its language. If there is no file "
            "yet, open “%(without)s”.",
            proceed=_("Continue"),
            without=_("Continue without a file"),
        ),
        _(
            "Check what was read, and complete the form: the agenda item, the topics and who may read the document. "
            "Add a file in each other language you have. The portal examines each file and says what it found."
        ),
        _(
            "To invite other States to co-sponsor, enter them under “%(cosponsors)s” and press “%(invite)s”.",
            invite=_("Invite"),
            cosponsors=_("4. Co-sponsors"),
        ),
        _(
            "Press “%(check)s” and read everything again. To change something, press “%(back)s”.",
            check=_("Continue to check"),
            back=_("Go back and change the draft"),
        ),
        _(
            "Press “%(submit)s” before the deadline. You receive an acknowledgement of receipt: keep it.",
            submit=_("Submit the contribution"),
        ),
        _(
            "The secretariat registers the contribution. It then has a symbol, and every delegation of the group finds "
            "it under “%(documents)s”.",
            documents=_("Documents"),
        ),
    ),
    has_word_templates=True,
)
PREPARING = Guide(
    "preparing",
    _("How to prepare a meeting"),
    _("For the chair and the secretariat."),
    (
        _("On the page of the meeting, press “%(schedule)s” and enter each session.", schedule=_("Schedule sessions")),
        _(
            "Press “%(edit)s”. For each item, enter a title and press “%(add)s”.",
            edit=_("Edit the agenda"),
            add=_("Add the item"),
        ),
        _(
            "Under “%(tray)s”, select the documents and the item, and press “%(allocate)s”.",
            tray=_("Not yet allocated"),
            allocate=_("Allocate"),
        ),
        _(
            "Open “%(plan)s” and check that the items fit into the sessions.",
            plan=_("Time plan"),
        ),
        _("Answer the items that delegations have proposed under “%(proposed)s”.", proposed=_("Proposed items")),
        _(
            "Press “%(release)s”, read what has changed since the last version, and press “%(confirm)s”. The group "
            "sees nothing of the draft before that.",
            release=_("Release…"),
            confirm=_("Release the agenda"),
        ),
        _(
            "The secretariat opens “%(page)s”, makes one for each Member State and sends them.",
            page=_("Letters of invitation"),
        ),
        _(
            "Delegations register their participants with “%(register)s”.",
            register=_("Register a participant"),
        ),
    ),
)
CHAIRING = Guide(
    "chairing",
    _("How to chair a session"),
    _("For the chair, and for those who may use the chair’s tools."),
    (
        _(
            "On the page of the meeting, open “%(floor)s” and press “%(open)s”.",
            floor=_("Floor"),
            open=_("Open the session of %(when)s", when="…"),
        ),
        _("Press “%(item)s” for each item in the order of the agenda.", item=_("Go to item %(number)s", number="…")),
        _(
            "Delegations press “%(ask)s”. Press “%(give)s”, and “%(end)s” when the speaker has finished.",
            ask=_("Request the floor"),
            give=_("Give the floor to %(state)s", state="…"),
            end=_("End the statement by %(state)s", state="…"),
        ),
        _("To change the order of speakers, press the arrows next to a State; a point of order always comes first."),
        _("If you pressed the wrong button, press “%(undo)s” within one minute.", undo=_("Undo")),
        _(
            "When the group has agreed, enter the text in the words that you read out, and press “%(decide)s”.",
            decide=_("Record the decision"),
        ),
        _("At the end, press “%(close)s”.", close=_("Close the session")),
        _(
            "The draft report is generated from what was recorded. Open “%(report)s” and complete it.",
            report=_("Report"),
        ),
    ),
)
GUIDES = (FIRST_CONTRIBUTION, PREPARING, CHAIRING)
