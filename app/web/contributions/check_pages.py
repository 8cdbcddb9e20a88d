"""The check pages of acts on a contribution or a document that are done with one button, on behalf of a State or as the
secretariat: what will happen, to whom, from when, and whether it can be undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission
from app.domain.contributions.actions.registration import AWAITS_STATE
from app.domain.contributions.queries import contributions
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules.submissions import NO_TEXT_YET
from app.domain.documents import rules as document_rules
from app.domain.documents.queries import documents
from app.domain.files.queries import load_shown_text
from app.http.authentication import EntityName, SignedInGuard
from app.http.page_context import ReadContext
from app.web.forms.checking import CheckPage, render_check_page
from app.web.forms.parsing import RejectRepeatedFields
from app.web.views.contributions.contribution_page import build_contribution_view
from app.web.views.contributions.status import list_answered_findings
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


@dataclass(frozen=True, slots=True)
class ButtonAct:
    """An act with one button: its permission, what it does, and the name of its button with the State of the actor."""

    permission: Permission[Any]
    what: LazyText
    words: LazyText

    def name_button(self, state: LazyText) -> LazyText:
        """Return the name of the button."""
        return LazyText(self.words.message, {"state": state})


REGISTERED_IN_DOCUMENT = _(
    "The contribution receives the symbol of the document to which it belongs, with its own number there, and all "
    "delegations of the group see it at once. A number is never reused."
)
REGISTER_AND_NEXT = _("Register and next")
BUTTON_ACTS: Mapping[str, ButtonAct] = MappingProxyType(
    {
        "sign": ButtonAct(
            rules.SIGN,
            _("Your State becomes a co-sponsor of exactly this text. If the text changes, your State is asked again."),
            _("Co-sponsor on behalf of %(state)s"),
        ),
        "decline": ButtonAct(
            rules.SIGN,
            _(
                "Your State declines to co-sponsor and no longer sees the draft. If it has co-sponsored the draft, "
                "that ends."
            ),
            _("Decline on behalf of %(state)s"),
        ),
        "confirm": ButtonAct(
            rules.CONFIRM,
            _("Your State confirms exactly this text for this meeting. The contribution can then be registered."),
            _("Confirm the contribution on behalf of %(state)s"),
        ),
        "clear": ButtonAct(
            rules.CLEAR,
            _("Your delegation can then submit exactly this text. If the text changes, you are asked again."),
            _("Clear the contribution on behalf of %(state)s"),
        ),
        "register": ButtonAct(
            rules.REGISTER,
            _(
                "The contribution receives the next number in this meeting’s series, and all delegations of the group "
                "see it at once. A number is never reused."
            ),
            _("Register the contribution"),
        ),
    }
)


def register_check_page(name: str, button_act: ButtonAct) -> None:
    """Register the check page of one act on a contribution."""

    @router.get(f"/contributions/{{contribution}}/{name}", dependencies=[Depends(SignedInGuard(button_act.permission))])
    def show_check_page(context: ReadContext, contribution: UUID, language: str = "") -> Response:
        """Show what the act does, and the text to which it applies, in this language if it is there."""
        row = contributions.get_visible_contribution(context.session, context.actor, contribution)
        button_act.permission.require(context.actor, row)
        view, here = build_contribution_view(context, row), f"/contributions/{row.id}"
        if name == "register" and view.awaits_state:
            raise Conflict(AWAITS_STATE)
        if name == "sign" and not view.has_text:
            raise Conflict(NO_TEXT_YET)
        what = REGISTERED_IN_DOCUMENT if name == "register" and view.followed else button_act.what
        button = button_act.name_button(EntityName(context.actor.entity))
        return render_check_page(
            context,
            CheckPage(
                act=f"/contributions/{{contribution}}/{name}",
                heading=button,
                crumbs=[("/contributions", _("Contributions")), (here, row.title)],
                facts=[
                    *((_("Title"), row.title), (_("Source"), view.source), (_("Meeting"), view.meeting_name)),
                    *(list_answered_findings(view.files) if name == "register" else ()),
                ],
                text=load_shown_text(
                    context.session,
                    {shown.file.language: shown.file.sha256 for shown in view.files if shown.file.is_accepted},
                    (language, context.language, row.original),
                    contribution=row.id,
                ),
                what=what,
                button=button,
                action=f"{here}/{name}",
                back=here,
                fields={} if name == "decline" else {"version": row.version},
                kind="danger" if name == "decline" else "",
                further_buttons=[("then", "next", REGISTER_AND_NEXT)] if name == "register" else (),
                links=[(f"{here}/return", rules.MOVES["return"].label)] if name == "register" else (),
            ),
        )


for _name, _act in BUTTON_ACTS.items():
    register_check_page(_name, _act)


@router.get("/documents/{document}/support", dependencies=[Depends(SignedInGuard(document_rules.SUPPORT))])
def check_support_of_document(context: ReadContext, document: UUID, language: str = "") -> Response:
    """Show what supporting a document does, and its text, in this language if it is there."""
    row = documents.get_visible_document(context.session, context.actor, document)
    document_rules.SUPPORT.require(context.actor, row)
    documents.require_not_cosponsored(context.session, context.actor, row)
    versions = documents.list_language_versions(context.session, documents.get_edition_in_force(context.session, row))
    here, button = f"/documents/{row.id}", _("Support on behalf of %(state)s", state=EntityName(context.actor.entity))
    return render_check_page(
        context,
        CheckPage(
            act="/documents/{document}/support",
            heading=button,
            crumbs=[("/documents", _("Documents")), (here, row.symbol)],
            facts=[
                (_("Symbol"), row.symbol),
                (_("Title"), localize_title(row.titles, context.language, row.original)[0]),
            ],
            text=load_shown_text(
                context.session,
                {version.language: version.sha256 for version in versions},
                (language, context.language, row.original),
            ),
            what=_("The document lists your delegation among those that support it."),
            button=button,
            action=f"{here}/support",
            back=here,
            kind="",
        ),
    )
