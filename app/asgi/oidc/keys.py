"""The provider's public keys: which of them may have made a signature, and when to look for new ones."""

from collections.abc import Mapping
from types import MappingProxyType

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from app.asgi.oidc.notation import JSONObject
from app.asgi.oidc.refusal import Untrusted
from app.asgi.oidc.remembered import Remembered

PublicKey = RSAKey | ECKey | OKPKey
KINDS: Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = MappingProxyType(
    {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
)
KIND_OF_ALGORITHM = MappingProxyType({"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"})
# A signature by one curve only fits one algorithm (RFC 7518, 3.4; RFC 8037).
CURVES = MappingProxyType(
    {"ES256": {"P-256"}, "ES384": {"P-384"}, "ES512": {"P-521"}, "EdDSA": {"Ed25519"}, "Ed25519": {"Ed25519"}}
)
SMALLEST_RSA_KEY = 2048
KEYS_AT_MOST = 100


def read_keys(found: JSONObject) -> tuple[PublicKey, ...]:
    """The usable keys of a JWK set (RFC 7517, 5); kinds we do not know, and shared secrets, are passed over."""
    listed = found.get("keys")
    if not isinstance(listed, list) or len(listed) > KEYS_AT_MOST:
        raise Untrusted("jwks")
    return tuple(key for entry in listed if (key := _read_key(entry)) is not None)


def _read_key(entry: object) -> PublicKey | None:
    if not isinstance(entry, dict) or (kind := KINDS.get(str(entry.get("kty")))) is None:
        return None
    try:
        return kind.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _fits(key: PublicKey, kid: str | None, algorithm: str) -> bool:
    if kid is not None and key.get("kid") != kid:
        return False
    if KINDS.get(KIND_OF_ALGORITHM.get(algorithm[:2], "")) is not type(key):
        return False
    if key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return False
    if isinstance(key, RSAKey):
        return key.public_key.key_size >= SMALLEST_RSA_KEY
    return key.get("crv") in CURVES.get(algorithm, set())


class Keys:
    """The keys at the one address that the pinned issuer's discovery document gives; no header can add to them."""

    def __init__(self, remembered: Remembered[tuple[PublicKey, ...]]) -> None:
        self.remembered = remembered

    async def find(self, kid: str | None, algorithm: str) -> PublicKey:
        """The one key of that name for that algorithm; keys are looked for anew at most once in a cool-down.

        Raises Untrusted if there is none or more than one, Unavailable if the keys cannot be had.
        """
        for fresh in (False, True):
            fitting = [key for key in await self.remembered.get(fresh=fresh) if _fits(key, kid, algorithm)]
            if len(fitting) == 1:
                return fitting[0]
        raise Untrusted("key")
