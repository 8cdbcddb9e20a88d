"""How long random sequences of a state machine are, and how many: a third by default, all where `CWG_TEST_WORLDS` is
set (`make test-all`). Each run draws others."""

import os

from hypothesis import HealthCheck, settings


def machine_settings(*, examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples if "CWG_TEST_WORLDS" in os.environ else examples // 3,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
