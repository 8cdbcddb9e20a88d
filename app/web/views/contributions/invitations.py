"""Co-sponsors on the pages of a draft: the answers of the invited States, and the States that can still be invited."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain import member_states
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import list_member_states
from app.domain.contributions.models import Contribution, Cosponsor
from app.domain.contributions.queries import submissions
from app.domain.member_states import EntityName
from app.http.labels import join_texts

COSPONSOR_TAGS: Mapping[bool | None, tuple[str, LazyText]] = MappingProxyType(
    {
        None: ("none", _("Awaiting response")),
        True: ("good", _("Co-sponsor")),
        False: ("warn", _("Declined to co-sponsor")),
    }
)
"""Tag of the answer of an invited State."""
SEPARATORS: Final = re.compile(r"[,;\n،؛、，；]")
"""What separates the names of States that are typed into one field; no name contains one of them."""
MAX_NAMED: Final = 5
"""States that an error names as those that somebody may mean; beyond that, the words mean none."""


@dataclass(frozen=True, slots=True)
class CosponsorAnswer:
    """A State that was invited to sign, and its answer."""

    code: str
    name: LazyText
    tag: tuple[str, LazyText]
    at: datetime | None
    has_declined: bool


@dataclass(frozen=True, slots=True)
class TypedStates:
    """States as somebody typed them: the words, their codes, and what is wrong with the words."""

    words: str
    codes: Sequence[str] = ()
    error: LazyText | None = None


def build_cosponsor_answer(cosponsor: Cosponsor) -> CosponsorAnswer:
    """Build the line that the pages show of a co-sponsor."""
    tag, name = COSPONSOR_TAGS[cosponsor.signs], EntityName(cosponsor.entity)
    return CosponsorAnswer(cosponsor.entity, name, tag, cosponsor.answered_at, cosponsor.signs is False)


def list_states_to_invite(session: ReadSession, body: Body, contribution: Contribution) -> list[str]:
    """List the States that the body admits and that are not invited yet."""
    cosponsors = submissions.list_cosponsors(session, contribution)
    invited = {contribution.entity} | {cosponsor.entity for cosponsor in cosponsors if cosponsor.signs is not False}
    return [row.code for row in list_member_states(session) if row.category in body.admits and row.code not in invited]


def read_typed_states(words: str, allowed: Collection[str], language: str) -> TypedStates:
    """Read the States that were typed, separated by commas or semicolons; `allowed` are those that can be invited."""
    names = [name.strip() for name in SEPARATORS.split(words) if name.strip()]
    found = {name: member_states.find_states(name, language) for name in names}
    if unknown := [name for name, codes in found.items() if not codes or len(codes) > MAX_NAMED]:
        error = _("No Member State has this name or code: %(words)s.", words=", ".join(unknown))
        return TypedStates(words, error=error)
    for name, codes in found.items():
        if len(codes) > 1:
            error = _(
                "“%(words)s” can be several States: %(states)s. Enter the full name.",
                words=name,
                states=join_texts([EntityName(code) for code in codes]),
            )
            return TypedStates(words, error=error)
    chosen = list(dict.fromkeys(codes[0] for codes in found.values()))
    if refused := [code for code in chosen if code not in allowed]:
        error = _(
            "Already invited, or not possible to invite: %(states)s.",
            states=join_texts([EntityName(code) for code in refused]),
        )
        return TypedStates(words, error=error)
    return TypedStates(words, chosen)
