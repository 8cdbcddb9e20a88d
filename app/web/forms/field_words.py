"""What a form says of a field that is empty or wrong: its name, and the whole sentence that says what to enter.

Each message names its field, in the summary and next to the field. An empty field has a sentence of its own, such as
"Enter the title.": a sentence made of parts would be wrong in languages with cases and genders. Any other error is its
name, a colon and a sentence that is right after every name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import BaseModel

from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p


@dataclass(frozen=True, slots=True)
class FieldWords:
    """The name of a field as its form shows it, and what to enter in it."""

    name: LazyText
    enter: LazyText


LANGUAGE_USED = FieldWords(_("Language used"), _("Select the language of the text."))
FILE_LANGUAGE = FieldWords(_("Language of the file"), _("Select the language of the file."))
FIRST_DAY = FieldWords(_("First day"), _("Enter the first day."))
LAST_DAY = FieldWords(_("Last day"), _("Enter the last day."))
STATE = FieldWords(_("State"), _("Select the State."))
TITLE = FieldWords(_("Title"), _("Enter the title."))
NAME_IN_EACH_LANGUAGE = FieldWords(_("Name"), _("Enter the name in this language."))
TITLE_IN_THIS_LANGUAGE = FieldWords(_("Title in this language"), _("Enter the title in this language."))
STATEMENT = FieldWords(_("In your delegation’s own words"), _("Enter the statement, in your delegation’s own words."))
HOW_OFTEN = FieldWords(_("How often"), _("Select how often."))
WHO_CAN = _("Select who can do this on behalf of your delegation.")
PROPOSED_TEXT = FieldWords(_("Proposed text"), _("Enter the proposed text."))

FIELD_WORDS: Mapping[str, FieldWords] = MappingProxyType(
    {
        # By field, wherever it occurs
        "abstract": FieldWords(_("Abstract"), _("Enter the abstract.")),
        "access": FieldWords(_("Access"), _("Select who can read the document.")),
        "action": FieldWords(_("Action requested of the meeting"), _("Enter the action requested of the meeting.")),
        "clause": FieldWords(_("Mandate or clause"), _("Select the mandate or the clause.")),
        "declined_on": FieldWords(
            _("Day on which the organization said so"), _("Enter the day on which the organization said so.")
        ),
        "liaison": FieldWords(_("Liaison statement"), _("Select the liaison statement.")),
        "next_due_on": FieldWords(_("Next report due on"), _("Enter the day on which the next report is due.")),
        "public_key": FieldWords(_("Public key"), _("Enter the public key.")),
        "party": FieldWords(_("Sender"), _("Select the sender.")),
        "wants": FieldWords(_("What is asked"), _("Select what is asked.")),
        "subject": FieldWords(_("Subject"), _("Enter the subject.")),
        "holder": FieldWords(_("Person"), _("Select the person.")),
        "until": LAST_DAY,
        "meeting": FieldWords(_("Meeting"), _("Select the meeting.")),
        "address": FieldWords(_("E-mail"), _("Enter the e-mail address.")),
        "acts": FieldWords(_("Who acts"), _("Select who acts.")),
        "web_address": FieldWords(_("Address of the text on the web"), _("Enter the address of the text.")),
        "admission_words": FieldWords(_("Whom it admits"), _("Enter whom the group admits.")),
        "admits": FieldWords(_("Members admitted"), _("Select whom the group admits.")),
        "adopted_on": FieldWords(_("Date of adoption"), _("Enter the date of adoption.")),
        "answer": FieldWords(_("Answer"), _("Select the answer.")),
        "ar": NAME_IN_EACH_LANGUAGE,
        "asks": FieldWords(_("How often"), _("Select how often.")),
        "at": FieldWords(_("Time"), _("Enter the time.")),
        "attribution": FieldWords(_("How speakers are identified"), _("Select how speakers are identified.")),
        "basis": FieldWords(_("Basis"), _("Enter the basis.")),
        "begins_on": FieldWords(_("First day (optional)"), _("Enter the first day.")),
        "capacity": FieldWords(_("Role"), _("Select the role.")),
        "choice": FieldWords(_("States without an accredited person who can respond"), _("Select how to proceed.")),
        "closes_on": LAST_DAY,
        "code": FieldWords(_("Code"), _("Enter the code.")),
        "comments_by": FieldWords(_("Comments requested by"), _("Enter the day by which comments are requested.")),
        "confirmed": FieldWords(_("Confirmed languages"), _("Select the confirmed languages.")),
        "contact": FieldWords(_("Contact"), _("Enter the contact.")),
        "corrections_due_on": FieldWords(_("Last day for corrections"), _("Enter the last day for corrections.")),
        "contributions_due_on": FieldWords(_("Deadline for contributions"), _("Enter the deadline for contributions.")),
        "day": FieldWords(_("Last day for proposals"), _("Enter the last day for proposals.")),
        "documents": FieldWords(_("Documents that the decision names"), _("Select the documents.")),
        **dict.fromkeys(
            ("deadline_days", "posting_days", "proposal_days", "registration_days"),
            FieldWords(_("Days before a meeting opens"), _("Enter the number of days.")),
        ),
        "addressees": FieldWords(_("Recipients"), _("Enter at least one recipient.")),
        "due_on": FieldWords(_("Due date (optional)"), _("Enter the due date.")),
        "entry": FieldWords(_("Code or name"), _("Enter the code of a badge, or a name.")),
        "email": FieldWords(_("E-mail address"), _("Enter the e-mail address.")),
        "en": NAME_IN_EACH_LANGUAGE,
        "ends": FieldWords(_("End time"), _("Enter the time at which the session ends.")),
        "entities": STATE,
        "entity": STATE,
        "es": NAME_IN_EACH_LANGUAGE,
        "form": FieldWords(_("Form of release"), _("Select the form of release.")),
        "fr": NAME_IN_EACH_LANGUAGE,
        "from_on": FIRST_DAY,
        "function": FieldWords(_("Function"), _("Enter the function.")),
        "how": FieldWords(_("How the decision was taken"), _("Select how the decision was taken.")),
        "item": FieldWords(_("Agenda item"), _("Select the agenda item.")),
        "in_own_words": FieldWords(_("Wording"), _("Select whose words these are.")),
        "kind": FieldWords(_("Kind"), _("Select the kind.")),
        "label": FieldWords(_("Label of the clause"), _("Enter the label of the clause.")),
        "lang": LANGUAGE_USED,
        "language": FILE_LANGUAGE,
        "languages": FieldWords(_("Required languages"), _("Select the languages.")),
        "largest_file": FieldWords(_("Largest file, in megabytes"), _("Enter the size of the largest file.")),
        "legal_basis": FieldWords(_("Legal basis"), _("Enter the legal basis.")),
        "minutes": FieldWords(_("Minutes"), _("Enter the number of minutes.")),
        "mandates": FieldWords(_("Mandates"), _("Select the mandates.")),
        "action_lines": FieldWords(_("WSIS action lines"), _("Select the action lines.")),
        "mode": FieldWords(_("On site or remote"), _("Select on site or remote.")),
        "name": FieldWords(_("Name"), _("Enter the name.")),
        "names": FieldWords(_("Name"), _("Enter the name of the group in one language at least.")),
        "note": FieldWords(_("Note"), _("Enter the note.")),
        "note_reference": FieldWords(_("Reference of the note verbale"), _("Enter the reference of the note verbale.")),
        "note_sent_on": FieldWords(
            _("Date of the note verbale"), _("Enter the date on which the note verbale was sent.")
        ),
        "notes": FieldWords(_("Notes"), _("Enter the notes.")),
        "number": FieldWords(_("Number of the meeting"), _("Enter the number of the meeting.")),
        "office": FieldWords(_("Office"), _("Select the office.")),
        "on": FieldWords(_("Date of the deadline"), _("Enter the date of the deadline.")),
        "other_reason": FieldWords(_("Another reason"), _("Enter the reason.")),
        "statements": FieldWords(
            _("Statements of each delegation on this item"), _("Enter the number of statements of each delegation.")
        ),
        "state_minutes": FieldWords(
            _("Time of each delegation on this item"), _("Enter the minutes of each delegation.")
        ),
        "on_behalf_of": FieldWords(_("On behalf of"), _("Enter on whose behalf the delegation speaks.")),
        "only_language": FieldWords(_("Which language is corrected?"), _("Select the language that is corrected.")),
        "opening_reason": FieldWords(
            _("Reason for starting the procedure anyway"), _("Enter the reason for starting the procedure anyway.")
        ),
        "opens_on": FIRST_DAY,
        "organization": FieldWords(_("Organization"), _("Enter the organization.")),
        "original": FieldWords(_("Original language"), _("Select the original language.")),
        "owner": FieldWords(_("Responsible person, State or office"), _("Select who is responsible.")),
        "paragraph": FieldWords(_("Paragraph"), _("Enter the paragraph.")),
        "parent": FieldWords(_("Parent group"), _("Select the parent group.")),
        "person": FieldWords(_("Person"), _("Select the person.")),
        "place": FieldWords(_("Place"), _("Enter the place of the meeting.")),
        "posting_due_on": FieldWords(
            _("All documents posted by"), _("Enter the day by which all documents are posted.")
        ),
        "prefix": FieldWords(
            _("Prefix of its symbols"),
            _("Enter a prefix of Latin characters, digits and hyphens that begins with a capital."),
        ),
        "progress": FieldWords(_("Progress"), _("Select the progress.")),
        "proposals_due_on": FieldWords(_("Deadline for agenda proposals"), _("Enter the deadline for proposals.")),
        "purpose": FieldWords(_("Purpose of the document"), _("Select the purpose of the document.")),
        "questions": FieldWords(_("Questions"), _("Select the Questions.")),
        "reason": FieldWords(_("Reason"), _("Enter the reason.")),
        "reference": FieldWords(_("Reference number"), _("Enter the reference number.")),
        "refers_to": FieldWords(_("References"), _("Enter the references.")),
        "regional_group": FieldWords(_("Common proposal of a regional group"), _("Select the regional group.")),
        "registration_due_on": FieldWords(
            _("Registration closes on"), _("Enter the day on which registration closes.")
        ),
        "remote_link": FieldWords(_("Link for joining remotely"), _("Enter the link for joining remotely.")),
        "replaced_by": FieldWords(_("Replacement text"), _("Select the replacement text.")),
        "reply_by": FieldWords(_("Reply requested by"), _("Enter the day by which a reply is requested.")),
        "responsible": FieldWords(
            _("Introduced by, or person responsible"), _("Enter who introduces the item or is responsible for it.")
        ),
        "ru": NAME_IN_EACH_LANGUAGE,
        "series": FieldWords(_("Kind of document"), _("Select the kind of document.")),
        "session": FieldWords(_("Session"), _("Select the session.")),
        "sdgs": FieldWords(_("Sustainable Development Goals"), _("Enter the numbers of the goals.")),
        "sdgs_confirmed": FieldWords(_("Source of the goals"), _("Select whether the goals were confirmed.")),
        "submissions": FieldWords(_("Submit contributions"), WHO_CAN),
        "positions": FieldWords(_("Take positions and make statements"), WHO_CAN),
        "withdrawals": FieldWords(_("Withdraw documents"), WHO_CAN),
        "wider_access": FieldWords(_("Give more readers access to a document"), WHO_CAN),
        "silence_hours": FieldWords(
            _("Minimum period of a silence procedure, in hours"), _("Enter the number of hours.")
        ),
        "signatory": FieldWords(_("Name of the signatory"), _("Enter the name of the signatory.")),
        "stance": FieldWords(_("Position of your State"), _("Select the position of your State.")),
        "starts": FieldWords(_("Start time"), _("Enter the time at which the session begins.")),
        "successor": FieldWords(_("Continued by"), _("Select what continues it.")),
        "symbol": FieldWords(_("Symbol of the other document"), _("Enter the symbol of the other document.")),
        "text": FieldWords(_("Text"), _("Enter the text.")),
        "title": TITLE,
        **{f"title_{code}": TITLE_IN_THIS_LANGUAGE for code in LANGUAGES},
        "titles": FieldWords(_("Title"), _("Enter the title in one language at least.")),
        "topics": FieldWords(_("Topics"), _("Select the topics.")),
        "until_on": LAST_DAY,
        "when": FieldWords(
            _("When to release the text"), _("Select when to release the text: now, or at a time that you set.")
        ),
        "without_pdf": FieldWords(_("Adopt without a PDF"), _("Select whether to adopt the text without a PDF.")),
        "year": FieldWords(_("Year"), _("Enter the year.")),
        "zh": NAME_IN_EACH_LANGUAGE,
        "zone": FieldWords(_("Time zone"), _("Select the time zone.")),
        # By input and field, where the form has another name for it
        "ChangedBody.positions_shown_to": FieldWords(
            _("Who can see the positions of States"), _("Select who can see the positions of States.")
        ),
        "DutyContent.every_months": HOW_OFTEN,
        "NewDuty.every_months": HOW_OFTEN,
        "NewDuty.organization": FieldWords(_("Organization"), _("Select the organization.")),
        "NewLiaison.symbol": FieldWords(_("Symbol given by the sender"), _("Enter the symbol.")),
        "AssignmentInput.translator": FieldWords(_("Translator"), _("Select the translator.")),
        "AssignmentInput.translator_name": FieldWords(
            _("Or a translator outside the secretariat"), _("Enter the name of the translator.")
        ),
        "ActionPointUpdate.note": FieldWords(_("Note"), _("Enter what has been done.")),
        "HandoverNote.at": FieldWords(_("Time of delivery"), _("Enter the time of delivery.")),
        "HandoverNote.note": FieldWords(_("How it was delivered"), _("Enter how the text was delivered.")),
        "AcknowledgmentNote.on": FieldWords(_("Day of the acknowledgment"), _("Enter the day of the acknowledgment.")),
        "AcknowledgmentNote.how": FieldWords(
            _("How it was acknowledged"), _("Enter how the recipient acknowledged the text.")
        ),
        "HandoverNote.on": FieldWords(_("Date of delivery"), _("Enter the date of delivery.")),
        "InvitationPreview.state": FieldWords(_("Member State"), _("Select the Member State.")),
        "ContributionCover.title": FieldWords(_("Title"), _("Enter the title of the contribution.")),
        "ChairNoteInput.text": FieldWords(_("My notes on this item"), _("Enter the notes.")),
        "NewInbox.address": FieldWords(_("Address of its inbox"), _("Enter the address of the inbox.")),
        "NewInvitation.entity": FieldWords(_("Acting for"), _("Select the State or organization.")),
        "NewInvitation.language": FieldWords(_("Language of the e-mail"), _("Select the language of the e-mail.")),
        "NewActionPoint.text": FieldWords(_("Action to be taken"), _("Enter the action to be taken.")),
        "MessageChoice.audience": FieldWords(_p("message", "Recipients"), _("Select the recipients.")),
        "MessageChoice.meeting": FieldWords(_("Meeting"), _("Select the meeting that the message is about.")),
        "MessageChoice.template": FieldWords(_("Template"), _("Select a template.")),
        "MessageText.subject": FieldWords(_("Subject"), _("Enter the subject in this language.")),
        "MessageText.text": FieldWords(_("Text"), _("Enter the text in this language.")),
        "NewMandate.kind": FieldWords(_("Kind"), _("Select the kind of the mandate.")),
        "NewMandate.source": FieldWords(_("Adopted by"), _("Select who adopted the mandate.")),
        "NewMandate.number": FieldWords(_p("mandate", "Number"), _("Enter the number of the mandate.")),
        "NewMandateVersion.place": FieldWords(_p("mandate", "Place, as it is cited"), _("Enter the place.")),
        "NewAgendaItem.title": FieldWords(_("Title"), _("Enter the title of the item.")),
        "CommentRewording.text": FieldWords(_("Explanation"), _("Enter the comment.")),
        "NewComment.text": FieldWords(_("Explanation"), _("Enter the comment.")),
        "NewDecision.text": FieldWords(_("Text of the decision"), _("Enter the text of the decision.")),
        "NewDecisionPosition.text": STATEMENT,
        "NewItemProposal.title": FieldWords(_("Title"), _("Enter the title of the item.")),
        "NewItemProposal.reason": FieldWords(
            _("Reason for discussing it at the meeting"), _("Enter the reason for discussing it at the meeting.")
        ),
        "NewMeetingSession.on": FieldWords(_("Day"), _("Select the day of the session.")),
        "NewReportComment.comment": FieldWords(_("Comment"), _("Enter the comment.")),
        "NewReportCommentAnswer.answer": FieldWords(_("Answer"), _("Enter the answer.")),
        "NewReportCorrection.text": PROPOSED_TEXT,
        "NewReleasePlan.on": FieldWords(_("Release date"), _("Enter the release date.")),
        "ReleaseInstant.on": FieldWords(_("Release date"), _("Enter the release date.")),
        "NewSilencePosition.text": STATEMENT,
        "NewStatement.kind": FieldWords(_("Kind of statement"), _("Select the kind of statement.")),
        "NewStatement.text": STATEMENT,
        "OutputCover.kind": FieldWords(_("Type of output"), _("Select the type of output.")),
        "ParagraphChange.text": FieldWords(_("Corrected text"), _("Enter the corrected text.")),
        "RegisterCorrectionInput.language": FieldWords(
            _("Language of the title"), _("Select the language of the title.")
        ),
        "RelationInput.kind": FieldWords(_("This document"), _("Select how the documents are related.")),
        "StatementRewording.text": STATEMENT,
    }
)
"""By the name of a field, or of an input and its field."""

PROBLEMS: Mapping[str, LazyText] = MappingProxyType(
    {
        "string_pattern_mismatch": _("%(field)s: this is not written as described."),
        "string_too_long": _("%(field)s: enter %(max_length)s characters or fewer."),
        "too_long": _("%(field)s: enter %(max_length)s characters or fewer."),
        "hidden_character": _("%(field)s: there is an invisible character. Type the text instead of pasting it."),
        "language": _("%(field)s: select one of the six official languages."),
        "enum": _("%(field)s: select one of the options."),
        "literal_error": _("%(field)s: select one of the options."),
        "uuid_parsing": _("%(field)s: select one of the options."),
        "int_parsing": _("%(field)s: enter a whole number."),
        "int_from_float": _("%(field)s: enter a whole number."),
        "float_parsing": _("%(field)s: enter a number."),
        "greater_than_equal": _("%(field)s: enter %(ge)s or more."),
        "less_than_equal": _("%(field)s: enter %(le)s or less."),
        "date_from_datetime_parsing": _("%(field)s: enter a date as year-month-day, such as 2027-02-08."),
        "date_parsing": _("%(field)s: enter a date as year-month-day, such as 2027-02-08."),
        "time_parsing": _("%(field)s: enter a time in hours and minutes, such as 09:30."),
    }
)
"""By the type of an error: the name of the field, then a sentence that is right after every name."""
EMPTY_ERRORS = frozenset({"missing", "string_too_short", "too_short"})


def find_field_words(input_class: type[BaseModel], field: str) -> FieldWords | None:
    """Find the words of a field of an input; of a class that refines another one, also those of the other."""
    names = (f"{each.__name__}.{field}" for each in input_class.__mro__)
    return next((FIELD_WORDS[name] for name in names if name in FIELD_WORDS), FIELD_WORDS.get(field))


def name_problem(
    input_class: type[BaseModel], field: str, error_type: str, context: Mapping[str, object]
) -> LazyText | None:
    """Return the message of an error that names its field; None for a field or an error without words."""
    words = find_field_words(input_class, field)
    if words is None:
        return None
    if error_type in EMPTY_ERRORS:
        return words.enter
    if problem := PROBLEMS.get(error_type):
        return LazyText(problem.message, {"field": words.name, **context})
    return None
