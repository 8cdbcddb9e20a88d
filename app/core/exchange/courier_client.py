"""The worker's side of the courier: hands it one request, and gets the answer of the address, or why there is none."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Final

import httpx2

from app.core.exchange.public_https import POST_SECONDS, PublicAnswer

ADDRESS_FIELD: Final = "Courier-Address"
CARRIED_FIELDS: Final = ("Content-Digest", "Liaison-Key", "Liaison-Signature")
"""Header fields of a request that are carried with its body; no others are."""
MAX_CARRIED_BYTES: Final = 32 * 1024 * 1024
WAIT_SECONDS: Final = 4 * POST_SECONDS
"""Seconds until the courier answers: it carries a few requests at once."""


class CarryingFailed(Exception):
    """There is no answer of the address; `problem` is a word that is stored."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def carry_request(courier: str, address: str, headers: Mapping[str, str], body: bytes) -> PublicAnswer:
    """Let the courier carry a request to an address. Raises CarryingFailed."""
    fields = {**headers, ADDRESS_FIELD: address, "Content-Type": "application/json"}
    try:
        with httpx2.Client(trust_env=False, timeout=WAIT_SECONDS) as client:
            answer = client.post(f"{courier}/carry", content=body, headers=fields)
            answer.raise_for_status()
            said = answer.json()
        if "problem" in said:
            raise CarryingFailed(str(said["problem"]))
        return PublicAnswer(int(said["status"]), b64decode(said["body"]))
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise CarryingFailed("no-courier") from error
