"""Pages of sign-ins that came to nothing: why, what to do, whom to ask, and one button that begins again.

The callback redirects to them, so that neither the code nor the state of the provider stays in the address. What a page
says of this one sign-in waits in an encrypted cookie for some minutes; without it the page says the rest.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.core.errors import DomainError, Unavailable
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.identity.models.claims import CLAIM_FAULT_REASONS, ClaimFault, UnusableClaims
from app.http.error_pages import RETRY_AFTER_SECONDS, SIGN_IN_PATH
from app.http.oidc.errors import ProviderFault, ProviderUnavailable, SignInCancelled, SignInExpired
from app.http.oidc.flow import SignInAttempt
from app.http.oidc.strict_json import JSONObject
from app.http.recent_sign_in import AFTER_SIGN_IN_PATH
from app.http.server_state import ServerState

REFUSAL_LIFETIME = timedelta(minutes=10)
ACCOUNT_FIELD, ANOTHER_ACCOUNT = "account", "another"
"""Field and value of a query that begins a sign-in at which the provider asks for another account."""
NOTHING_DONE = _("You did not sign in, and nothing was changed.")


class SignInRefusal(StrEnum):
    """Why a sign-in came to nothing; the last part of the address of its page."""

    CANCELLED = "cancelled"
    EXPIRED = "expired"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"


REFUSALS_BY_ERROR: Mapping[type[DomainError], SignInRefusal] = MappingProxyType(
    {
        SignInCancelled: SignInRefusal.CANCELLED,
        SignInExpired: SignInRefusal.EXPIRED,
        UnusableClaims: SignInRefusal.INCOMPLETE,
        ProviderFault: SignInRefusal.UNAVAILABLE,
        ProviderUnavailable: SignInRefusal.UNAVAILABLE,
        Unavailable: SignInRefusal.BUSY,  # after those of the provider: it is their base
    }
)


@dataclass(frozen=True, slots=True)
class RefusalExplanation:
    """The texts of one page, and its status: 401, no one is signed in; 403, the account may not; 503, ask later."""

    status: int
    title: LazyText
    happened: LazyText
    reason: LazyText
    can: LazyText


EXPLANATIONS: Mapping[SignInRefusal, RefusalExplanation] = MappingProxyType(
    {
        SignInRefusal.CANCELLED: RefusalExplanation(
            401,
            _("The sign-in was cancelled"),
            NOTHING_DONE,
            _("The sign-in was cancelled in the sign-in service, or the service did not grant you access."),
            _(
                "Start again when you want to sign in. If the service did not grant you access, contact the "
                "administrator of that service."
            ),
        ),
        SignInRefusal.EXPIRED: RefusalExplanation(
            401,
            _("This sign-in is no longer valid"),
            NOTHING_DONE,
            _(
                "This sign-in was already used, took longer than ten minutes, was started in another browser, or "
                "ended at the sign-in service. You also cannot sign in if your browser does not accept cookies from "
                "this site."
            ),
            _("Start again, and finish in the same browser. If the problem occurs again, inform the secretariat."),
        ),
        SignInRefusal.INCOMPLETE: RefusalExplanation(
            403,
            _("Your account cannot be used here yet"),
            _(
                "The sign-in service recognizes you, but the information in your account is not sufficient to "
                "sign you in to this portal."
            ),
            _("Information that the portal needs is missing or incorrect in your account at the sign-in service."),
            _("Show this page to the administrator of the sign-in service of your organization. Then start again."),
        ),
        SignInRefusal.REFUSED: RefusalExplanation(
            401,
            _("You could not be signed in"),
            NOTHING_DONE,
            _("The response from the sign-in service failed our security checks."),
            _(
                "Start again. If the problem occurs again, inform the secretariat and give the time: the "
                "technical log contains the cause."
            ),
        ),
        SignInRefusal.UNAVAILABLE: RefusalExplanation(
            503,
            _("Signing in is not possible at the moment"),
            NOTHING_DONE,
            _("The sign-in service is not responding or reports an error."),
            _(
                "Try again in a few minutes. If you are already signed in, you can continue. If the problem "
                "persists, inform the secretariat."
            ),
        ),
        SignInRefusal.BUSY: RefusalExplanation(
            503,
            _("Signing in is not possible at the moment"),
            NOTHING_DONE,
            _(
                "The sign-in service recognizes you, but this site is overloaded at the moment or its database "
                "is not available."
            ),
            _("Try again in a few minutes."),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class RefusedSignIn:
    """What the page says of one refused sign-in. `begin_path` begins again; empty: in the tab that it was begun from.

    `fault` and `claim_names` are what is wrong with the account.
    """

    refusal: SignInRefusal
    begin_path: str = SIGN_IN_PATH
    fault: ClaimFault | None = None
    claim_names: tuple[str, ...] = ()

    @classmethod
    def from_error(cls, error: DomainError, attempt: SignInAttempt | None) -> Self:
        """Return what is said of a sign-in that ended with this error."""
        refusal = next(
            (refusal for kind, refusal in REFUSALS_BY_ERROR.items() if isinstance(error, kind)), SignInRefusal.REFUSED
        )
        if isinstance(error, UnusableClaims):
            return cls(refusal, find_begin_path(attempt), error.fault, error.claim_names)
        return cls(refusal, find_begin_path(attempt))

    @classmethod
    def from_cookie(cls, content: JSONObject) -> Self:
        """Read the content of the cookie, which only we can have sealed."""
        names = content["claim_names"]
        return cls(
            SignInRefusal(str(content["refusal"])),
            str(content["begin_path"]),
            ClaimFault(str(content["fault"])) if content["fault"] else None,
            tuple(str(name) for name in names) if isinstance(names, list) else (),
        )

    @property
    def reason(self) -> LazyText:
        """Why it was refused; the claims that are wrong are named."""
        if self.fault is None:
            return EXPLANATIONS[self.refusal].reason
        return _(CLAIM_FAULT_REASONS[self.fault].message, claims=", ".join(self.claim_names))

    @property
    def advice(self) -> LazyText:
        """What the person can do. Who signed in again for an act goes back to its page, or to the tab of its form."""
        if not self.begin_path:
            return _("Close this tab and return to the tab that you came from. The text you entered is still there.")
        if not self.begin_path.startswith(SIGN_IN_PATH):
            return _("Return to the page that you wanted to open, and sign in when you want to continue.")
        return EXPLANATIONS[self.refusal].can

    @property
    def another_account_path(self) -> str:
        """Where a sign-in with another account begins; empty where the account is not what is wrong.

        A provider at which the person is signed in would otherwise send the same account again, and never ask.
        """
        if self.refusal is not SignInRefusal.INCOMPLETE or not self.begin_path.startswith(SIGN_IN_PATH):
            return ""
        return f"{self.begin_path}{'&' if '?' in self.begin_path else '?'}{ACCOUNT_FIELD}={ANOTHER_ACCOUNT}"


def find_begin_path(attempt: SignInAttempt | None) -> str:
    """Find where this sign-in begins again: for an act, at the page of the act, which asks for a recent sign-in."""
    if attempt is None:
        return SIGN_IN_PATH
    if attempt.next_path == AFTER_SIGN_IN_PATH:
        return ""
    if attempt.max_age is not None:
        return attempt.next_path
    return f"{SIGN_IN_PATH}?next={quote(attempt.next_path, safe='/')}"


def redirect_to_refusal(state: ServerState, refused: RefusedSignIn) -> Response:
    """Redirect to the page of a refused sign-in, with what it says in the cookie."""
    response = RedirectResponse(f"{SIGN_IN_PATH}/refused/{refused.refusal}", 303)
    sealed = state.sign_in_sealers.refusals.seal(asdict(refused), REFUSAL_LIFETIME)
    response.set_cookie(
        state.cookie_name(state.refusal_cookie),
        sealed,
        max_age=int(REFUSAL_LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=state.is_secure,
    )
    return response


def show_refusal(state: ServerState, request: Request, refusal: SignInRefusal) -> Response:
    """Show the page of a refusal, with what the cookie says of the sign-in, if it was refused for this."""
    content = state.sign_in_sealers.refusals.unseal(request.cookies.get(state.cookie_name(state.refusal_cookie), ""))
    refused = RefusedSignIn.from_cookie(content) if content else None
    return render_refusal(state, request, refused if refused and refused.refusal == refusal else RefusedSignIn(refusal))


def render_refusal(state: ServerState, request: Request, refused: RefusedSignIn) -> Response:
    """Render the page of a refused sign-in."""
    explanation = EXPLANATIONS[refused.refusal]
    response = state.templates.render_response(
        request,
        "sign_in_refused.html",
        status=explanation.status,
        explanation=explanation,
        reason=refused.reason,
        advice=refused.advice,
        begin=refused.begin_path,
        another_account=refused.another_account_path,
        is_sign_in=refused.begin_path.startswith(SIGN_IN_PATH),
    )
    if explanation.status == Unavailable.status:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response
