"""Follow and stop following documents, agenda items, topics and States; what a person follows is on `/letters`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from app.domain.notifications.actions import following
from app.domain.notifications.models import FollowedKind
from app.domain.notifications.queries.followed import name_subjects
from app.domain.notifications.rules import recipients
from app.http.authentication import SignedInGuard
from app.http.page_context import WriteContext
from app.web.forms.parsing import RejectRepeatedFields, TextField

router = APIRouter(
    dependencies=[Depends(SignedInGuard(recipients.CHOOSE_NOTIFICATIONS)), Depends(RejectRepeatedFields())]
)
LIST_PATH = "/letters"


@router.post("/letters/follow")
def follow_subject(context: WriteContext, kind: Annotated[FollowedKind, Form()], key: TextField) -> Response:
    """Follow something, and return to its page."""
    following.follow_subject(context.session, context.actor, kind, key)
    return context.redirect(_build_address(context, kind, key, "followed"))


@router.post("/letters/unfollow")
def unfollow_subject(context: WriteContext, kind: Annotated[FollowedKind, Form()], key: TextField) -> Response:
    """Stop following something, and return to its page, or to the list if it cannot be seen any more."""
    following.unfollow_subject(context.session, context.actor, kind, key)
    return context.redirect(_build_address(context, kind, key, "unfollowed"))


def _build_address(context: WriteContext, kind: FollowedKind, key: str, done: str) -> str:
    """Return the address of the page of what is followed, with a message."""
    named = name_subjects(context.session, context.actor, [(kind, key)]).get((kind, key))
    page = named[2] if named and kind is not FollowedKind.STATE else LIST_PATH
    path, _mark, place = page.partition("#")
    return f"{path}?done={done}" + (f"#{place}" if place else "")
