"""Who circulates a draft to the delegations, and who sees what was circulated."""

from app.core.access import Permission, all_of, any_of
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_chair, is_secretary
from app.domain.outputs.rules import is_complete, is_draft

SEE = Permission("version:see", say("See the circulated versions of a draft, and what States say of them"), has_seat)
CIRCULATE = Permission(
    "version:circulate",
    say("Circulate a draft of an output to the delegations, as its next version"),
    any_of(is_chair, is_secretary),
    all_of(is_draft, is_complete),
)
