"""The e-mail by which the secretariat of a group asks an organization for its report, as it was shown and recorded."""

from email.headerregistry import Address

from app.core import clock
from app.core.i18n import lazy_gettext as _
from app.core.mail.message import build_message, parse_mail_address
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.reporting_duties.models import ReportRequest
from app.http.localization import Localizer
from app.http.mail.rendering import MailContext


def render_report_request(
    request: ReportRequest, body: Body, author: Person, recipient: Address, mail: MailContext
) -> bytes:
    """Render the e-mail; replies to it go to the secretary who asked."""
    formats = Localizer(request.language, "UTC")
    reply_to = {"Reply-To": author.email} if author.email else {}
    return build_message(
        parse_mail_address(mail.sender, formats.translate_text(_("%(group)s portal", group=body.prefix))),
        recipient,
        request.subject,
        f"{request.text}\n",
        message_id=f"{request.id}@{mail.host_name}",
        sent_at=clock.now(),
        extra_headers={"Content-Language": request.language} | reply_to,
    )
