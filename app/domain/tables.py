"""All tables, for the migrations and their tests."""

from app.core import journal, row_digests
from app.core.db import Base
from app.domain.addressees import models as addressees
from app.domain.agendas import models as agendas
from app.domain.bodies import models as bodies
from app.domain.body_proposals import models as body_proposals
from app.domain.briefings import models as briefings
from app.domain.circulations import models as circulations
from app.domain.contributions import models as contributions
from app.domain.decisions import models as decisions
from app.domain.deliveries import models as deliveries
from app.domain.documents import models as documents
from app.domain.files import models as files
from app.domain.floor import models as floor
from app.domain.identity.models import tables as identity
from app.domain.invitation_letters import models as invitation_letters
from app.domain.invitations import models as invitations
from app.domain.ledger import models as ledger
from app.domain.liaisons import models as liaisons
from app.domain.mandates import models as mandates
from app.domain.meetings import models as meetings
from app.domain.messages import models as messages
from app.domain.monitoring import models as monitoring
from app.domain.notifications import models as notifications
from app.domain.organization_inboxes import models as organization_inboxes
from app.domain.organizations import models as organizations
from app.domain.outputs import models as outputs
from app.domain.participants import models as participants
from app.domain.preservation import models as preservation
from app.domain.questions import models as questions
from app.domain.receipts import models as receipts
from app.domain.releases import models as releases
from app.domain.reports import models as reports
from app.domain.search import models as search
from app.domain.silence import models as silence
from app.domain.topics import models as topics
from app.domain.translations import models as translations
from app.domain.transmissions import models as transmissions
from app.domain.uploads import models as uploads

METADATA = (Base.metadata, releases.ReleaseBase.metadata, preservation.RestoreHoldBase.metadata)
MODEL_MODULES = (
    journal,
    row_digests,
    ledger,
    preservation,
    identity,
    bodies,
    invitations,
    files,
    monitoring,
    uploads,
    organizations,
    topics,
    mandates,
    questions,
    documents,
    body_proposals,
    organization_inboxes,
    receipts,
    meetings,
    participants,
    invitation_letters,
    agendas,
    decisions,
    floor,
    search,
    contributions,
    briefings,
    reports,
    addressees,
    outputs,
    translations,
    circulations,
    silence,
    releases,
    deliveries,
    liaisons,
    transmissions,
    messages,
    notifications,
)
