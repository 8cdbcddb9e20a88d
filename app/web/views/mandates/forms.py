"""Fields that several forms of the register have, and how the one of a retirement is read."""

from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.domain.mandates.inputs import Retirement
from app.web.forms.by_language import TextsByLanguageForm
from app.web.forms.parsing import parse_form


class TextsForm(TextsByLanguageForm):
    """A text in six languages, in which of them it was confirmed, and whether it is in the secretariat's words."""

    confirmed: tuple[str, ...] = ()
    in_own_words: str = ""

    @property
    def typed(self) -> dict[str, object]:
        """Fields by name; a box that is not ticked is no."""
        return self.model_dump() | {"in_own_words": bool(self.in_own_words)}


def parse_retirement(successor: str) -> Retirement:
    """Parse the code of what continues something that is retired. Raises BadRequest if it can be none."""
    entry = parse_form(Retirement, {"successor": successor})
    if entry.value is None:
        raise BadRequest(_("Select one of the options."))
    return entry.value
