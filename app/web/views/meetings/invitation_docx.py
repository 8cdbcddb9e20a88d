"""Letters of invitation as Word documents: the fields of a template, the default template, and filling them.

Everything is loaded first; templates are filled without a database connection.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cache, partial
from itertools import groupby
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.rendering.template_filling import (
    fill_template_copies,
    fill_template_file,
    make_letter_template,
)
from app.core.rendering.template_values import LetterWords, TemplatePassage
from app.domain.invitation_letters.rules import DATES_FIELD
from app.http.exports.zip_export import ZipMember
from app.http.localization import Localizer
from app.http.portal_state import PortalState
from app.web.views.meetings.invitation_letters import PrintableLetter
from app.web.views.word_templates import create_pdf, explain_rendering_failures, open_template

FIELD_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "organization": _("The name of ITU"),
        "body": _("The name of the group"),
        "reference": _("The reference number"),
        "dated": _("The date of the letter of invitation"),
        "addressee": _("The line “To the Administration of the Member State”"),
        "state": _("The name of the Member State. A template must contain this field."),
        "salutation": _("The salutation"),
        "title": _("The subject of the letter: the invitation to the meeting"),
        "meeting": _("The name of the meeting"),
        "number": _("The number of the meeting"),
        "dates": _("The dates of the meeting"),
        "place": _("The place of the meeting"),
        "proposals_due": _("The deadline for proposals for the agenda"),
        "contributions_due": _("The deadline for contributions"),
        "posting_due": _("The day by which all documents are posted"),
        "registration_due": _("The deadline for the registration of participants"),
        DATES_FIELD: _("All deadlines and sessions, one in each line. Use this field once, in a separate paragraph."),
        "agenda": _("The address of the agenda in the portal"),
        "address": _("The address of the meeting in the portal"),
        "closing": _("The complimentary close"),
        "signatory": _("The name of the signatory"),
        "function": _("The function of the signatory"),
    }
)
LETTER_FAILED_MESSAGE = _(
    "The letter of invitation could not be formatted. Try again. If this fails again, the secretariat must change the "
    "template."
)
STANDARD_PARAGRAPHS: Sequence[tuple[str, LazyText | str]] = (
    ("Normal", _("Reference: %(reference)s", reference="{{ reference }}")),
    ("Normal", _("Date: %(day)s", day="{{ dated }}")),
    ("Normal", "{{ addressee }}"),
    ("Normal", "{{ state }}"),
    ("Title", "{{ title }}"),
    ("Normal", "{{ salutation }}"),
    (
        "Normal",
        _(
            "The secretariat has the honour to invite your Administration to take part in this meeting (%(dates)s). "
            "Place: %(place)s.",
            dates="{{ dates }}",
            place="{{ place }}",
        ),
    ),
    ("Heading 1", _("Important dates")),
    ("Normal", "{{ dates_to_keep }}"),
    ("Heading 1", _("How to register")),
    (
        "Normal",
        _(
            "The focal point or the head of each delegation registers its participants in the portal: on site or "
            "remote, with one head of delegation for each State. The portal shows the link for remote participation "
            "to registered participants."
        ),
    ),
    ("Normal", _("Agenda, documents and practical information: %(address)s", address="{{ address }}")),
    ("Normal", "{{ closing }}"),
    ("Normal", "{{ signatory }}"),
    ("Normal", "{{ function }}"),
)
"""The default letter of invitation; a secretariat starts its own from it."""


@cache
def build_default_invitation_template(language: str) -> bytes:
    """Build the default template of a language; the same bytes as long as this process runs. Raises Unavailable."""
    translate = Localizer(language).translate_text
    passages = [TemplatePassage(translate(text), style, language) for style, text in STANDARD_PARAGRAPHS]
    with explain_rendering_failures(LETTER_FAILED_MESSAGE):
        return make_letter_template(LetterWords(language, ("{{ organization }}", "{{ body }}"), passages))


def render_letter_docx(portal: PortalState, letter: PrintableLetter) -> bytes:
    """Render one letter as a Word document. Raises Unavailable."""
    with explain_rendering_failures(LETTER_FAILED_MESSAGE), _open_letter_template(portal, letter) as template:
        return fill_template_file(template, letter.filling)


def render_letter_pdf(portal: PortalState, letter: PrintableLetter) -> bytes:
    """Render one letter as PDF. Raises Unavailable, also where no LibreOffice is installed."""
    missing = _("A PDF cannot be created here. Download the letter of invitation as a Word document.")
    return create_pdf(portal, partial(render_letter_docx, portal, letter), missing, LETTER_FAILED_MESSAGE)


def render_letters(portal: PortalState, letters: Sequence[PrintableLetter], files: ExitStack) -> list[ZipMember]:
    """Render letters as Word documents, with one task for each template; `files` closes the temporary files from which
    they are sent. Raises Unavailable."""
    members: list[ZipMember] = []
    for _key, group in groupby(sorted(letters, key=_get_template_key), key=_get_template_key):
        members += _render_copies(portal, list(group), files)
    return sorted(members, key=lambda member: member.name)


def _get_template_key(letter: PrintableLetter) -> tuple[str, str]:
    return letter.filling.language, letter.template or ""


def _render_copies(portal: PortalState, letters: Sequence[PrintableLetter], files: ExitStack) -> list[ZipMember]:
    """Render letters of one language and template. Raises Unavailable."""
    fillings = {f"{letter.name}.docx": letter.filling for letter in letters}
    target = files.enter_context(TemporaryFile())  # noqa: SIM115 - `files` closes it
    with explain_rendering_failures(LETTER_FAILED_MESSAGE), _open_letter_template(portal, letters[0]) as template:
        fill_template_copies(template, fillings, target)
    archive = files.enter_context(ZipFile(target))
    return [ZipMember(each.filename, each.file_size, partial(_read_copy, archive, each)) for each in archive.infolist()]


def _read_copy(archive: ZipFile, copy: ZipInfo) -> list[bytes]:
    return [archive.read(copy)]


def _open_letter_template(portal: PortalState, letter: PrintableLetter) -> AbstractContextManager[BinaryIO]:
    return open_template(portal, letter.template, partial(build_default_invitation_template, letter.filling.language))
