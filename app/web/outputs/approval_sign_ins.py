"""The sign-in that is made for one approval, of an adopted text or of a translation of it."""

import secrets
from datetime import timedelta

from fastapi import Response

from app.core.errors import Conflict
from app.domain.identity.actions import accounts
from app.domain.identity.models.tables import Person, UserSession
from app.domain.outputs.models import Output, OutputTranslation
from app.domain.outputs.rules.approvals import (
    SIGN_IN_TO_APPROVE,
    ApprovalProof,
    build_approval_statement,
    read_kept_sign_in,
)
from app.http.page_context import ReadContext, WriteContext

TIME_TO_REDIRECT = timedelta(minutes=1)


def redirect_to_approval_sign_in(
    context: ReadContext, output: Output, translation: OutputTranslation | None = None, *, page: str
) -> Response:
    """Redirect to a sign-in whose ID token is bound to exactly what the person is about to approve; the browser then
    comes back to `page`."""
    statement = build_approval_statement(
        output,
        context.session.get_one(Person, context.actor.person),
        translation,
        portal=context.portal.settings.portal_url,
        random_bits=secrets.token_hex(16),
    )
    sealed = context.portal.approval_sealer.seal({"statement": statement.to_json(), "page": page}, TIME_TO_REDIRECT)
    return context.redirect(f"/sign-in/approval?approval={sealed}")


def has_signed_in_to_approve(
    context: ReadContext, output: Output, translation: OutputTranslation | None = None
) -> bool:
    """Return whether the person has just signed in to approve exactly this."""
    kept = context.session.get_one(UserSession, context.request.state.user_session).approval
    person = context.session.get_one(Person, context.actor.person)
    return read_kept_sign_in(kept, output, person, translation) is not None


def take_approval_proof(
    context: WriteContext, output: Output, translation: OutputTranslation | None = None
) -> ApprovalProof:
    """Take the sign-in that the person made to approve exactly this, once. Raises Conflict if there is none."""
    kept = accounts.take_sign_in_for_approval(context.session, context.actor, context.request.state.user_session)
    person = context.session.get_one(Person, context.actor.person)
    if (proof := read_kept_sign_in(kept, output, person, translation)) is None:
        raise Conflict(SIGN_IN_TO_APPROVE)
    return proof
