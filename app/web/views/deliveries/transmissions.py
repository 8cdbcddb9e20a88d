"""A delivery by machine in words: what became of it, and why an attempt failed."""

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.transmissions.rules import TransmissionProblem

PROBLEM_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        TransmissionProblem.NO_COURIER: _("The service that carries texts to organizations did not answer."),
        TransmissionProblem.BAD_ADDRESS: _("The address of the inbox cannot be used."),
        TransmissionProblem.NO_SUCH_HOST: _("The host of the inbox was not found."),
        TransmissionProblem.PRIVATE_ADDRESS: _("The host of the inbox has an address that is not public."),
        TransmissionProblem.NO_CONNECTION: _("The inbox could not be reached."),
        TransmissionProblem.CERTIFICATE: _("The certificate of the inbox is not valid."),
        TransmissionProblem.TOO_SLOW: _("The inbox did not answer in time."),
        TransmissionProblem.ANSWER_TOO_LARGE: _("The answer of the inbox was too large."),
        TransmissionProblem.NO_HTTP: _("The answer of the inbox could not be read."),
        TransmissionProblem.NO_INBOX: _("The organization has no inbox in force."),
        TransmissionProblem.LETTER_TOO_LARGE: _("The files are too large to be sent by machine."),
        TransmissionProblem.REDIRECT: _("The inbox led to another address, which is not followed."),
        TransmissionProblem.REFUSED: _("The inbox refused the text."),
        TransmissionProblem.REFUSED_NOW: _("The inbox did not accept the text at that time."),
        TransmissionProblem.NO_ACKNOWLEDGMENT: _("The answer of the inbox was no valid acknowledgment."),
    }
)
