"""Fields that several forms of the register have."""

from app.web.forms.parsing import TypedForm


class TextsForm(TypedForm):
    """A text in six languages, in which of them it was confirmed, and whether it is in the secretariat's words."""

    ar: str = ""
    zh: str = ""
    en: str = ""
    fr: str = ""
    ru: str = ""
    es: str = ""
    confirmed: tuple[str, ...] = ()
    in_own_words: str = ""

    @property
    def typed(self) -> dict[str, object]:
        """Fields by name; a box that is not ticked is no."""
        return self.model_dump() | {"in_own_words": bool(self.in_own_words)}
