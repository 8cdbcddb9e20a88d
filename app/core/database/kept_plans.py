"""Plans that a connection keeps for statements that take longer to plan than to execute.

PostgreSQL plans each statement of a page for its own values (`session_settings.PLANNER`), since one plan for all values
may read the whole archive. The large statements of a desk begin with keys, and have one best plan whatever their
values: planning all pending actions of a delegate takes 12.4 ms of processor, executing the statement 2.5 ms.

A plan whose columns a migration has changed is refused for as long as its connection lives: such a connection counts as
lost, and is replaced with all that were opened before.
"""

from typing import Any, Final, TypeVar

import psycopg
from sqlalchemy import Engine, Executable, event
from sqlalchemy.engine import ExceptionContext

from app.core.database.session_settings import PLAN_SETTING, PLANNER

KEEPS_PLAN: Final = "keeps_plan"
"""Key of the execution option of a statement whose plan is kept."""
BEFORE: Final = f"SET LOCAL {PLAN_SETTING} = force_generic_plan"
AFTER: Final = f"SET LOCAL {PLAN_SETTING} = {PLANNER[PLAN_SETTING]}"
PLAN_CHECK: Final = "RevalidateCachedQuery"
"""Function of PostgreSQL that refuses a plan: its SQLSTATE is that of anything not supported, its words are those of a
language."""

StatementT = TypeVar("StatementT", bound=Executable)


def keep_plan(statement: StatementT) -> StatementT:
    """Mark a statement: connections of pages keep its plan. Its plan may not depend on its values."""
    return statement.execution_options(**{KEEPS_PLAN: True})


def keep_marked_plans(engine: Engine) -> None:
    """Let the connections of an engine keep the plans of marked statements."""

    @event.listens_for(engine, "do_execute")
    def _execute(cursor: psycopg.Cursor[Any], statement: str, parameters: Any, context: Any) -> bool:
        """Execute a marked statement; return whether that was done. It is sent together with what sets how it and
        those after it are planned: the three are answered in one round trip."""
        if not context.execution_options.get(KEEPS_PLAN):
            return False
        with cursor.connection.pipeline():
            cursor.connection.execute(BEFORE, prepare=False)
            cursor.execute(statement, parameters, prepare=True)
            cursor.connection.execute(AFTER, prepare=False)
        return True


def replace_connections_with_outdated_plans(engine: Engine) -> None:
    """Let an engine count a connection as lost if a migration has changed the columns of a plan that it keeps."""

    @event.listens_for(engine, "handle_error")
    def _handle(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, psycopg.errors.FeatureNotSupported) and error.diag.source_function == PLAN_CHECK:
            context.is_disconnect = True
