"""The texts that a template proposes for a message of the secretariat, in each language, with the meeting's facts."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.messages.models import MessageAudience, MessageTemplate
from app.http.localization import Localizer
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title

TEMPLATE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        MessageTemplate.INVITATION: _("Invitation to a meeting"),
        MessageTemplate.DEADLINE: _("Reminder of the deadline for contributions"),
        MessageTemplate.DOCUMENTS: _("Documents are available"),
        MessageTemplate.FREE: _("Message without a template"),
    }
)
AUDIENCE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        MessageAudience.FOCAL_POINTS: _("Focal points"),
        MessageAudience.HEADS_OF_DELEGATION: _("Heads of delegation"),
        MessageAudience.DELEGATES: _("Delegates and heads of delegation"),
        MessageAudience.PARTICIPANTS: _("Registered participants of the meeting who have a role in the group"),
        MessageAudience.EVERY_SEAT: _("Everyone with a role in the group"),
    }
)

ProposedText = tuple[str, str]
"""Subject and text."""


def propose_texts(template: MessageTemplate, body: Body, meeting: Meeting | None) -> Mapping[str, ProposedText]:
    """Return the texts that a template proposes, by language; empty ones without a template or a meeting."""
    build = BUILDERS.get(template)
    if build is None or meeting is None:
        return dict.fromkeys(LANGUAGES, ("", ""))
    return {language: _propose_text(build, body, meeting, Localizer(language)) for language in LANGUAGES}


MessageBuilder = Callable[[Meeting, LazyText, Localizer], tuple[LazyText, Sequence[LazyText]]]
"""Builds the subject and the paragraphs of a template, for a meeting with its name."""


def _propose_text(build: MessageBuilder, body: Body, meeting: Meeting, formats: Localizer) -> ProposedText:
    subject, paragraphs = build(meeting, format_meeting_name(meeting, body), formats)
    signature = _("The secretariat of %(group)s", group=body.prefix)
    text = "\n\n".join(formats.translate_text(each) for each in (_("Dear colleagues,"), *paragraphs, signature))
    return formats.translate_text(subject), text


def _name_within_group(meeting: Meeting) -> LazyText:
    """Return the name of a meeting in a subject: the e-mail puts the group before that."""
    return _("meeting %(number)s", number=meeting.number)


def _build_invitation(meeting: Meeting, name: LazyText, formats: Localizer) -> tuple[LazyText, Sequence[LazyText]]:
    return _("Invitation: %(name)s", name=_name_within_group(meeting)), (
        _("The secretariat has the honour to invite you to the following meeting: %(name)s.", name=name),
        _(
            "Dates: %(days)s\nPlace: %(place)s\nDeadline for contributions: %(due)s\n"
            "Deadline for the registration of participants: %(registration)s",
            days=formats.format_day_range(meeting.opens_on, meeting.closes_on),
            place=localize_title(meeting.place, formats.language)[0],
            due=formats.format_instant(meeting.contributions_due_at, meeting.zone),
            registration=formats.format_instant(meeting.registration_due_at, meeting.zone),
        ),
        _(
            "The focal point or the head of each delegation registers its participants in the portal. The page of the "
            "meeting shows the draft agenda, the documents, practical information and the letter of invitation."
        ),
    )


def _build_reminder(meeting: Meeting, name: LazyText, formats: Localizer) -> tuple[LazyText, Sequence[LazyText]]:
    due = formats.format_instant(meeting.contributions_due_at, meeting.zone)
    return _("Deadline for contributions: %(name)s", name=_name_within_group(meeting)), (
        _("Contributions to this meeting are due soon: %(name)s.", name=name),
        _(
            "Dates: %(days)s\nDeadline for contributions: %(due)s",
            days=formats.format_day_range(meeting.opens_on, meeting.closes_on),
            due=due,
        ),
        _("The chair decides whether a contribution that is submitted later is accepted."),
    )


def _build_announcement(meeting: Meeting, name: LazyText, formats: Localizer) -> tuple[LazyText, Sequence[LazyText]]:
    return _("Documents are available: %(name)s", name=_name_within_group(meeting)), (
        _("Documents of this meeting are available in the portal: %(name)s.", name=name),
        _(
            "Dates: %(days)s\nPlace: %(place)s",
            days=formats.format_day_range(meeting.opens_on, meeting.closes_on),
            place=localize_title(meeting.place, formats.language)[0],
        ),
        _("The page of the meeting shows each document in the languages in which it exists so far."),
    )


BUILDERS: Mapping[MessageTemplate, MessageBuilder] = MappingProxyType(
    {
        MessageTemplate.INVITATION: _build_invitation,
        MessageTemplate.DEADLINE: _build_reminder,
        MessageTemplate.DOCUMENTS: _build_announcement,
    }
)
