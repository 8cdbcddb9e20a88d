"""Who reaches the pages of translations that are due."""

from app.core.errors import NotFound
from app.domain.bodies.models import Office
from app.http.page_context import ReadContext


def require_secretary(context: ReadContext) -> None:
    """Raises NotFound for anybody but a secretary, before anything of the request is judged; the verbs check each
    translation."""
    if not context.actor.bodies_with_role(Office.SECRETARY):
        raise NotFound()
