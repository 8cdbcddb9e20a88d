"""Encrypted, authenticated cookies: the read path stores nothing about its readers, so their browsers carry the state.

AES-256-GCM under keys derived from one secret (HKDF-SHA-256, RFC 5869), one key for each purpose.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.responses import Response

from app.core.clock import now
from app.core.hashing import hash_secret
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.flow import SignInAttempt
from app.http.oidc.strict_json import JSONObject, decode_base64url, encode_base64url

NONCE_BYTES = 12
# The size of a cookie that every browser must accept (RFC 6265, 6.1).
MAX_COOKIE_BYTES = 4096
MAX_ATTEMPTS = 5
MIN_SECRET_LENGTH = 32


class TokenSealer:
    """Encrypts and authenticates small objects for one purpose; tokens of another purpose or secret cannot be
    opened."""

    def __init__(self, secret: str, purpose: str) -> None:
        """Derive the key. Raises ValueError for a secret under `MIN_SECRET_LENGTH` characters."""
        if len(secret) < MIN_SECRET_LENGTH:
            raise ValueError("a sealing secret has 32 characters or more")
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
        self._cipher = AESGCM(derived)
        self._purpose = purpose.encode()

    def seal(self, content: Mapping[str, object], lifetime: timedelta) -> str:
        """Encrypt an object as a token valid for `lifetime`. Raises ValueError if it would not fit into a cookie."""
        until = float(int((now() + lifetime).timestamp()))  # whole seconds: the length does not differ between readers
        plain = json.dumps({"until": until, "content": dict(content)}, ensure_ascii=False).encode()
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = encode_base64url(nonce + self._cipher.encrypt(nonce, plain, self._purpose))
        if len(sealed) > MAX_COOKIE_BYTES:
            raise ValueError("too large for a cookie")
        return sealed

    def unseal(self, sealed: str) -> JSONObject | None:
        """Decrypt a token; None if it was not made by us for this purpose, was altered, or has expired."""
        opened = self.unseal_with_end(sealed)
        return opened[0] if opened else None

    def unseal_with_end(self, sealed: str) -> tuple[JSONObject, float] | None:
        """Decrypt a token; return its content and when it expires, in POSIX seconds. None as in `unseal`."""
        if len(sealed) > MAX_COOKIE_BYTES:
            return None
        try:
            data = decode_base64url(sealed, "sealed")
            plain = self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], self._purpose)
        except (OidcVerificationError, InvalidTag, ValueError):
            return None
        envelope: JSONObject = json.loads(plain)  # sealed here: authentic, so that no strict parser need look at it
        until, content = envelope["until"], envelope["content"]
        if not isinstance(until, float) or now().timestamp() >= until or not isinstance(content, dict):
            return None
        return content, until


class ReplayGuard:
    """Identifiers that were used in this process and may not be used again. Other processes do not know them."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._lock = Lock()

    def use(self, identifier: str, until: datetime) -> bool:
        """Mark an identifier as used; return whether this is the first use. Forgotten after `until`."""
        with self._lock:
            instant = now()
            self._until = {known: end for known, end in self._until.items() if end > instant}
            if identifier in self._until:
                return False
            self._until[identifier] = until
            return True


class AttemptCookies:
    """An `AttemptStore` in the cookies of the browser, one cookie per attempt, so that two tabs do not interfere.

    Created for each request from its cookies; `apply_to(response)` then sets and deletes cookies. `replay_guard` is
    created once per process: with the provider's single-use code it stops a copied cookie from working twice. `secure`
    is off only on loopback without TLS, where both applications share their cookies: hence `name`.
    """

    def __init__(
        self,
        token_sealer: TokenSealer,
        replay_guard: ReplayGuard,
        cookies: Mapping[str, str],
        *,
        secure: bool,
        name: str = "sign-in",
    ) -> None:
        self.token_sealer = token_sealer
        self.replay_guard = replay_guard
        self.secure = secure
        self.prefix = f"__Host-{name}-" if secure else f"{name}-attempt-"
        self.request_cookies = {name: value for name, value in cookies.items() if name.startswith(self.prefix)}
        self.cookie_changes: dict[str, tuple[str, timedelta] | None] = {}

    def store_attempt(self, attempt: SignInAttempt) -> None:
        """Add a cookie for an attempt; beyond five, those that expire first are deleted."""
        attempts = {name: self._parse(value) for name, value in self.request_cookies.items()}
        oldest_first = sorted(
            self.request_cookies, key=lambda name: known.expires_at.timestamp() if (known := attempts[name]) else 0.0
        )
        for name in oldest_first[: max(0, len(oldest_first) - MAX_ATTEMPTS + 1)]:
            self.cookie_changes[name] = None
        content = asdict(attempt) | {"expires_at": attempt.expires_at.isoformat()}
        lifetime = attempt.expires_at - now()
        self.cookie_changes[self._cookie_name(attempt.state_digest)] = (
            self.token_sealer.seal(content, lifetime),
            lifetime,
        )

    def take_attempt(self, state: str) -> SignInAttempt | None:
        """Return the attempt of this state, once, and delete its cookie; None if there is none."""
        name = self._cookie_name(hash_secret(state))
        sealed = self.request_cookies.get(name)
        if sealed is None:
            return None
        self.cookie_changes[name] = None
        attempt = self._parse(sealed)
        if attempt is None or attempt.state_digest != hash_secret(state):
            return None
        return attempt if self.replay_guard.use(attempt.state_digest, attempt.expires_at) else None

    def apply_to(self, response: Response) -> None:
        """Set the cookies of stored attempts and delete those of taken ones on a response."""
        for name, change in self.cookie_changes.items():
            value, lifetime = change or ("", timedelta(0))
            response.set_cookie(
                name, value, int(lifetime.total_seconds()), path="/", secure=self.secure, httponly=True, samesite="lax"
            )

    def _cookie_name(self, state_digest: str) -> str:
        return self.prefix + state_digest[:16]

    def _parse(self, sealed: str) -> SignInAttempt | None:
        content = self.token_sealer.unseal(sealed)
        if content is None:
            return None
        return SignInAttempt(
            state_digest=str(content["state_digest"]),
            browser_digest=str(content["browser_digest"]),
            nonce=str(content["nonce"]),
            verifier=str(content["verifier"]),
            next_path=str(content["next_path"]),
            expires_at=datetime.fromisoformat(str(content["expires_at"])).astimezone(UTC),
            max_age=age if isinstance(age := content["max_age"], int) else None,
            acr=str(content.get("acr", "")),  # a process of the version before seals none
            statement=str(content.get("statement", "")),
        )
