"""Who may see the state of the house: those who would call whoever operates it."""

from app.core.access import Permission
from app.core.i18n import say
from app.domain.bodies.rules import is_any_secretary

SEE = Permission("house:see", say("See the state of the house"), is_any_secretary)
