"""The provider's public keys: which key may have made a signature, and when the keys are fetched again."""

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
# Each ECDSA or EdDSA algorithm is bound to one curve (RFC 7518, 3.4; RFC 8037).
CURVES = MappingProxyType(
    {"ES256": {"P-256"}, "ES384": {"P-384"}, "ES512": {"P-521"}, "EdDSA": {"Ed25519"}, "Ed25519": {"Ed25519"}}
)
SMALLEST_RSA_KEY = 2048
KEYS_AT_MOST = 100


def read_keys(found: JSONObject) -> tuple[PublicKey, ...]:
    """Return the usable keys of a JWK set (RFC 7517, 5); keys of unknown type and symmetric keys are skipped.

    Raises OidcVerificationError if it is no JWK set or has more than `MAX_KEYS` keys.
    """
    entries = found.get("keys")
    if not isinstance(entries, list) or len(entries) > KEYS_AT_MOST:
        raise Untrusted("jwks")
    return tuple(key for entry in entries if (key := _import_key(entry)) is not None)


def _import_key(entry: object) -> PublicKey | None:
    """Import one JWK; None if its type is unknown or it is malformed."""
    if not isinstance(entry, dict) or (key_class := KINDS.get(str(entry.get("kty")))) is None:
        return None
    try:
        return key_class.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _matches(key: PublicKey, kid: str | None, algorithm: str) -> bool:
    """Tell whether a key has this key id, and type, use and curve of this algorithm (RFC 7517, 4; NIST minimum for
    RSA)."""
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
    """The keys at the `jwks_uri` of the pinned issuer; no token header can add to them."""

    def __init__(self, remembered: Remembered[tuple[PublicKey, ...]]) -> None:
        self.remembered = remembered

    async def find(self, kid: str | None, algorithm: str) -> PublicKey:
        """Find the one key with this key id for this algorithm; unknown ids refetch the keys at most once per
        cool-down.

        Raises OidcVerificationError if there is none or more than one, Unavailable if the keys cannot be fetched.
        """
        for fresh in (False, True):
            matching = [key for key in await self.remembered.get(fresh=fresh) if _matches(key, kid, algorithm)]
            if len(matching) == 1:
                return matching[0]
        raise Untrusted("key")
