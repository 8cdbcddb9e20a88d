"""The message by which the secretariat asks an organization for its report, from a template in the language chosen.

It repeats nothing that anybody typed except names of the registers.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.organizations.models import Organization
from app.domain.reporting_duties.inputs import RequestMessage
from app.domain.reporting_duties.models import RequestEmailStatus
from app.domain.reporting_duties.queries import DutyReport
from app.domain.reporting_duties.rules import count_days_overdue
from app.http.authentication import EntityName
from app.http.localization import Localizer
from app.web.views.mandates.words import CitedText

EMAIL_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        RequestEmailStatus.WAITING: ("info", _("To be sent")),
        RequestEmailStatus.SENT: ("good", _("Sent")),
        RequestEmailStatus.REFUSED: ("bad", _("Refused by the mail server")),
        RequestEmailStatus.EXPIRED: ("bad", _("Not sent")),
        RequestEmailStatus.RESTORED: ("none", _("Not known whether it was sent")),
    }
)
"""What became of the e-mail of a request, with the kind of the tag."""


def build_request_message(
    found: DutyReport,
    body: Body,
    organization: Organization,
    clause: CitedText | None,
    author: Person,
    today: date,
    formats: Localizer,
) -> RequestMessage:
    """Build the message in the language of `formats`."""
    text = formats.translate_text
    values: dict[str, object] = {
        "organization": EntityName(organization.code, {"otherwise": organization.code}),
        "group": body.prefix,
        "clause": clause.name if clause else found.duty.clause,
        "day": formats.format_day(found.report.due_on, weekday=False),
        "name": author.name,
        "address": author.email,
    }
    is_overdue = count_days_overdue(found.report, today) > 0
    paragraphs: list[LazyText] = [
        _("To: %(organization)s", **values),
        _(
            "%(organization)s reports to %(group)s, a group of the International Telecommunication Union (%(clause)s).",
            **values,
        ),
        _("The report was due on %(day)s. It has not been received yet.", **values)
        if is_overdue
        else _("The next report is due on %(day)s.", **values),
        _(
            "Please send the report as a liaison statement to the secretariat of the group. If there will be no"
            " report, please tell us, with the reason.",
            **values,
        ),
        _("If you have already sent the report, please disregard this message.", **values),
        _("Secretariat of %(group)s\n%(name)s\n%(address)s", **values),
    ]
    return RequestMessage(
        language=formats.language,
        subject=text(_("%(group)s: report due on %(day)s", **values)),
        text="\n\n".join(map(text, paragraphs)),
        address=organization.address,
    )
