"""Why a release or a withdrawal failed, and what to do about it, in words."""

from collections.abc import Mapping

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.outputs.models import ReleaseFailure

RELEASE_FAILURE_TEXTS: Mapping[str, tuple[LazyText, LazyText]] = {
    ReleaseFailure.TEXT_MISMATCH: (
        _("The stored text is not the adopted text, or one of its files is missing. Nothing was released."),
        _("Ask the system administrator to restore the adopted files, then release the text again."),
    ),
    ReleaseFailure.STORE_UNREACHABLE: (
        _("The file storage or the database did not respond for a whole day. Nothing was released."),
        _("Ask the system administrator whether the system is working again, then release the text again."),
    ),
    ReleaseFailure.MANIFEST_TAMPERED: (
        _("The catalogue of released outputs does not match its signature, so nothing is added to it."),
        _("Ask the system administrator to find out who changed the catalogue, then release the text again."),
    ),
    ReleaseFailure.VIRUS_FOUND: (
        _("A virus was found in a file of the text after it was adopted. Nothing was released."),
        _("Ask the system administrator to examine the file. If the virus scanner was wrong, release the text again."),
    ),
    ReleaseFailure.APPROVAL_UNVERIFIED: (
        _("The sign-in for an approval could not be verified. Nothing was released."),
        _("Ask another person to approve the text or the translation, then release the text again."),
    ),
    ReleaseFailure.INTERNAL_ERROR: (
        _("A software error occurred and has been recorded. Nothing was released."),
        _("Ask the system administrator to correct the error, then release the text again."),
    ),
}
"""Why a release failed and what to do about it, by `Output.failed_because`."""
WITHDRAWAL_FAILURE_TEXTS: Mapping[str, tuple[LazyText, LazyText]] = {
    ReleaseFailure.TEXT_MISMATCH: (
        _(
            "The activity log does not show that two people, or one person alone, decided on the withdrawal. "
            "Nothing was withdrawn."
        ),
        _("Ask the system administrator to find out who made the change, then restart the withdrawal."),
    ),
    ReleaseFailure.MANIFEST_TAMPERED: (
        _("The catalogue of released outputs does not match its signature, so nothing can be withdrawn from it."),
        _("Ask the system administrator to find out who made the change, then restart the withdrawal."),
    ),
    ReleaseFailure.INTERNAL_ERROR: (
        _("A software error occurred and has been recorded. Nothing was withdrawn."),
        _("Ask the system administrator to correct the error, then restart the withdrawal."),
    ),
}
"""Why a withdrawal failed and what to do about it, by `Output.failed_because`."""
