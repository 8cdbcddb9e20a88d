"""Permission to see the health of the system: for secretaries, who would call the operator."""

from app.core.access import Permission
from app.core.i18n import say
from app.domain.bodies.rules import is_any_secretary

SEE = Permission("house:see", say("See the state of the house"), is_any_secretary)
