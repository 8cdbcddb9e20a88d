"""Whoever is signed in: what changes something is believed only from a form of ours that was made for them."""

import re
from collections.abc import Callable
from uuid import uuid4

from app.http.authentication import SignedInFor
from app.http.csrf import SAFE_METHODS, create_form_token
from app.http.route_guards import AllowAnyone, list_guarded_routes
from tests.browser import Browser
from tests.conftest import SECRET
from tests.world import World

REFUSAL = "This form was not sent from a page made for you"


def addresses(browser: Browser) -> list[tuple[str, str]]:
    """Every address of the portal that changes something for somebody who is signed in."""
    return [
        (min(route.methods), re.sub(r"{\w+}", lambda _: str(uuid4()), route.path_format.replace("{edition}", "first")))
        for route, guard in list_guarded_routes(browser.client.app.app, AllowAnyone, SignedInFor)
        if isinstance(guard, SignedInFor) and set(route.methods) - SAFE_METHODS
    ]


def test_no_address_that_changes_something_believes_a_form_that_is_not_ours(
    world: World, browser: Callable[..., Browser]
) -> None:
    ines = browser("ines")
    theirs = create_form_token(SECRET, world.person("daniel").id)
    found = {}

    for method, path in addresses(ines):
        if path != "/sign-out":  # believed, it would end the session that the others need
            assert REFUSAL not in ines.send(method, path).text
        found[method, path] = tuple(
            REFUSAL in answer.text and answer.status_code
            for answer in (
                ines.send(method, path, {"token": ""}),
                ines.send(method, path, {"token": theirs}),
                ines.send(
                    method, path, headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
                ),
            )
        )

    assert len(found) > 30
    assert found == dict.fromkeys(found, (403, 403, 403))
