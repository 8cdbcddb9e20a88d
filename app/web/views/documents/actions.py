"""Pages of the actions on a registered document: what will happen, and the form for it."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Response

from app.core.db import ReadSession
from app.core.errors import BadRequest, DomainError
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.validation import ReasonInput
from app.domain.bodies.models import Body, StateAct
from app.domain.bodies.queries.state_decisions import LeftToHeadOfDelegation, find_reason_to_ask_head
from app.domain.documents import rules
from app.domain.documents.models import ActingSide, Document, DocumentRelation, Edition
from app.domain.documents.queries import documents, proposals
from app.http.labels import ACCESS_LABELS, RELATION_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.file_fields import describe_file_refusal
from app.web.forms.parsing import InputT, ParsedForm
from app.web.forms.proposal_fields import PROPOSAL_KIND_CHOICES, add_spare_lines, format_proposals_for_form
from app.web.views.documents.editions import format_edition_slug
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title
from app.web.views.documents.topics import list_topic_choices
from app.web.views.mandates.citing import SEARCH_FIELD, read_citation_choices

ACTION_EXPLANATIONS: Mapping[str, tuple[LazyText, LazyText]] = {
    "translate": (
        _(
            "The file is added as a translation of the original and cannot be replaced later. The page shows who "
            "added it and when."
        ),
        _("Save"),
    ),
    "relate": (
        _(
            "The relation is shown on each of the two documents to readers who can access the other document. It "
            "remains recorded."
        ),
        _("Save"),
    ),
    "open": (
        _(
            "The access applies to every text of the document at once. The activity log keeps who changed it, "
            "when and why."
        ),
        _("Save"),
    ),
    "correct": (
        _("The old and the new wording are kept with your reason. The registered texts do not change."),
        _("Save"),
    ),
    "relist": (
        _("The old and the new list are kept with your reason. The registered text does not change."),
        _("Save"),
    ),
    "withdraw": (
        _(
            "The number is not reused. Its page shows who withdrew the document, when and why. The texts are no "
            "longer available."
        ),
        _("Withdraw the document"),
    ),
    "void": (
        _("For documents registered in error. The number is not reused. Its page shows who voided it, when and why."),
        _("Void the number"),
    ),
}


def format_action_done_address(document: Document, edition: Edition | None = None) -> str:
    """Return the address of the document, or of one of its editions, that says that an action is on record."""
    return f"{_format_address(document, edition)}?done=on-record"


def submit_action(
    context: WriteContext,
    document: Document,
    action_name: str,
    input_class: type[InputT],
    typed: Mapping[str, object],
    *,
    action: Callable[[InputT], None],
    refusal_at: str = "",
    edition: Edition | None = None,
) -> Response:
    """Do an action and redirect to the document, or show its form again with everything that was typed.

    A refusal is shown at the field `refusal_at`. Raises every error of the action but BadRequest and
    LeftToHeadOfDelegation.
    """
    return submit_form(
        context,
        input_class,
        typed,
        action=action,
        render=lambda entry, refusal=None: render_action_page(
            context, document, action_name, entry, edition=edition, refusal=refusal
        ),
        done=format_action_done_address(document, edition),
        refusals=(BadRequest, LeftToHeadOfDelegation),
        refusal_at=refusal_at,
    )


def render_action_page(
    context: ReadContext,
    document: Document,
    action_name: str,
    entry: ParsedForm[Any] | None = None,
    *,
    edition: Edition | None = None,
    refusal: DomainError | None = None,
    language: str = "",
) -> Response:
    """Render the page of an action, from what is true now; with an `entry`, again with what was typed and what is wrong
    with it. `language` is that of the title or file in question, if not the reader's."""
    asked = language if language in LANGUAGES else context.language
    language = context.language
    title, lang = localize_title(document.titles, language, document.original)
    body = context.session.get_one(Body, document.body_id)
    initial = {
        **_initial_values(document, action_name, asked),
        **_initial_proposals(context.session, document, action_name, edition),
    }
    typed = {**initial, **(entry.typed if entry else {})}
    errors = entry.errors if entry else {}
    has_file = action_name == "translate"
    return context.render(
        "web/documents/act.html",
        status=refusal.status if refusal else 400 if entry else 200,
        act=action_name,
        heading=rules.MOVES[action_name].label,
        words=ACTION_EXPLANATIONS[action_name],
        document=document,
        edition=edition,
        back=_format_address(document, edition),
        title=title,
        lang=lang,
        typed=typed,
        errors=errors,
        refused=describe_file_refusal(refusal) if has_file else None,
        refusal=refusal.reason if refusal and not has_file and not errors else None,
        asking_head=_find_reason_to_ask_head(context, document) if action_name == "open" else None,
        largest=min(body.largest_file, context.portal.settings.largest_file),
        choices=_list_missing_languages(context.session, document, edition) if has_file else _list_languages(),
        relations=[(kind, words[0]) for kind, words in RELATION_LABELS.items()],
        accesses=[(access, *words) for access, words in ACCESS_LABELS.items()],
        abstract_lang=get_original_language_if_foreign(document.original, language),
        topics=list_topic_choices(context.session, language, document.topics) if action_name == "correct" else [],
        citing=read_citation_choices(context.session, context.actor, typed, language, document.entity)
        if action_name == "correct"
        else None,
        proposals=add_spare_lines(typed.get("proposals", [])),
        kinds=PROPOSAL_KIND_CHOICES,
    )


