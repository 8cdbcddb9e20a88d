"""How long random sequences of a state machine are, and how many."""

from hypothesis import HealthCheck, settings

from tests.sampling import count_examples


def machine_settings(*, examples: int, steps: int) -> settings:
    return settings(
        max_examples=count_examples(examples),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
