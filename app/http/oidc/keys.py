"""The provider's public keys: which key may have made a signature, and when the keys are fetched again."""

from collections.abc import Mapping
from types import MappingProxyType

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from app.http.oidc.cache import CachedFetch
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.strict_json import JSONObject

ProviderPublicKey = RSAKey | ECKey | OKPKey
KEY_CLASSES: Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = MappingProxyType(
    {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
)
KEY_TYPE_OF_ALGORITHM = MappingProxyType({"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"})
# Each ECDSA or EdDSA algorithm is bound to one curve (RFC 7518, 3.4; RFC 8037).
ALGORITHM_CURVES = MappingProxyType(
    {"ES256": {"P-256"}, "ES384": {"P-384"}, "ES512": {"P-521"}, "EdDSA": {"Ed25519"}, "Ed25519": {"Ed25519"}}
)
MIN_RSA_KEY_BITS = 2048
MAX_KEYS = 100


def parse_jwk_set(jwk_set: JSONObject) -> tuple[ProviderPublicKey, ...]:
    """Return the usable keys of a JWK set (RFC 7517, 5); keys of unknown type and symmetric keys are skipped.

    Raises OidcVerificationError if it is no JWK set or has more than `MAX_KEYS` keys.
    """
    entries = jwk_set.get("keys")
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise OidcVerificationError("jwks")
    return tuple(key for entry in entries if (key := _import_key(entry)) is not None)


def _import_key(entry: object) -> ProviderPublicKey | None:
    """Import one JWK; None if its type is unknown or it is malformed."""
    if not isinstance(entry, dict) or (key_class := KEY_CLASSES.get(str(entry.get("kty")))) is None:
        return None
    try:
        return key_class.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _matches(key: ProviderPublicKey, kid: str | None, algorithm: str) -> bool:
    """Tell whether a key has this key id, and type, use and curve of this algorithm (RFC 7517, 4; NIST minimum for
    RSA)."""
    if kid is not None and key.get("kid") != kid:
        return False
    if KEY_CLASSES.get(KEY_TYPE_OF_ALGORITHM.get(algorithm[:2], "")) is not type(key):
        return False
    if key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return False
    if isinstance(key, RSAKey):
        return key.public_key.key_size >= MIN_RSA_KEY_BITS
    return key.get("crv") in ALGORITHM_CURVES.get(algorithm, set())


class ProviderKeys:
    """The keys at the `jwks_uri` of the pinned issuer; no token header can add to them."""

    def __init__(self, cached_keys: CachedFetch[tuple[ProviderPublicKey, ...]]) -> None:
        self.cached_keys = cached_keys

    async def find_key(self, kid: str | None, algorithm: str) -> ProviderPublicKey:
        """Find the one key with this key id for this algorithm; unknown ids refetch the keys at most once per
        cool-down.

        Raises OidcVerificationError if there is none or more than one, Unavailable if the keys cannot be fetched.
        """
        for fresh in (False, True):
            matching = [key for key in await self.cached_keys.get(fresh=fresh) if _matches(key, kid, algorithm)]
            if len(matching) == 1:
                return matching[0]
        raise OidcVerificationError("key")

    async def find_replacement(self, kid: str | None, algorithm: str) -> ProviderPublicKey | None:
        """Find the key that has this key id once the keys were fetched again; None if there is none, or more than one.

        A provider that was set up again may give a new key an old id. The keys are fetched at most once per cool-down,
        so the key may be the one that was known. Raises Unavailable if there are none.
        """
        known = await self.cached_keys.get(fresh=True)
        matching = [each for each in known if _matches(each, kid, algorithm)]
        return matching[0] if len(matching) == 1 else None
