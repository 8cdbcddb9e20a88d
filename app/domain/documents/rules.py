"""Who may see and register documents."""

from app.core.access import Permission
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_secretary

SEE = Permission("document:see", say("See and download registered documents of the body"), has_seat)
REGISTER = Permission("document:register", say("Give a document its symbol"), is_secretary)
