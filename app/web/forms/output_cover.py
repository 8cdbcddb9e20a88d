"""The cover of an output as a form: as it was typed, as it is saved, and what is wrong in it."""

from pydantic import BaseModel

from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.outputs.inputs import OutputCover, TranslatedTitle
from app.domain.outputs.models import KINDS_WITH_ADDRESSEES, Output, ReleaseAddressee
from app.domain.outputs.queries import outputs
from app.web.forms.parsing import ParsedForm, parse_form

PUBLIC_ADDRESSEE = str(ReleaseAddressee.PUBLIC)
NO_TITLE_MESSAGE = _("Enter the title in the original language.")


class OutputCoverForm(BaseModel):
    """Form of a cover as typed: addressees one on each line, sources and decisions by their ids."""

    kind: str = ""
    original: str = ""
    title_ar: str = ""
    title_zh: str = ""
    title_en: str = ""
    title_fr: str = ""
    title_ru: str = ""
    title_es: str = ""
    for_action: str = ""
    for_information: str = ""
    reply_by: str = ""
    for_public: str = ""
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
    read_together(session, output, outputs.list_source_documents, outputs.list_source_decisions)
    titles = {f"title_{code}": title for code, title in output.titles.items()}
    return OutputCoverForm(
        kind=output.kind,
        original=output.original,
        for_action="\n".join(output.for_action),
        for_information="\n".join(output.for_information),
        reply_by=output.reply_by.isoformat() if output.reply_by else "",
        for_public=PUBLIC_ADDRESSEE if output.for_public else "",
        mandates=output.mandates,
        action_lines=output.action_lines,
        sources=[str(source.id) for source in outputs.list_source_documents(session, output)],
        decisions=[str(decision.id) for decision, _ignored in outputs.list_source_decisions(session, output)],
        **titles,
    )


def parse_output_cover(form: OutputCoverForm) -> ParsedForm[OutputCover]:
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
    if form.kind in KINDS_WITH_ADDRESSEES:
        values |= {"for_action": _split_lines(form.for_action), "for_information": _split_lines(form.for_information)}
        values["reply_by"] = form.reply_by
    cover = parse_form(OutputCover, values)
    errors |= cover.errors
    if form.titles.get(form.original) == "":
        errors[f"title_{form.original}"] = NO_TITLE_MESSAGE
    return ParsedForm(form.model_dump(), None if errors else cover.value, errors)


def _split_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]
