"""The cover of an output as a form: as it was typed, as it is saved, and what is wrong in it."""

from pydantic import BaseModel

from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.addressees.queries import index_bodies, list_addressee_rows
from app.domain.liaisons.models import Liaison
from app.domain.liaisons.rules import address_sender
from app.domain.outputs.inputs import OutputCover, TranslatedTitle
from app.domain.outputs.models import KINDS_WITH_ADDRESSEES, Output, OutputKind, ReleaseAddressee
from app.domain.outputs.queries import outputs
from app.web.forms.addressees import (
    ADDRESSEE_FIELDS,
    AddresseeRows,
    PartyRegister,
    parse_addressees,
    prefill_addressees,
)
from app.web.forms.parsing import ParsedForm, parse_form

PUBLIC_ADDRESSEE = str(ReleaseAddressee.PUBLIC)
NO_TITLE_MESSAGE = _("Enter the title in the original language.")


class OutputCoverForm(AddresseeRows, BaseModel):
    """Form of a cover as typed, with the rows of its addressees; sources and decisions by their ids."""

    kind: str = ""
    original: str = ""
    title_ar: str = ""
    title_zh: str = ""
    title_en: str = ""
    title_fr: str = ""
    title_ru: str = ""
    title_es: str = ""
    for_public: str = ""
    for_addressees_only: str = ""
    mandates: list[str] = []
    action_lines: list[str] = []
    mandate_words: str = ""
    sources: list[str] = []
    decisions: list[str] = []

    @property
    def titles(self) -> dict[str, str]:
        """Titles by language; empty where none was typed."""
        return {code: getattr(self, f"title_{code}") for code in LANGUAGES}


def prefill_output_cover_form(session: ReadSession, output: Output) -> OutputCoverForm:
    """Return the form with the cover of an output as it is saved."""
    read_together(session, output, outputs.list_source_documents, outputs.list_source_decisions, list_addressee_rows)
    addressed = outputs.list_addressees(session, output)
    titles = {f"title_{code}": title for code, title in output.titles.items()}
    return OutputCoverForm(
        kind=output.kind,
        original=output.original,
        for_public=PUBLIC_ADDRESSEE if output.for_public else "",
        for_addressees_only="yes" if output.for_addressees_only else "",
        mandates=output.mandates,
        action_lines=output.action_lines,
        sources=[str(source.id) for source in outputs.list_source_documents(session, output)],
        decisions=[str(decision.id) for decision, _ignored in outputs.list_source_decisions(session, output)],
        **titles,
        **prefill_addressees(addressed, index_bodies(session, addressed)),
    )


def build_reply_cover_form(session: ReadSession, liaison: Liaison, original: str) -> OutputCoverForm:
    """Return the form with the cover of a reply to a liaison: a liaison statement to its sender, for information,
    that cites what the liaison cites."""
    row = address_sender(liaison, liaison.id)
    return OutputCoverForm(
        kind=OutputKind.LIAISON_STATEMENT,
        original=original,
        mandates=liaison.mandates,
        action_lines=liaison.action_lines,
        **prefill_addressees([row], index_bodies(session, [row])),
    )


def parse_output_cover(form: OutputCoverForm, register: PartyRegister) -> ParsedForm[OutputCover]:
    """Validate a cover; each title is validated by itself, so that each has its own error."""
    errors: dict[str, LazyText] = {}
    titles: dict[str, str] = {}
    for code, typed in form.titles.items():
        if typed != "":
            title = parse_form(TranslatedTitle, {"title": typed})
            errors |= {f"title_{code}": words for words in title.errors.values()}
            titles |= {code: title.value.title} if title.value else {}
    values = form.model_dump(include={"kind", "original", "sources", "decisions", "mandates", "action_lines"})
    values |= {"titles": titles, "for_public": form.for_public == PUBLIC_ADDRESSEE}
    values["for_addressees_only"] = bool(form.for_addressees_only)
    if form.kind in KINDS_WITH_ADDRESSEES:
        values["addressees"], wrong = parse_addressees(form.model_dump(include=set(ADDRESSEE_FIELDS)), register)
        errors |= wrong
    has_wrong_row = any(name.startswith(ADDRESSEE_FIELDS) for name in errors)
    cover = parse_form(OutputCover, values)
    errors |= {name: words for name, words in cover.errors.items() if name != "addressees" or not has_wrong_row}
    if form.titles.get(form.original) == "":
        errors[f"title_{form.original}"] = NO_TITLE_MESSAGE
    return ParsedForm(form.model_dump(), None if errors else cover.value, errors)
