"""What narrows the list of the liaison statements that were sent."""

from typing import Literal

from app.core.validation import FilterWords, InputModel, OneLine


class SentStatementFilter(InputModel):
    """What narrows the list of the liaison statements that were sent. `body` is the code of the body that sent them,
    `party` that of an organization or a body to which they are addressed."""

    words: FilterWords | None = None
    show: Literal["waiting", "overdue"] | None = None
    body: OneLine | None = None
    party: OneLine | None = None
    mandate: OneLine | None = None
    action_line: OneLine | None = None
