"""What narrows the list of the liaison statements that were sent."""

from typing import Literal

from app.core.validation import FilterWords, InputModel, OneLine
from app.domain.bodies.inputs import BodyCode


class SentStatementFilter(InputModel):
    """What narrows the list of the liaison statements that were sent. `group` is the code of the body that sent them,
    `party` that of an organization or a body to which they are addressed."""

    words: FilterWords | None = None
    show: Literal["waiting", "overdue"] | None = None
    group: BodyCode | None = None
    party: OneLine | None = None
    mandate: OneLine | None = None
    action_line: OneLine | None = None