def render_revoke_relation_page(
    context: ReadContext,
    document: Document,
    relation: DocumentRelation,
    other: Document,
    entry: ParsedForm[ReasonInput] | None = None,
) -> Response:
    """Render the page that asks why a relation is revoked."""
    title, lang = localize_title(other.titles, context.language, other.original)
    return context.render(
        "web/documents/take_back.html",
        status=400 if entry else 200,
        document=document,
        relation=relation,
        words=RELATION_LABELS[relation.kind][0],
        other=other,
        title=title,
        lang=lang,
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry else None,
    )


def _find_reason_to_ask_head(context: ReadContext, document: Document) -> LazyText | None:
    """Find why the actor cannot give more readers access to the document; None if they can."""
    if rules.get_acting_side(context.actor, document) != ActingSide.SUBMITTER:
        return None
    return find_reason_to_ask_head(context.session, context.actor, document.body_id, StateAct.WIDER_ACCESS)


def _format_address(document: Document, edition: Edition | None) -> str:
    """Return the address of a document, or of one of its editions."""
    return f"/documents/{document.id}" + (f"/{format_edition_slug(edition)}" if edition else "")


def _initial_values(document: Document, action_name: str, language: str) -> dict[str, object]:
    """Return the values with which the form begins. A correction begins with the title in its language."""
    empty = dict.fromkeys(("symbol", "kind", "reason"), "")
    title = document.titles.get(language, "") if action_name == "correct" else ""
    current: dict[str, object] = {"access": document.access, "abstract": document.abstract, "topics": document.topics}
    current |= {"mandates": document.mandates, "action_lines": document.action_lines, SEARCH_FIELD: ""}
    return empty | current | {"language": language, "title": title}


def _initial_proposals(
    session: ReadSession, document: Document, action_name: str, edition: Edition | None
) -> dict[str, object]:
    """Return the proposals that an edition lists now, for the form that corrects them."""
    if action_name != "relist" or edition is None:
        return {}
    listed = proposals.list_edition_proposals(document, edition, documents.get_edition_in_force(session, document))
    return {"proposals": format_proposals_for_form(proposals.dump_proposal(proposal) for proposal in listed)}


def _list_languages() -> list[tuple[str, str, str]]:
    """List the official languages as choices of a form."""
    return [(code, NATIVE_NAMES[code], code) for code in LANGUAGES]


def _list_missing_languages(
    session: ReadSession, document: Document, edition: Edition | None
) -> list[tuple[str, str, str]]:
    """List the languages in which the text is missing, as choices of a form."""
    edition = edition or documents.get_edition_in_force(session, document)
    available = {version.language for version in documents.list_language_versions(session, edition)}
    languages = (edition.only_language,) if edition.only_language else LANGUAGES
    return [choice for choice in _list_languages() if choice[0] in languages and choice[0] not in available]
