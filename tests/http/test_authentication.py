"""State-changing requests of a signed-in user are accepted only with a form token made for that user."""

import re
from collections.abc import Callable
from uuid import uuid4

from app.http.authentication import SignedInGuard
from app.http.csrf import SAFE_METHODS, create_form_token
from app.http.route_guards import AllowAnyone, list_routes_with_guard_or_none
from tests.browser import Browser
from tests.conftest import SECRET
from tests.sampling import CaseSampler
from tests.world import World

REFUSAL = "This form was not sent from a page generated for you"


def list_changing_routes(browser: Browser) -> list[tuple[str, str]]:
    """Return method and path of every route that changes something for a signed-in user."""
    return [
        (min(route.methods), re.sub(r"{\w+}", lambda _: str(uuid4()), route.path_format.replace("{edition}", "first")))
        for route, guard in list_routes_with_guard_or_none(browser.client.app.app, AllowAnyone, SignedInGuard)
        if isinstance(guard, SignedInGuard) and set(route.methods) - SAFE_METHODS
    ]


def test_no_changing_route_accepts_a_foreign_form(
    world: World, browser: Callable[..., Browser], case_sampler: CaseSampler
) -> None:
    ines = browser("ines")
    other_token = create_form_token(SECRET, world.person("daniel").id)
    statuses = {}

    for method, path in case_sampler.take(list_changing_routes(ines), one_of=6):
        if path != "/sign-out":  # an accepted form would end the session that the other requests need
            assert REFUSAL not in ines.send(method, path).text
        statuses[method, path] = tuple(
            REFUSAL in answer.text and answer.status_code
            for answer in (
                ines.send(method, path, {"token": ""}),
                ines.send(method, path, {"token": other_token}),
                ines.send(
                    method, path, headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
                ),
            )
        )

    assert len(statuses) > 30
    assert statuses == dict.fromkeys(statuses, (403, 403, 403))
