"""Bad inputs of forms: each message names its field and says what to enter, all at once, and what was typed is kept."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from importlib import import_module
from pkgutil import walk_packages

from app import domain
from app.core.i18n import LANGUAGES
from app.core.validation import InputModel
from app.domain.silence.models import SilenceProcedure
from app.web.forms.field_words import FIELD_WORDS, find_field_words
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
KEPT = "What was typed <here>"
LONG = "x" * 301
MEETING = {
    "body": "cwg-internet",
    "number": "23",
    "place": KEPT,
    "zone": "Europe/Zurich",
    "opens_on": "2031-02-10",
    "closes_on": "2031-02-12",
    "life": "open",
}
DAY = "enter a date as year-month-day, such as 2027-02-08."


@dataclass(frozen=True)
class BadInputs:
    """A form that is right but for its changes: who sends it where, what is kept of it, and the messages by field."""

    who: str
    path: str
    form: dict[str, str]
    kept: str
    changes: list[tuple[dict[str, str], dict[str, str]]]


def list_bad_inputs(world: World) -> Iterator[BadInputs]:
    meeting, past = world.meeting(), world.meeting(number=21, opens_in=-1)
    draft, (_, document) = world.draft(meeting), world.registered(meeting)
    procedure: SilenceProcedure = world.silence(world.output(past, title="A text under silence"))
    adopted, approved = world.adopted(past, title="An adopted text"), world.approved(past, title="An approved text")
    here = f"/meetings/{meeting.id}"
    day = meeting.opens_on.isoformat()
    yield BadInputs(
        "ines",
        "/meetings",
        MEETING,
        KEPT,
        [
            ({"number": ""}, {"number": "Enter the number of the meeting."}),
            ({"number": "two"}, {"number": "Number of the meeting: enter a whole number."}),
            ({"number": "0"}, {"number": "Number of the meeting: enter 1 or more."}),
            ({"number": "1000"}, {"number": "Number of the meeting: enter 999 or less."}),
            ({"opens_on": ""}, {"opens_on": "Enter the first day."}),
            ({"opens_on": "soon"}, {"opens_on": f"First day: {DAY}"}),
            ({"closes_on": ""}, {"closes_on": "Enter the last day."}),
            (
                {"closes_on": "2031-02-01"},
                {"closes_on": "The last day is before the first day. Enter a later last day."},
            ),
            ({"zone": "Mars/Phobos"}, {"zone": "Time zone: select one of the options."}),
            ({"life": ""}, {"life": "Select whether to convene the meeting now or to save it as a draft."}),
            ({"zone": ""}, {"zone": "Select the time zone."}),
            ({"posting_due_on": "2031-02-11"}, {"posting_due_on": "Documents are posted after the meeting opens."}),
            ({"proposals_due_on": "x"}, {"proposals_due_on": f"Deadline for agenda proposals: {DAY}"}),
            (
                {"number": "", "closes_on": "2031-02-01", "contributions_due_on": "2031-02-11"},
                {
                    "number": "Enter the number of the meeting.",
                    "closes_on": "The last day is before the first day.",
                    "contributions_due_on": "Contributions are due after the meeting opens.",
                },
            ),
        ],
    )
    yield BadInputs(
        "ines",
        "/meetings",
        MEETING | {"place": "Geneva", "number": "77"},
        "77",
        [
            ({"place": ""}, {"place": "Enter the place of the meeting."}),
            ({"place": LONG}, {"place": "Place: enter 300 characters or fewer."}),
            ({"place": "a\u202eb"}, {"place": "Place: there is an invisible character."}),
        ],
    )
    yield BadInputs(
        "laurent",
        f"{here}/sessions",
        {"on": day, "starts": "09:30", "ends": "12:35"},
        "12:35",
        [
            ({"on": ""}, {"on": "Select the day of the session."}),
            ({"starts": ""}, {"starts": "Enter the time at which the session begins."}),
            ({"starts": "early"}, {"starts": "Start time: enter a time in hours and minutes, such as 09:30."}),
            ({"starts": "13:00"}, {"ends": "The session ends before it begins. Enter a later end time."}),
        ],
    )
    yield BadInputs(
        "amina",
        f"{here}/agenda/proposals",
        {"title": KEPT, "reason": "It is urgent."},
        "It is urgent.",
        [({"title": ""}, {"title": "Enter the title of the item."})],
    )
    yield BadInputs(
        "amina",
        f"{here}/agenda/proposals",
        {"title": KEPT, "reason": ""},
        KEPT,
        [({}, {"reason": "Enter the reason for discussing it at the meeting."})],
    )
    yield BadInputs(
        "amina",
        f"/contributions/{draft.id}",
        {"title": "A title", "original": "en", "purpose": "discussion", "abstract": KEPT, "version": "1"},
        KEPT,
        [
            ({"title": ""}, {"title": "Enter the title of the contribution."}),
            ({"title": LONG}, {"title": "Title: enter 300 characters or fewer."}),
            ({"original": "de"}, {"original": "Original language: select one of the six official languages."}),
            ({"original": ""}, {"original": "Select the original language."}),
            ({"purpose": ""}, {"purpose": "Select the purpose of the document."}),
            ({"purpose": "fun"}, {"purpose": "Purpose of the document: select one of the options."}),
            (
                {"title": "", "purpose": ""},
                {"title": "Enter the title of the contribution.", "purpose": "Select the purpose of the document."},
            ),
        ],
    )
    yield BadInputs(
        "amina",
        f"/silence/{procedure.id}/position",
        {"stance": "reservation", "text": KEPT, "lang": "en"},
        KEPT,
        [
            ({"stance": ""}, {"stance": "Select the position of your State."}),
            ({"stance": "perhaps"}, {"stance": "Position of your State: select one of the options."}),
            ({"lang": ""}, {"lang": "Select the language of the text."}),
            ({"stance": "breaks", "paragraph": "x" * 21}, {"paragraph": "Paragraph: enter 20 characters or fewer."}),
        ],
    )
    yield BadInputs(
        "amina",
        f"/silence/{procedure.id}/position",
        {"stance": "breaks", "text": "", "lang": "en", "paragraph": "12 bis"},
        "12 bis",
        [({}, {"text": "Enter the statement, in your delegation’s own words."})],
    )
    yield BadInputs(
        "laurent",
        f"/silence/{procedure.id}/extend",
        {"on": day, "at": "10:00", "reason": KEPT, "version": "1"},
        KEPT,
        [
            ({"on": ""}, {"on": "Enter the date of the deadline."}),
            ({"on": "", "at": ""}, {"on": "Enter the date of the deadline.", "at": "Enter the time."}),
            ({"at": "noon"}, {"at": "Time: enter a time in hours and minutes, such as 09:30."}),
        ],
    )
    yield BadInputs(
        "amina",
        f"/outputs/{adopted.id}/statements",
        {"kind": "reservation", "text": KEPT, "lang": "en"},
        KEPT,
        [
            ({"kind": ""}, {"kind": "Select the kind of statement."}),
            ({"lang": "xx"}, {"lang": "Language used: select one of the six official languages."}),
        ],
    )
    yield BadInputs(
        "ines",
        f"/outputs/{approved.id}/let-out",
        {"when": "then", "on": "2031-02-10", "at": "10:00"},
        "2031-02-10",
        [
            ({"when": ""}, {"when": "Select when to release the text: now, or at a time that you set."}),
            ({"at": ""}, {"at": "Enter the time."}),
        ],
    )
    yield BadInputs(
        "joseph",
        "/people/cwg-internet/accredit",
        {"person": "", "capacity": "delegate", "from_on": "2031-02-10", "until_on": "2031-02-12"},
        "2031-02-10",
        [
            ({}, {"person": "Select the person."}),
            (
                {"capacity": "", "until_on": "2031-02-01"},
                {"person": "Select the person.", "capacity": "Select the role.", "until_on": "The last day is before"},
            ),
            ({"until_on": ""}, {"until_on": "Enter the last day."}),
        ],
    )
    yield BadInputs(
        "joseph",
        f"{here}/participants",
        {"name": KEPT, "capacity": "delegate", "mode": "on_site"},
        KEPT,
        [
            ({"capacity": ""}, {"capacity": "Select the role."}),
            ({"mode": "", "capacity": ""}, {"mode": "Select on site or remote.", "capacity": "Select the role."}),
        ],
    )
    yield BadInputs(
        "ines",
        f"/documents/{document.id}/relate",
        {"kind": "supports", "symbol": KEPT},
        KEPT,
        [({"kind": ""}, {"kind": "Select how the documents are related."})],
    )
    yield BadInputs(
        "ines",
        f"/documents/{document.id}/open",
        {"access": "membership", "reason": KEPT, "version": "1"},
        KEPT,
        [({"access": ""}, {"access": "Select who can read the document."})],
    )
    yield BadInputs(
        "ines",
        "/topics",
        {"code": "a-topic", **dict.fromkeys(LANGUAGES, KEPT)},
        KEPT,
        [({"zh": ""}, {"zh": "Enter the name in this language."}), ({"code": ""}, {"code": "Enter the code."})],
    )


def test_fifty_bad_inputs_are_named_at_once_and_nothing_typed_is_lost(world: World, browser: Open) -> None:
    browsers = {who: browser(who) for who in ("ines", "laurent", "amina", "joseph")}
    count, faults = 0, []
    for bad in list_bad_inputs(world):
        for change, messages in bad.changes:
            answer = browsers[bad.who].post(bad.path, bad.form | change)
            summary = answer.text.partition('class="error-summary"')[2].partition("</div>")[0]
            said = {field: f'href="#f-{field}">{escape(words)}' in summary for field, words in messages.items()}
            beside = {field: f'id="f-{field}-error">' in answer.text for field in messages}
            kept = escape(bad.kept) in answer.text
            count += 1
            if answer.status_code != 400 or not kept or not all((*said.values(), *beside.values())):
                faults.append((bad.path, change, answer.status_code, said, beside, kept, summary.strip()[:300]))

    assert faults == []
    assert count >= 50


def test_the_words_of_each_field_are_a_whole_sentence() -> None:
    wrong = [
        field
        for field, words in FIELD_WORDS.items()
        if not re.fullmatch(r"(Enter|Select) [^.]+\.", str(words.enter)) or str(words.name).endswith(".")
    ]

    assert wrong == []


# What no person types: identifiers and digests that a form brings along, lists whose lines have their own messages,
# and filters, of which a wrong one is no error.
NOT_TYPED = {
    *(
        "LiaisonsToRegister.liaisons",
        "BadgeChoice.selected",
        "BadgeChoice.which",
        "TranslatedItemTitle.source",
        "TranslatedItemTitle.source_language",
    ),
    *("ContributionCover.proposals", "ProposalListInput.proposals", "ProposalInput.concerns"),
    *("NumberedProposal.concerns", "NumberedProposal.part", "FloorRequestMoveInput.before"),
    *("ItemStepInput.step", "PresentationInput.document"),
    *("NewAgendaItem.restricted", "FacilitationInput.role"),
    *("NewAddressee.body_id", "NewAddressee.in_reply_to", "NewAddressee.words", "OutputCover.for_addressees_only"),
    *("NewWordTemplate.fields", "NewWordTemplate.media", "NewWordTemplate.sha256", "NewWordTemplate.size"),
    *("InvitationChoice.selected", "InvitationChoice.which", "InvitationFilter.show", "InvitationPreview.format"),
    *("NewSilenceProcedure.positions_shown_to", "NewSilenceProcedure.unreached"),
    *("NewSavedFilter.list", "NewSavedFilter.query"),
    *("NewMessage.texts", "NewUpload.body", "NewUpload.sha256", "NewUpload.size", "ParagraphEdits.texts"),
    *("NewLiaison.answers", "PracticalInformation.texts"),
    *("OutputCover.decisions", "OutputCover.for_public", "OutputCover.sources"),
}
FILTERS = {
    *("ActionPointFilter", "DocumentListFilter", "DueTranslationFilter", "LateListFilter", "MemberStateFilter"),
    *("OutputListFilter", "OwnContributionsFilter", "PackChoice", "PeopleFilter", "ProposalFilter"),
    *("LiaisonFilter", "OrganizationFilter", "RegistrationQueueFilter", "ReportFilter", "SentStatementFilter"),
    "SilenceListFilter",
}


def list_inputs() -> set[type[InputModel]]:
    """Every input of the domain."""
    for module in walk_packages(domain.__path__, f"{domain.__name__}."):
        if ".inputs" in module.name:
            import_module(module.name)
    found, left = set(), [InputModel]
    while left:
        classes = left.pop().__subclasses__()
        found |= set(classes)
        left += classes
    return {each for each in found if each.__module__.startswith(f"{domain.__name__}.")}


def test_every_field_that_a_person_fills_in_has_its_words() -> None:
    inputs = list_inputs()
    without = {
        f"{each.__name__}.{field}"
        for each in inputs
        for field in each.model_fields
        if each.__name__ not in FILTERS and find_field_words(each, field) is None
    }

    assert len(inputs) > 40
    assert without == NOT_TYPED
