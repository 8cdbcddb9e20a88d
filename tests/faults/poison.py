"""A job that always fails: it is set aside and reported, and what was queued behind it is done."""

from contextlib import suppress

import psycopg

from tests.faults.common_steps import Outcome, is_alive, jobs, owner_address, run_checker
from tests.faults.delegation import Delegation
from tests.faults.installation import Installation
from tests.waiting import wait_until

# As it is queued after a paper, with the lock that renderings wait for; there is no such file.
POISON = """
    INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, lock, args)
    VALUES ('default', 'render', 'rendering', jsonb_build_object('file', repeat('0', 64))) RETURNING id
"""


def failing_job(installation: Installation, delegation: Delegation, secretary: Delegation) -> Outcome:
    """Queue the failing job, then submit a paper."""
    at_jobs = "-c search_path=jobs"  # its triggers name no schema
    with psycopg.connect(owner_address(installation), connect_timeout=10, options=at_jobs) as connection:
        (number,) = connection.execute(POISON).fetchone() or (0,)
    delegation.hand_in_until_done("A paper behind a job that fails")
    wrong = []
    with suppress(TimeoutError):
        wait_until(lambda: not any(status in ("todo", "doing") for _, status, _ in jobs(installation)))
    if left := [(task, status) for task, status, _ in jobs(installation) if status in ("todo", "doing")]:
        wrong.append(f"4: behind a job that fails there wait {left}")
    if _status(installation, number) != "failed":
        wrong.append(f"the job that always fails is {_status(installation, number)}")
    if not is_alive(installation, "worker"):
        wrong.append("the worker died of a job that fails")
    if "A step that follows an action was not completed." not in secretary.send("GET", "/house").text:
        wrong.append("nobody is told of the job that failed")
    with psycopg.connect(owner_address(installation), connect_timeout=10, options=at_jobs) as connection:
        connection.execute("DELETE FROM jobs.procrastinate_jobs WHERE id = %s", [number])  # as an operator does
    return Outcome("a job that always fails", True, (*wrong, *run_checker(installation, delegation.notes.parent)))


def _status(installation: Installation, number: int) -> str:
    with psycopg.connect(owner_address(installation), connect_timeout=10) as connection:
        (status,) = connection.execute(
            "SELECT status::text FROM jobs.procrastinate_jobs WHERE id = %s", [number]
        ).fetchone() or ("gone",)
        return str(status)
