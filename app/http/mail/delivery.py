"""The e-mail by which a released text, or that it was withdrawn, reaches the mailbox of an organization."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address

from app.core import clock
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.mail.message import MailAttachment, build_message, parse_mail_address
from app.domain.addressees.models import OutputAddressee
from app.domain.bodies.models import Body
from app.domain.deliveries.models import Delivery
from app.domain.outputs.models import Output
from app.domain.releases.actions.copy import slug_of_symbol
from app.http.labels import KIND_LABELS, REQUESTED_ACT_LABELS
from app.http.localization import Localizer
from app.http.mail.rendering import MailContext
from app.http.titles import localize_title

RECEIPT_NAME = "receipt.json"


@dataclass(frozen=True, slots=True)
class DeliveryMessage:
    """What an e-mail says of a delivery: the output and its body, what is asked of the organization, and what is
    attached."""

    delivery: Delivery
    output: Output
    body: Body
    addressee: OutputAddressee | None
    attachments: Sequence[MailAttachment] = ()

    @property
    def is_withdrawal(self) -> bool:
        """Whether the text that was sent is withdrawn."""
        return self.delivery.called_back_at is not None


def render_delivery(message: DeliveryMessage, recipient: Address, mail: MailContext) -> bytes:
    """Render the e-mail in the original language of the text."""
    output = message.output
    formats = Localizer(output.original, "UTC")
    values = {"group": message.body.prefix, "symbol": output.symbol or "", "title": _get_title(output)}
    subject = _("%(symbol)s was withdrawn", **values) if message.is_withdrawal else _("%(symbol)s: %(title)s", **values)
    paragraphs = _list_paragraphs(message, formats, mail, values)
    text = "\n\n".join(part if isinstance(part, str) else formats.translate_text(part) for part in paragraphs)
    what = "withdrawn" if message.is_withdrawal else "sent"
    return build_message(
        parse_mail_address(mail.sender, formats.translate_text(_("%(group)s portal", **values))),
        recipient,
        formats.translate_text(subject),
        f"{text}\n",
        message_id=f"{message.delivery.id}.{what}@{mail.host_name}",
        sent_at=clock.now(),
        extra_headers={"Auto-Submitted": "auto-generated", "Content-Language": output.original},
        attachments=message.attachments,
    )


def _get_title(output: Output) -> str:
    return localize_title(output.titles, output.original, output.original)[0]


def _list_paragraphs(
    message: DeliveryMessage, formats: Localizer, mail: MailContext, values: dict[str, str]
) -> list[LazyText | str]:
    """List the paragraphs of the text."""
    output = message.output
    if message.is_withdrawal:
        return [
            _("The group %(group)s has withdrawn the text %(symbol)s, which was sent to you: %(title)s", **values),
            _("Please do not use it any longer."),
        ]
    kind = formats.translate_text(KIND_LABELS[output.kind])
    paragraphs: list[LazyText | str] = [
        _("The group %(group)s sends you the attached text: %(title)s", **values),
        _("%(kind)s %(symbol)s", kind=kind, **values),
    ]
    if asked := message.addressee:
        paragraphs.append(REQUESTED_ACT_LABELS[asked.wants])
        if asked.reply_by:
            paragraphs.append(_("Reply requested by: %(day)s", day=formats.format_day(asked.reply_by)))
    paragraphs.append(
        _("Send your reply to the secretariat of the group, and name the symbol %(symbol)s in it.", **values)
    )
    if output.for_addressees_only:
        paragraphs.append(_("This text is for its recipients only. It is not published."))
    else:
        paragraphs.append(f"{mail.read_url}/outputs/{slug_of_symbol(output.symbol or '')}")
    paragraphs.append(
        _(
            "The file %(name)s is signed. It names each file of the text by its digest. To check it: %(address)s",
            name=RECEIPT_NAME,
            address=f"{mail.read_url}/verify",
        )
    )
    return paragraphs
