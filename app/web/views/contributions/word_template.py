"""The Word template of a contribution: its words in one language, and the document made of them."""

from functools import cache

from app.core.errors import Unavailable
from app.core.i18n import NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.rendering.template_filling import RenderingBusy, RenderingError, make_contribution_template
from app.core.rendering.template_values import ContributionWords
from app.http.labels import PURPOSE_LABELS

LABELS = {
    "source": _("Source"),
    "purpose": _("Purpose"),
    "item": _("Agenda item"),
    "action": _("Action requested of the meeting"),
    "abstract": _("Abstract"),
    "contact": _("Contact"),
    "reasons": _("Reasons"),
}
PLACEHOLDERS = {
    "group": _("Name of the group"),
    "meeting": _("Number of the meeting, place and dates"),
    "date": _("Date of the document"),
    "title": _("Title of the contribution"),
    "source": _("Name of the Member State"),
    "purpose": _("Select the purpose"),
    "item": _("Number and title of the agenda item"),
    "action": _("What the meeting is invited to do"),
    "abstract": _("A few sentences on the content"),
    "contact": _("Name, position, telephone number and e-mail address"),
    "paragraph": _("Text of the paragraph"),
    "hint": _("Delete the proposals that you do not need. To add a proposal, copy one of those below."),
    "provision": _("Provision concerned"),
    "proposal": _("The proposal in one line"),
    "text": _("Text of the provision"),
    "reasons": _("Reasons for the proposal"),
}
"""What each field shows until somebody types in its place."""
HEADINGS = {"introduction": _("Introduction"), "proposals": _("Proposals")}


@cache
def build_contribution_template(language: str) -> bytes:
    """Build the template in a language; the same bytes as long as this process runs. Raises Unavailable."""
    try:
        return make_contribution_template(list_template_words(language))
    except RenderingBusy as fault:
        raise Unavailable(_("Other documents are being prepared first. Try again in a moment.")) from fault
    except RenderingError as fault:
        raise Unavailable(_("The template could not be prepared. Try again later.")) from fault


def list_template_words(language: str) -> ContributionWords:
    """List the words of the template in a language."""

    def translate(texts: dict[str, LazyText]) -> dict[str, str]:
        return {name: text.translate(language) for name, text in texts.items()}

    return ContributionWords(
        language,
        _("International Telecommunication Union").translate(language),
        _("Original: %(language)s", language=NATIVE_NAMES[language]).translate(language),
        {name: _("%(label)s:", label=label).translate(language) for name, label in LABELS.items()},
        translate(PLACEHOLDERS),
        [label.translate(language) for label in PURPOSE_LABELS.values()],
        translate(HEADINGS),
    )
