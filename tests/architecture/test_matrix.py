"""The matrix of rights: every route of the portal x every member of the cast x every state of the thing.

Nothing here says who may do what. The expected answer is computed from the permission that the route declares, by the
same rules that make the table of rights; the test sends the request and compares the answer of the portal. The changes
of a request are undone at its end, so that one world serves all of them.

All cells are decided; not all are sent. At each route, `make test` sends one that is granted and one that is refused,
chosen by the seed of the run. `make test-thorough` sends one request at least for each answer, for each state of the
thing in which its page can be read, and for each row of answers that are due to the cast, once where it is granted and
once where it is refused; and a twentieth of the rest. `make test-all` sends all.

    not signed in        401
    a form, no seat      404, or 403 where the address names no thing: not read (`app.http.session_precheck`)
    may not see it       404, the same bytes as for something that does not exist
    may not do it        403 (not this person) or 409 (not now)
    may                  200, or 303 to where it can be seen
"""

import tomllib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import httpx2
import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import event, select

from app.core import clock
from app.core.db import (
    create_database_engine,
    read_session_factory,
    set_row_security_entity,
    transaction,
    write_session_factory,
)
from app.core.journal import JournalLine
from app.core.permissions import Actor, Permission
from app.core.storage import Store, open_store
from app.core.validation import ReasonInput
from app.domain.agendas.rules import agendas
from app.domain.audit_trail import rules as audit_trail
from app.domain.bodies import rules as bodies
from app.domain.bodies.models import Accreditation, Appointment, Body
from app.domain.bodies.queries.roster import find_people_in_charge
from app.domain.bodies.rules import AccreditationOrOffice, EntityInBody
from app.domain.body_proposals import actions as proposing
from app.domain.body_proposals import rules as body_proposals
from app.domain.body_proposals.inputs import FirstSecretary
from app.domain.briefings import rules as briefings
from app.domain.circulations import queries as circulations_now
from app.domain.circulations import rules as circulations
from app.domain.circulations.models import Comment
from app.domain.contributions.models import Contribution
from app.domain.contributions.rules import permissions as contributions
from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.deliveries import rules as delivering
from app.domain.deliveries.models import Delivery
from app.domain.documents import rules as documents
from app.domain.documents.models import Document, DocumentAccess, DocumentRelation, RelationKind
from app.domain.floor import queries as floors_now
from app.domain.floor import rules as floor
from app.domain.floor.actions import calling
from app.domain.floor.actions import session as sitting
from app.domain.identity import rules as identity
from app.domain.identity.actions.saved_filters import save_filter
from app.domain.identity.inputs import FilterableList, NewSavedFilter
from app.domain.identity.models.tables import SavedFilter, UserSession
from app.domain.invitation_letters import rules as invitation_letters
from app.domain.invitations.actions.inviting import invite_person
from app.domain.invitations.inputs import NewInvitation
from app.domain.invitations.rules import build_invitation_rule_subject
from app.domain.liaisons import actions as receiving
from app.domain.liaisons import queries as liaison_queries
from app.domain.liaisons import rules as liaisons
from app.domain.liaisons.inputs import NewLiaison
from app.domain.liaisons.models import Liaison, LiaisonState
from app.domain.line_focal_points import actions as line_focal_points
from app.domain.line_focal_points import rules as focal_point_rules
from app.domain.line_focal_points.inputs import NewLineFocalPoint
from app.domain.line_focal_points.models import FOCAL_POINT_OF_LINE
from app.domain.mandates import actions as mandates_kept
from app.domain.mandates import rules as mandates
from app.domain.mandates.inputs import Retirement
from app.domain.mandates.models import ActionLine, Clause, Facilitation, Mandate
from app.domain.meetings import rules as meetings
from app.domain.meetings.models import Meeting
from app.domain.monitoring.rules import monitoring
from app.domain.notifications.models import EmailNotification, NotificationKind
from app.domain.notifications.queries.notifications import list_recipients
from app.domain.notifications.rules import recipients as notifications
from app.domain.notifications.rules.catalogue import list_notification_types
from app.domain.organization_inboxes import actions as inboxes
from app.domain.organization_inboxes import rules as organization_inboxes
from app.domain.organization_inboxes.inputs import NewInbox
from app.domain.organization_inboxes.models import OrganizationInbox
from app.domain.organizations import actions as organizations_kept
from app.domain.organizations import rules as organizations
from app.domain.organizations.inputs import OrganizationEnd
from app.domain.organizations.models import Organization
from app.domain.outbox.rules import SEE_OUTBOX
from app.domain.outputs.actions import drafting as writing
from app.domain.outputs.inputs import Adoption, NewReleasePlan, ReleaseInstant
from app.domain.outputs.models import Output, OutputTranslation
from app.domain.outputs.queries import outputs as output_queries
from app.domain.outputs.queries import translations
from app.domain.outputs.queries.withdrawals import find_pending_withdrawal
from app.domain.outputs.rules import outputs
from app.domain.outputs.rules import translations as completing
from app.domain.outputs.rules.texts import compute_digest_of_translations
from app.domain.participants import rules as participants
from app.domain.receipts import queries as receipts
from app.domain.releases.actions.copy import slug_of_symbol
from app.domain.reporting_duties import queries as expected_queries
from app.domain.reporting_duties import rules as reporting
from app.domain.reporting_duties.actions import duties as reporting_duties
from app.domain.reporting_duties.actions import publications
from app.domain.reporting_duties.actions import reports as expected_reports
from app.domain.reporting_duties.inputs import DutyEnd, NewDuty, ReportRefusal
from app.domain.reporting_duties.models import ExpectedReport, ReportingDuty
from app.domain.reporting_duties.queries import DutyReport
from app.domain.reports.actions import action_points
from app.domain.reports.actions.drafting import register_report
from app.domain.reports.inputs import NewActionPoint
from app.domain.reports.models import ReportStage
from app.domain.reports.rules import reports
from app.domain.silence import rules as silence
from app.domain.silence.actions import procedure as silence_actions
from app.domain.silence.models import SilenceProcedure, SilenceStatus
from app.domain.silence.queries.procedures import get_procedure_rule_subject, get_silence_rule_subject
from app.domain.topics import actions as subjects_kept
from app.domain.topics import rules as topics
from app.domain.topics.models import Topic
from app.domain.uploads import actions as uploading
from app.domain.uploads import rules as uploads
from app.domain.uploads.inputs import NewUpload
from app.http.authentication import SignedInGuard
from app.http.csrf import SAFE_METHODS, create_form_token
from app.http.portal_state import Portal, PortalState, open_portal_state, open_request_transaction
from app.http.route_guards import AllowAnyone, list_routes_with_guard_or_none
from app.http.security_headers import SecurityHeadersMiddleware
from app.settings import Settings
from tests.chunks import piece_headers
from tests.conftest import TEMPLATE, Server
from tests.document_history import change_access, relate_documents, void_document, withdraw_document
from tests.domain.test_messages import send
from tests.domain.test_reporting_duties import give_address
from tests.portal_app import SECRET, build_shared_portal
from tests.sampling import takes_all
from tests.timing import NOTED
from tests.world import BODY, PUBLIC_KEY_LISTS, RECEIPT_KEY, World, record_rows

TO_A_REGISTRY = ({"words": "A registry", "wants": "action"},)
TO_IETF = ({"organization": "IETF", "wants": "action"},)
ORIGIN = "http://127.0.0.1:8000"
CANARY = "Canary"
CAST = (
    "amina",
    "wambui",
    "joseph",
    "rafael",
    "laurent",
    "layla",
    "ines",
    "daniel",
    "olga",
    "chen",
    "sofia",
    "marc",
    None,
)


def settings(database_url: str, folder: Path) -> Settings:
    return Settings(
        database_url=database_url,
        store_url=f"file://{folder}/store",
        release_store_url=f"file://{folder}/release",
        session_secret=SecretStr(SECRET),
        **{"receipt_key": RECEIPT_KEY} | PUBLIC_KEY_LISTS,
        oidc_issuer="http://127.0.0.1:9/provider",
        oidc_client_id="portal",
        portal_url=ORIGIN,
        step_up_minutes=60,  # all cells take longer than a quarter of an hour
    )


def routes() -> list[Any]:
    """Every route that asks a permission; no database is needed to know them."""
    return [
        (route, guard)
        for route, guard in list_routes_with_guard_or_none(build_shared_portal(), AllowAnyone, SignedInGuard)
        if isinstance(guard, SignedInGuard)
    ]


ROUTES = [
    pytest.param(
        next(iter(route.methods)), route.path_format, guard.permission, id=f"{min(route.methods)} {route.path_format}"
    )
    for route, guard in routes()
    for method in sorted(route.methods)
]


@dataclass
class Thing:
    """Something that an address names: its key, its state, whether an actor may see it, and the subject of rules."""

    key: str
    state: str
    sees: Callable[[Actor], bool]
    subject: Callable[[Actor, Permission[Any]], Any]
    more: dict[str, str] = field(default_factory=dict)
    title: str = ""


@dataclass
class Grounds:
    """One world with a thing in every state, and the cookie of everybody in it."""

    client: TestClient
    portal: PortalState
    world: World
    actors: dict[str | None, Actor | None]
    secrets: dict[str | None, str]
    things: dict[str, list[Thing]]

    def send(self, who: str | None, method: str, path: str, data: dict[str, Any], files: Any = None) -> httpx2.Response:
        actor = self.actors[who]
        headers = {"Origin": ORIGIN, "Accept-Language": "en"}
        self.client.cookies.clear()
        if who:
            self.client.cookies.set("cwg_portal", self.secrets[who])
        if method in SAFE_METHODS:
            return self.client.request(method, path, headers=headers)
        token = create_form_token(SECRET, actor.person) if actor else "none"
        if path.startswith("/uploads"):  # a script sends these
            headers |= piece_headers(b"%PDF") | {"X-Form-Token": token}
            return self.client.request(method, path, params=data, content=b"%PDF", headers=headers)
        return self.client.request(method, path, data={"token": token} | data, files=files, headers=headers)


@pytest.fixture(scope="module")
def grounds(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    name, folder = f"t_{uuid4().hex}", tmp_path_factory.mktemp("matrix")
    server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER cwg_owner STRATEGY FILE_COPY")
    url = server.url(name, "cwg_portal")
    engine = create_database_engine(url)
    world = World(write_session_factory(engine), read_session_factory(engine), open_store(f"file://{folder}/store"))
    portal = build_shared_portal()
    shared = portal.state.portal
    portal.state.portal = open_portal_state(settings(url, folder), None, shared.templates, shared.assets)
    portal.dependency_overrides[open_request_transaction] = undone
    world.seat("olga", "tsb")
    world.serve_the_parent("daniel")  # Inès serves this group alone
    actors = {who: world.actor(who) if who else None for who in CAST}
    secrets = {who: world.sign_in(who) if who else "" for who in CAST}
    # Entered, it keeps one loop for all requests.
    with TestClient(
        SecurityHeadersMiddleware(portal, public_url=ORIGIN), base_url=ORIGIN, follow_redirects=False
    ) as client:
        yield Grounds(client, portal.state.portal, world, actors, secrets, things(world, folder))
    portal.dependency_overrides.clear()
    portal.state.portal.close()
    engine.dispose()
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


def undone(request: Request, portal: Portal) -> Iterator[Any]:
    """The transaction of a request, never committed."""
    with (portal.read_sessions if request.method in SAFE_METHODS else portal.write_sessions)() as session:
        yield session
        if request.method not in SAFE_METHODS:
            session.flush()
        session.rollback()


def things(world: World, folder: Path) -> dict[str, list[Thing]]:
    """Every kind of thing that addresses name, by the name of the parameter."""
    meeting, late_meeting = world.meeting(opens_in=40), world.meeting(opens_in=0, number=21)
    first, item = world.item(meeting), world.item(meeting)
    wish = world.proposed(meeting, title="A wish of Kenya")
    made = {
        "draft": world.cleaned(world.asked(meeting, "FRA", title=f"{CANARY} draft")),
        "submitted": world.submitted(meeting, title=f"{CANARY} submitted"),
        "late": world.submitted(late_meeting, title=f"{CANARY} late"),
        "returned": world.cleaned(world.returned(meeting, asking="FRA")),
        "asked": world.cleaned(world.asked(meeting, "BRA", "FRA", title=f"{CANARY} joint")),
        "held": world.held(late_meeting, title=f"{CANARY} held"),
        "in-its-name": world.submitted_for(meeting, title=f"{CANARY} in the name of Kenya"),
        "registered": world.registered(meeting, title="Public to the group")[0],
    }
    later = world.meeting(opens_in=400, number=23)
    about = {"topics": ("spam",), "mandates": ("wtsa-res-75/2008-resolves-1",), "action_lines": ("C5",)}
    _, document = world.registered(meeting, title=f"{CANARY} document", **about)
    _, other = world.registered(meeting, title="Another one")
    world.allocated(meeting, document, first)
    world.agenda_released(meeting)
    world.rendered(world.file().sha256, "A text of one paragraph.")
    shelf = open_store(f"file://{folder}/release")
    delivered = deliveries(world, late_meeting, shelf)
    texts = {
        "draft": world.output(late_meeting, title=f"{CANARY} output"),
        "adopted": world.adopted(late_meeting),
        "approved": world.approved(late_meeting),
        "leaving": world.leaving(late_meeting),
        "scheduled": world.scheduled(late_meeting),
        "failed": world.failed(late_meeting),
        "released": world.released(late_meeting, shelf),
        "for-the-parent": world.for_the_parent(late_meeting, shelf),
        "to-be-withdrawn": world.to_be_withdrawn(world.released(late_meeting, shelf)),
        "withdrawal-failed": world.withdrawal_failed(world.released(late_meeting, shelf)),
        "withdrawn": world.withdrawn(world.released(late_meeting, shelf)),
    }
    texts |= advance_versions(world, late_meeting, shelf)
    scheduled_session, above = world.session_of(meeting, day=1), world.parent_meeting(by="daniel")
    return {
        "meeting": [
            of_body(
                str(meeting.id),
                meeting,
                {"item": str(item.id), "document": str(document.id), "proposal": str(wish.id), "subject": str(item.id)},
            ),
            *of_every_life(world),
        ],
        "meeting_session": [replace(of_body(str(scheduled_session.id), meeting), more=session_form(meeting))],
        "participant": [a_participant(world, meeting)],
        "floor": floors(world),
        "report": reported(world),
        "action": [followed(world)],
        "contribution": [contribution(world, state, each.id, later) for state, each in made.items()],
        "document": [
            a_document(world, document, other),
            *of_every_end(world, meeting, other),
            a_sealed_document(world, other),
        ],
        "symbol": [replace(a_document(world, document, other), key=document.symbol)],
        "slug": [replace(a_document(world, document, other), key=slug_of_symbol(document.symbol))],
        "output": [output(world, state, each.id, above) for state, each in texts.items()],
        "statement": [statement(world, late_meeting)],
        "delivery": delivered,
        "translation": [translation(world, late_meeting, approved_by=who) for who in ("", "layla")],
        **circulated(world, late_meeting),
        "procedure": silences(world, late_meeting),
        "body": [body(world)],
        "liaison": liaisons_received(world, later),
        **reports_expected(world),
        "organization": [organization(world, "IETF"), organization(world, "CEPT", ended=True)],
        "organization_inbox": [organization_inbox(world, "ISOC"), organization_inbox(world, "GSMA", confirmed=True)],
        "group": [group(world)],
        "body_proposal": [body_proposal(world)],
        "topic": [topic(world, "spam"), topic(world, "privacy", retired=True)],
        **mandates_and_clauses(world),
        "code": [Thing("KEN", "", lambda _: True, lambda *_: None)],
        "accreditation": [accreditation(world, "amina"), accreditation(world, "joseph")],
        "accreditation_request": [accreditation_request(world)],
        "invitation": [invitation(world)],
        "appointment": [appointment(world, open_one=True), appointment(world, open_one=False)],
        "user_session": [user_session(world)],
        "saved_filter": [a_saved_filter(world)],
        "message": [a_message(world, meeting)],
        "person": [a_person(world, "amina"), a_person(world, "rafael")],
        "upload": [upload(world, "amina", "open"), upload(world, "amina", "whole"), upload(world, "ines", "open")],
    }


def deliveries(world: World, meeting: Meeting, shelf: Store) -> list[Thing]:
    """What is to be acknowledged by TSB, what was, what is to be handed over, and what was."""
    plan = NewReleasePlan(addressees=frozenset({"tsb"}))
    released = [
        world.as_released(
            world.adopted(meeting, kind="liaison", addressees=TO_A_REGISTRY, title=title),
            shelf,
            plan,
        )
        for title in ("A text", "Another text")
    ]
    by_hand, sent, handed_over, acknowledged = [each for output in released for each in world.deliver(output)]
    world.acknowledge(acknowledged)
    world.hand_over(handed_over)
    to_parent, received = (world.delivery_to_body(world.for_the_parent(meeting, shelf)) for _ in range(2))
    above = world.parent_meeting(by="daniel", number=47)
    world.receive(received, above, by="daniel")
    rows = (by_hand, handed_over, sent, acknowledged, to_parent, received)
    with transaction(world.read) as session:
        found = [session.get_one(Delivery, each.id) for each in rows]
    return [a_delivery(each, above) for each in found]


def a_delivery(delivery: Delivery, above: Meeting) -> Thing:
    now = clock.now().astimezone(ZoneInfo("Europe/Zurich"))
    return Thing(
        str(delivery.id),
        f"{delivery.kind}-{delivery.state}",
        lambda actor: delivering.SEE_DELIVERY.allows(actor, delivery),
        lambda *_: delivery,
        {
            "language": "en",
            "on": now.date().isoformat(),
            "at": now.strftime("%H:%M"),
            "note": "By a courier",
            "how": "By e-mail",
            "reason": "Because.",
        }
        | {"meeting": str(above.id)},
    )


def floors(world: World) -> list[Thing]:
    """A meeting whose session sits: Brazil speaks, Kenya waits, a decision fell. And one between its sessions."""
    return [a_floor(world, world.meeting(number=31), sits=True), a_floor(world, world.meeting(number=32), sits=False)]


def a_floor(world: World, meeting: Meeting, *, sits: bool) -> Thing:
    items = [world.item(meeting, title) for title in ("Opening", "Closing")]
    world.agenda_released(meeting)
    world.sitting(meeting)
    brazil, kenya = (world.asked_for_the_floor(meeting, who).id for who in ("rafael", "amina"))
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        now = floors_now.find_open_sitting(session, there)
        assert now
        calling.give_floor(session, actor, there, brazil, version=now.version)
        new = NewDecision(text="It was agreed.", lang="en")
        decision = sitting.record_decision(session, actor, there, new, version=now.version)
        if not sits:
            sitting.close_meeting_session(session, actor, there, version=now.version)
        version = now.version

    def asked(actor: Actor, permission: Permission[Any]) -> Any:
        if permission is floor.WITHDRAW:
            return floor.FloorRequestRuleSubject(meeting.body_id, "KEN", "waiting")
        return FloorRuleSubject(meeting, sits, actor.entity)

    more = {
        "session": str(world.session(meeting, starts_in=timedelta(days=1)).id),
        "item": str(items[0].id),
        "asked": str(kenya),
        "request": str(kenya),
        "act": "move",
        "decision": str(decision.id),
        "version": str(version),
    }
    state = "sits" if sits else "pauses"
    return Thing(str(meeting.id), state, lambda actor: meetings.SEE.allows(actor, meeting), asked, more)


def reported(world: World) -> list[Thing]:
    """A meeting at every stage of its report; one correction waits from its circulation on, and a comment of the chair
    until its adoption."""
    found = []
    for number, stage in enumerate(ReportStage, start=41):
        meeting = world.meeting(number=number)
        key, more = "none", {"revision": "0"}
        if stage is not ReportStage.NONE:
            report = world.reported(
                meeting, stage, text=f"{CANARY} report" if stage is ReportStage.DRAFT else "A text."
            )
            key, more = report.paragraph, {"revision": "1"} | ({"correction": str(report.id)} if report.id else {})
            if stage in (ReportStage.DRAFT, ReportStage.CIRCULATED):
                more["comment"] = str(world.commented(meeting, key, "laurent").id)
        others = {"paragraph": key, "correction": str(uuid4()), "comment": str(uuid4())}
        found.append(a_report(meeting, stage, others | more))
    return found


def a_report(meeting: Meeting, stage: ReportStage, more: dict[str, str]) -> Thing:
    return Thing(
        str(meeting.id),
        stage,
        lambda actor: meetings.SEE.allows(actor, meeting),
        lambda actor, _: reports.ReportRuleSubject(meeting, stage, actor.entity),
        more,
    )


def followed(world: World) -> Thing:
    """A meeting with a decision and an action point of Kenya."""
    meeting = world.meeting(number=51)
    world.sitting(meeting)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        now = floors_now.find_open_sitting(session, there)
        assert now
        decision = sitting.record_decision(
            session, actor, there, NewDecision(text="Agreed.", lang="en"), version=now.version
        )
        point = action_points.add_action_point(
            session, actor, there, decision, NewActionPoint(text="Write it.", lang="en", owner="KEN")
        )
    more = {"decision": str(decision.id), "action": str(point.id), "version": "1"}
    return Thing(
        str(meeting.id),
        "",
        lambda actor: meetings.SEE.allows(actor, meeting),
        lambda *_: reports.ReportRuleSubject(meeting, entity="KEN"),
        more,
    )


def of_every_life(world: World) -> Iterator[Thing]:
    """A planned meeting, one that is convened only, one in session, and one that is closed."""
    hidden = f"{CANARY} hall"
    for number, (state, steps) in enumerate(LIVES.items()):
        made = world.planned(opens_in=50, number=80 + number, place=hidden if not steps else "Geneva")
        found = world.moved(made, *steps) if steps else made
        yield replace(of_body(str(found.id), found), state=state, title="" if steps else hidden)


def session_form(meeting: Meeting) -> dict[str, str]:
    return {"on": meeting.opens_on.isoformat(), "starts": "15:00", "ends": "16:00", "version": "1"}


def a_participant(world: World, meeting: Meeting) -> Thing:
    found = world.participant(meeting)

    def ask(_actor: Actor, permission: Permission[Any]) -> Any:
        if permission is participants.SEE_BADGE:
            return participants.BadgeRuleSubject(meeting.body_id, found.person_id)
        is_of_delegation = permission is participants.REGISTER
        return participants.build_delegation(meeting, "KEN") if is_of_delegation else meeting

    more = {"version": "1", "name": found.name, "capacity": "delegate", "mode": "remote"}
    return Thing(str(found.id), "", lambda actor: meetings.SEE.allows(actor, meeting), ask, more)


def of_every_end(world: World, meeting: Meeting, other: Document) -> Iterator[Thing]:
    """A document of each class of access, a withdrawn one and a void one."""
    for access in (DocumentAccess.MEMBERSHIP, DocumentAccess.PUBLIC):
        _, made = world.registered(meeting, title=f"{CANARY} {access} document")
        change_access(world, made, access)
        yield a_document(world, made, other, str(access))
    for state, end in (("withdrawn", withdraw_document), ("void", void_document)):
        _, made = world.registered(meeting, title=f"{CANARY} {state} document")
        change_access(world, made, DocumentAccess.PUBLIC)
        relate_documents(world, made, RelationKind.REPLIES_TO, other)
        end(world, made)
        yield a_document(world, made, other, state)


def a_sealed_document(world: World, other: Document) -> Thing:
    """The document of an adopted report."""
    meeting = world.meeting(number=49)
    world.reported(meeting, ReportStage.ADOPTED)
    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        made = register_report(session, actor, there, f"{CANARY} report on the register", world.file())
    return a_document(world, made, other, "sealed")


def a_document(world: World, document: Document, other: Document, state: str = "") -> Thing:
    """As it is on the register now. `other` is one that it may relate to; a relation of another kind is there."""
    if document.ended_as is None and state not in ("withdrawn", "void"):
        by = "ines" if document.sealed else "amina"
        relate_documents(world, document, RelationKind.REPLIES_TO, other, by=by)
    with transaction(world.read) as session:
        subject = session.get_one(Document, document.id)
        relation = session.scalars(select(DocumentRelation).where(DocumentRelation.document_id == subject.id)).one()
    access = "public" if subject.access == DocumentAccess.GROUP else "group"
    more = {
        "edition": "first",
        "version": str(subject.version),
        "symbol": other.symbol,
        "access": access,
        "step": "rev",
        "relation": str(relation.id),
    }
    return Thing(
        str(subject.id),
        state or "standing",
        lambda actor: documents.SEE.allows(actor, subject),
        lambda *_: subject,
        more,
        subject.titles["en"],
    )


def of_body(key: str, subject: Meeting, more: dict[str, str] | None = None) -> Thing:
    def asked(actor: Actor, permission: Permission[Any]) -> Any:
        if permission is contributions.DRAFT:
            return contributions.build_new_contribution_rule_subject(subject, actor.entity)
        if permission in (agendas.PROPOSE, agendas.WITHDRAW_PROPOSAL):
            return agendas.build_item_proposal_rule_subject(
                subject, actor.entity if permission is agendas.PROPOSE else "KEN"
            )
        if permission is participants.REGISTER:
            return participants.build_delegation(subject, "KEN")
        if permission is briefings.KEEP_BRIEFING:
            return EntityInBody(subject.body_id, actor.entity)
        return (
            outputs.OutputRuleSubject(subject.body_id, meeting_life=subject.life)
            if permission is outputs.CREATE_DRAFT_OUTPUT
            else subject
        )

    form = {"version": str(subject.version), "on": subject.opens_on.isoformat()}
    return Thing(key, "", lambda actor: meetings.SEE.allows(actor, subject), asked, form | (more or {}))


def contribution(world: World, state: str, key: UUID, later: Meeting) -> Thing:
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        found = session.get_one(Contribution, key)
        receipt = receipts.find_latest_receipt(session, key)
    title = found.title if found.title.startswith(CANARY) else ""
    return Thing(
        str(key),
        state,
        lambda actor: contributions.SEE.allows(actor, found),
        lambda *_: found,
        {
            "language": "en",
            "version": str(found.version),
            "state": "FRA",
            "meeting": str(later.id),
            "receipt": str(receipt.id if receipt else uuid4()),
        },
        title,
    )


def output(world: World, state: str, key: UUID, above: Meeting | None = None) -> Thing:
    with transaction(world.read) as session:
        found = session.get_one(Output, key)
        case = output_queries.get_output_rule_subject(session, found)
        text = found.text_digest or output_queries.compute_text_digest(session, found)
        waiting = find_pending_withdrawal(session, found)
        adds = compute_digest_of_translations(translations.list_translations_to_release(session, found))
        receipt = receipts.find_latest_receipt(session, key)
    more = {"language": "en", "version": str(found.version), "text": text} | ENDING
    more |= {"receipt": str(receipt.id if receipt else uuid4())}
    more |= {"seen": str(waiting.id)} if waiting else {}
    more |= {"adds": adds, "unreached": world.unreached(found), "positions_shown_to": "every-delegation"}
    more |= {"meeting": str(above.id)} if above else {}
    title = found.titles["en"] if found.titles["en"].startswith(CANARY) else ""
    return Thing(
        str(key), state, lambda actor: outputs.SEE_OUTPUT.allows(actor, case), about_text(world, key), more, title
    )


def advance_versions(world: World, meeting: Meeting, shelf: Store) -> dict[str, Output]:
    """Advance versions: one that lacks a language, one that lacks none any more, and one whose completion is set."""
    lacking, whole, on_its_way = (world.advance(meeting, shelf, "fr") for _ in range(3))
    world.works_in()
    for each in (whole, on_its_way):
        world.translated(each, "fr")
    later = clock.now() + timedelta(days=2)
    world.completing(on_its_way, ReleaseInstant(when="then", on=later.date(), at=later.time()))
    return {"lacking": lacking, "whole": whole, "completing": on_its_way}


def translation(world: World, meeting: Meeting, *, approved_by: str) -> Thing:
    """A translation of an adopted text; its address begins with that of the text. Only the chair and the secretariat
    see it before its release."""
    found = world.adopted(meeting)
    made = world.translated(found, "fr", approved_by=approved_by)
    there = output(world, "translated", found.id)
    with transaction(world.read) as session:
        it = session.get_one(OutputTranslation, (found.id, "fr"))
        of_it = translations.build_translation_rule_subject(
            translations.get_completion_rule_subject(session, session.get_one(Output, found.id)), it
        )

    def asked(actor: Actor, permission: Permission[Any]) -> Any:
        return there.subject(actor, permission) if permission is outputs.SEE_OUTPUT else of_it

    return replace(
        there,
        sees=lambda actor: found.body_id in actor.bodies_with_role(*bodies.CHAIRS, "secretary"),
        subject=asked,
        more=there.more | {"language": "fr", "text": made.digest},
    )


def statement(world: World, meeting: Meeting) -> Thing:
    """A statement of Kenya on an adopted text; its address begins with that of the text."""
    found = world.adopted(meeting)
    there = replace(output(world, "adopted", found.id), state="stated")
    made = world.statement(found, "amina")
    return replace(
        there, more=there.more | {"statement": str(made.id), "version": "1"}, subject=about_text(world, found.id)
    )


def circulated(world: World, meeting: Meeting) -> dict[str, list[Thing]]:
    """A draft that is before the delegations, with a comment of Kenya that waits and one that is answered; and one on a
    text that was adopted. Their addresses begin with that of the draft, which delegations do not see.
    """
    found = world.output(meeting, title=f"{CANARY} circulated")
    version = world.circulated(found, "One.", "Two.")
    waits, answered = world.comment(version), world.comment(version, paragraph=2)
    world.answered(answered)
    over = world.output(meeting, title="Adopted with a comment")
    old = world.comment(world.circulated(over, "One."))
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Output, over.id)
        text = output_queries.compute_text_digest(session, there)
        writing.adopt_output(session, actor, there, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text))
    return {
        "version": [on_version(world, found.id, "circulated", waits.id), on_version(world, over.id, "over", old.id)],
        "comment": [
            on_version(world, found.id, "waits", waits.id),
            on_version(world, found.id, "answered", answered.id),
            on_version(world, over.id, "over", old.id),
        ],
    }


def on_version(world: World, key: UUID, state: str, comment: UUID) -> Thing:
    with transaction(world.read) as session:
        version = circulations_now.find_latest_circulated_version(session, session.get_one(Output, key))
        of_it = circulations_now.get_comment_rule_subject(session, version, session.get_one(Comment, comment))

    def sees(actor: Actor) -> bool:
        return circulations.SEE_VERSION.allows(actor, version)

    def asked(actor: Actor, permission: Permission[Any]) -> Any:
        return replace(of_it, entity=actor.entity) if permission is circulations.ADD_COMMENT else of_it

    more = {"language": "en", "comment": str(comment), "version": "1", "number": "0" if state == "waits" else "1"}
    title = version.titles["en"] if version.titles["en"].startswith(CANARY) else ""
    return Thing(str(key), state, sees, asked, more, title)


def about_text(world: World, key: UUID) -> Callable[[Actor, Permission[Any]], Any]:
    """An output as the rules of outputs, or those of silence and statements, look at it."""
    with transaction(world.read) as session:
        found = session.get_one(Output, key)
        case, on = (
            output_queries.get_output_rule_subject(session, found),
            get_silence_rule_subject(session, found),
        )
        to_complete = translations.get_completion_rule_subject(session, found)

    def asked(actor: Actor, permission: Permission[Any]) -> Any:
        if permission in (silence.OPEN_PROCEDURE, silence.ATTACH_STATEMENT):
            return replace(on, entity=actor.entity)
        if permission in (completing.ADD_TRANSLATION, completing.SCHEDULE_COMPLETION, completing.CALL_BACK_COMPLETION):
            return to_complete
        return replace(on, entity="KEN") if permission is silence.CHANGE_STATEMENT else case

    return asked


def silences(world: World, meeting: Meeting) -> list[Thing]:
    """One procedure that runs, one that is broken, one whose text was changed, and one that led to adoption."""
    found = []
    for state in SilenceStatus:
        text = world.output(meeting, title=f"Under silence: {state}")
        procedure = world.silence(text)
        if state is SilenceStatus.BROKEN:
            world.position(procedure, "rafael", "breaks")
        if state is SilenceStatus.VOID:
            with world.acting("ines") as (session, actor):
                writing.put_output_file(
                    session, actor, session.get_one(Output, text.id), world.file("en", "Another text")
                )
        later = timedelta(hours=74 if state is SilenceStatus.ADOPTED else 0)
        with clock.shifted_clock(later), transaction(world.write) as session:
            silence_actions.settle_procedure(session, text.id)
        found.append(a_silence(world, procedure.id, state))
    return found


def a_silence(world: World, key: UUID, state: str) -> Thing:
    with transaction(world.read) as session:
        found = session.get_one(SilenceProcedure, key)
        on = get_procedure_rule_subject(session, found)
    until = (found.until + timedelta(hours=30)).astimezone(ZoneInfo("Europe/Zurich"))
    more = {"language": "en", "on": until.date().isoformat(), "at": until.time().isoformat()}

    def asked(actor: Actor, permission: Permission[Any]) -> Any:
        return replace(on, entity=actor.entity)

    return Thing(str(key), state, lambda actor: silence.SEE_PROCEDURE.allows(actor, found), asked, more)


def body(world: World) -> Thing:
    found, wambui = world.body(), world.person("wambui")

    def asked(actor: Actor, permission: Permission[Any]) -> Any:
        if permission in (bodies.ACCREDIT, bodies.APPOINT_FOCAL_POINT):
            return AccreditationOrOffice(found.id, "KEN", wambui.id, "delegate")
        if permission is bodies.PROPOSE_OFFICE:
            return AccreditationOrOffice(found.id, "KEN", wambui.id, "vice_chair")
        if permission is liaisons.REGISTER:
            return liaisons.LiaisonRuleSubject(found.id, LiaisonState.RECEIVED)
        return EntityInBody(found.id, actor.entity)

    more = {"person": str(wambui.id), "letter": str(an_email(world, found)), "language": "en"}
    return Thing(
        BODY, "", lambda actor: bodies.has_seat.objection_to(actor, EntityInBody(found.id)) is None, asked, more
    )


def group(world: World) -> Thing:
    """A study group that no one serves, of which those know whom it admits, and the staff of ITU."""
    with transaction(world.read) as session:
        found = session.scalars(select(Body).where(Body.code == "sg3")).one()
    olga = world.person("olga").id

    def asked(_: Actor, permission: Permission[Any]) -> Any:
        is_proposal = permission is body_proposals.PROPOSE_BODY
        return AccreditationOrOffice(found.id, "", olga, "secretary") if is_proposal else EntityInBody(found.id)

    return Thing("sg3", "", lambda actor: actor.category in (*found.admits, "itu_staff"), asked, {"person": str(olga)})


def body_proposal(world: World) -> Thing:
    with world.acting("ines") as (session, actor):
        found = session.scalars(select(Body).where(Body.code == "sg17")).one()
        first = FirstSecretary(person=world.person("olga").id, until_on=date(2099, 12, 31))
        made = proposing.propose_first_secretary(session, actor, found, first)
        subject, key = body_proposals.build_proposal_rule_subject(made), str(made.id)
    return Thing(key, "", lambda actor: bool(actor.bodies_with_role("secretary")), lambda *_: subject)


def an_email(world: World, of: Body) -> UUID:
    """An e-mail to a delegate about the deadline of a meeting."""
    with transaction(world.write) as session:
        about = select(JournalLine.seq).where(JournalLine.body == of.id, JournalLine.event == "contribution:registered")
        made = EmailNotification(
            line=session.scalars(about.limit(1)).one(),
            kind=NotificationKind.CONTRIBUTION,
            person_id=world.person("amina").id,
            written_at=clock.now(),
            due_at=clock.now(),
        )
        session.add(made)
        session.flush()
        return made.id


def accreditation(world: World, whose: str) -> Thing:
    with transaction(world.read) as session:
        found = session.scalars(select(Accreditation).where(Accreditation.person_id == world.person(whose).id)).one()
    grant = AccreditationOrOffice(found.body_id, found.entity, found.person_id, found.capacity)
    place = EntityInBody(found.body_id, found.entity)
    return Thing(str(found.id), found.capacity, lambda actor: bodies.SEE_PEOPLE.allows(actor, place), lambda *_: grant)


def a_message(world: World, meeting: Meeting) -> Thing:
    sent = send(world, f"{CANARY} message", meeting=meeting.id)
    place = EntityInBody(sent.body_id)
    sees = partial(SEE_OUTBOX.allows, subject=place)
    return Thing(str(sent.id), "", sees, lambda *_: place, title=f"{CANARY} message")


def accreditation_request(world: World) -> Thing:
    found = world.asked_for_accreditation("wambui")
    place, subject = EntityInBody(found.body_id, "KEN"), bodies.build_request_rule_subject(found)
    return Thing(
        str(found.id), "", lambda actor: bodies.is_focal_point.objection_to(actor, place) is None, lambda *_: subject
    )


def invitation(world: World) -> Thing:
    with world.acting("ines") as (session, actor):
        body = session.get_one(Body, world.body().id)
        days = {"from_on": clock.now().date(), "until_on": clock.now().date() + timedelta(days=30)}
        new = NewInvitation(name=f"{CANARY} person", email="a.b@example.org", entity="KEN", capacity="delegate", **days)
        found = invite_person(session, actor, body, new)
    place = EntityInBody(found.body_id, found.entity)
    subject = build_invitation_rule_subject(found.body_id, found)
    return Thing(str(found.id), "", lambda actor: bodies.SEE_PEOPLE.allows(actor, place), lambda *_: subject)


def appointment(world: World, *, open_one: bool) -> Thing:
    with world.acting("ines") as (session, actor):
        record_rows(session)
        found = session.scalars(select(Appointment).where(Appointment.office == "vice_chair")).first()
        if open_one:
            found = Appointment(
                person_id=world.person("haruka").id,
                body_id=found.body_id,
                office="vice_chair",
                entity="JPN",
                from_on=found.from_on,
                until_on=found.until_on,
                proposed_by=actor.person,
                proposed_at=found.proposed_at,
            )
            session.add(found)
            record_rows(session)
    place = EntityInBody(found.body_id)

    def asked(_: Actor, permission: Permission[Any]) -> AccreditationOrOffice:
        confirming = permission is bodies.CONFIRM_OFFICE
        is_open = found.ended_at is None and not (confirming and found.confirmed_at)
        return AccreditationOrOffice(found.body_id, "", found.person_id, found.office, found.proposed_by, is_open)

    state = "proposed" if open_one else "confirmed"
    return Thing(str(found.id), state, lambda actor: bodies.is_secretary.objection_to(actor, place) is None, asked)


def user_session(world: World) -> Thing:
    world.sign_in("amina")
    with transaction(world.read) as session:
        mine = UserSession.person_id == world.person("amina").id
        found = session.scalars(select(UserSession).where(mine).order_by(UserSession.began_at.desc())).first()
    return Thing(str(found.id), "", lambda actor: identity.END_SESSION.allows(actor, found), lambda *_: found)


def a_saved_filter(world: World) -> Thing:
    new = NewSavedFilter(list=FilterableList.DOCUMENTS, name=f"{CANARY} filter", query="type=C")
    with world.acting("amina") as (session, actor):
        save_filter(session, actor, new)
        found = session.scalars(select(SavedFilter)).one()
        session.expunge(found)
    return Thing(str(found.id), "", lambda actor: actor.person == found.person_id, lambda *_: found)


def a_person(world: World, who: str) -> Thing:
    """A person, whom those see who may end their sessions."""
    key = world.person(who).id
    with transaction(world.read) as session:
        charge = find_people_in_charge(session, [key])[key]
    return Thing(str(key), "", lambda actor: bodies.END_SESSIONS_OF_PERSON.allows(actor, charge), lambda *_: charge)


def upload(world: World, whose: str, state: str) -> Thing:
    with world.acting(whose) as (session, actor):
        new = NewUpload(body=world.body().id, name=f"{CANARY} {whose} {state}.pdf", size=4)
        found = uploading.begin_upload(session, actor, new, max_size=10, began_at=clock.now())
        found.state, found.sha256 = state, "0" * 64 if state == "whole" else None
    return Thing(
        str(found.id), state, lambda actor: uploads.SEE.allows(actor, found), lambda *_: found, title=found.name
    )


def organization(world: World, code: str, *, ended: bool = False) -> Thing:
    with world.acting("ines") as (session, actor):
        found = session.get_one(Organization, code)
        if ended:
            last = OrganizationEnd(until_on=clock.now().date())
            organizations_kept.end_organization(session, actor, found, last, version=found.version)
    state, more = "ended" if ended else "in force", {"version": str(found.version)}
    return Thing(code, state, lambda actor: organizations.SEE.allows(actor, found), lambda *_: found, more)


def organization_inbox(world: World, code: str, *, confirmed: bool = False) -> Thing:
    key = b64encode(code.encode().ljust(32, b".")).decode()
    with world.acting("daniel") as (session, actor):
        new = NewInbox(public_key=key, address="https://inbox.example.org/liaisons")
        found = inboxes.propose_inbox(session, actor, session.get_one(Organization, code), new)
    if confirmed:
        with world.acting("ines") as (session, actor):
            found = session.get_one(OrganizationInbox, found.id)
            inboxes.confirm_inbox(session, actor, found)
    subject = organization_inboxes.build_inbox_rule_subject(found)
    return Thing(
        str(found.id), subject.state, lambda actor: bool(actor.bodies_with_role("secretary")), lambda *_: subject
    )


def liaisons_received(world: World, meeting: Meeting) -> list[Thing]:
    """One in each state, and one for information; a draft can become the reply to each, or is the reply of the last."""
    draft = world.output(meeting, kind="liaison", addressees=TO_IETF)
    return [
        a_liaison(world, meeting, "received", draft),
        a_liaison(world, meeting, "returned", draft),
        a_liaison(world, meeting, "registered", draft),
        a_liaison(world, meeting, "for information", draft),
        a_liaison(world, meeting, "closed", draft),
        a_liaison(world, meeting, "with a reply", world.output(meeting, kind="liaison", addressees=TO_IETF)),
    ]


def a_liaison(world: World, meeting: Meeting, state: str, draft: Output) -> Thing:
    wants, because = "information" if state == "for information" else "reply", ReasonInput(reason="Because.")
    title = f"Liaison {state}"
    new = NewLiaison(party="IETF", subject=title, original="en", wants=wants)
    with world.acting("ines") as (session, actor):
        found = receiving.take_in_liaison(session, actor, world.body(), new, world.file())
        if state == "returned":
            receiving.return_liaison(session, actor, found, because, version=1)
        elif state != "received":
            receiving.register_liaison(session, actor, found, meeting.id, version=1)
    with world.acting("laurent") as (session, actor):
        found = session.get_one(Liaison, found.id)
        if state == "closed":
            receiving.close_liaison(session, actor, found, because, version=2)
        if state == "with a reply":
            receiving.choose_reply(session, actor, found, session.get_one(Output, draft.id))

    def subject(_actor: Actor, permission: Permission[Any]) -> object:
        with transaction(world.read) as session:
            if permission in (liaisons.CHOOSE_REPLY, liaisons.REMOVE_REPLY):
                output = session.get_one(Output, draft.id)
                return liaison_queries.get_reply_rule_subject(session, session.get_one(Liaison, found.id), output)
            return liaison_queries.get_liaison_rule_subject(session, session.get_one(Liaison, found.id))

    def sees(actor: Actor) -> bool:
        return liaisons.SEE.allows(actor, subject(actor, liaisons.SEE))

    more = {"version": str(found.version), "output": str(draft.id), "holder": str(world.person("amina").id)}
    return Thing(str(found.id), state, sees, subject, more | {"meeting": str(meeting.id)}, title)


def reports_expected(world: World) -> dict[str, list[Thing]]:
    """A duty in force and an ended one; a report that is expected, with and without an address, and one declined."""
    states = {"asked": "ISOC", "without an address": "WIPO", "declined": "OECD", "ended": "ICANN"}
    states |= {"proposed": "GSMA", "public": "IETF"}
    found = {state: a_reporting_duty(world, code, state) for state, code in states.items()}
    return {
        "duty": [found[state][0] for state in ("asked", "ended", "proposed", "public")],
        "expected_report": [found[state][1] for state in ("asked", "without an address", "declined")],
    }


def a_reporting_duty(world: World, code: str, state: str) -> tuple[Thing, Thing]:
    if state != "without an address":
        give_address(world, "a@example.int", code)
    with world.acting("ines") as (session, actor):
        today = clock.now().date()
        new = NewDuty(
            organization=code, clause="tunis-71", every_months=12, next_due_on=today + timedelta(days=30), from_on=today
        )
        duty = reporting_duties.add_duty(session, actor, world.body(), new)
    with transaction(world.write) as session:
        reporting_duties.open_expected_reports(session)
    with world.acting("ines") as (session, actor):
        duty = session.get_one(ReportingDuty, duty.id)
        (report,) = expected_queries.list_reports_of_duty(session, duty)
        if state == "declined":
            refusal = ReportRefusal(reason="Because.", declined_on=today)
            expected_reports.decline_report(session, actor, DutyReport(report, duty), refusal, version=report.version)
        if state == "ended":
            end = DutyEnd(until_on=today)
            reporting_duties.end_duty(session, actor, duty, end, version=duty.version)

    publish(world, duty, state)

    def of_duty(_actor: Actor, permission: Permission[Any]) -> object:
        with transaction(world.read) as session:
            current = expected_queries.find_current_publication(session, duty)
        if permission in (reporting.PROPOSE_PUBLICATION, reporting.CONFIRM_PUBLICATION, reporting.END_PUBLICATION):
            return expected_queries.build_publication_rule_subject(duty, current)
        return expected_queries.build_duty_rule_subject(duty)

    def of_report(_actor: Actor, _permission: Permission[Any]) -> object:
        with transaction(world.read) as session:
            return expected_queries.get_report_rule_subject(
                session, DutyReport(session.get_one(ExpectedReport, report.id), duty)
            )

    def is_seen(actor: Actor) -> bool:
        return duty.body_id in actor.bodies_with_role()

    more = {"version": str(duty.version), "next_due_on": "2099-01-01", "every_months": "12", "until_on": "2098-01-01"}
    return (
        Thing(str(duty.id), state, is_seen, of_duty, more),
        Thing(str(report.id), state, is_seen, of_report, {"version": str(report.version)}),
    )


def publish(world: World, duty: ReportingDuty, state: str) -> None:
    """Propose that the reports of a duty become public, and confirm it, as its state says."""
    if state in ("proposed", "public"):
        with world.acting("ines") as (session, actor):
            publications.propose_publication(session, actor, duty)
    if state == "public":
        with world.acting("daniel") as (session, actor):
            publications.confirm_publication(session, actor, duty)


def topic(world: World, code: str, *, retired: bool = False) -> Thing:
    with world.acting("ines") as (session, actor):
        found = session.get_one(Topic, code)
        if retired:
            subjects_kept.retire_topic(session, actor, found)
    state, more = "retired" if retired else "in use", {"version": str(found.version)}
    return Thing(code, state, lambda actor: topics.SEE.allows(actor, found), lambda *_: found, more)


def mandates_and_clauses(world: World) -> dict[str, list[Thing]]:
    """A mandate and a clause in use, and each retired; and an action line."""
    second = "wtsa-res-75/2008-resolves-2"
    with world.acting("ines") as (session, actor):
        mandate, retired = session.get_one(Mandate, "wtsa-res-75"), session.get_one(Mandate, "pp-res-71")
        mandates_kept.retire_mandate(session, actor, retired, Retirement())
        clause, old = session.get_one(Clause, "wtsa-res-75/2008-resolves-1"), session.get_one(Clause, second)
        mandates_kept.retire_clause(session, actor, old, Retirement())
        line = session.get_one(ActionLine, "C5")
    return {
        "mandate": [_of_register(mandate.code, mandate), _of_register(retired.code, retired)],
        "clause": [_of_register(each.code.partition("/")[2], each, mandate="wtsa-res-75") for each in (clause, old)],
        "facilitation": [_facilitation(world)],
        "action_line": [_action_line(line, world.person("olga").id)],
        "focal_point": [focal_point_of_line(world, world.person("olga").id)],
    }


def _facilitation(world: World) -> Thing:
    with transaction(world.read) as session:
        found = session.scalars(select(Facilitation).where(Facilitation.action_line == "C5")).one()
    more = {"action_line": "C5", "version": "1"}
    return Thing(str(found.id), "", lambda _: True, lambda *_: None, more)


def _action_line(line: ActionLine, olga: UUID) -> Thing:
    proposed = AccreditationOrOffice(None, "", olga, FOCAL_POINT_OF_LINE)
    of_focal_point = {focal_point_rules.PROPOSE}
    more = {"version": str(line.version), "person": str(olga)}
    return Thing(
        "C5", "", lambda _: True, lambda _, permission: proposed if permission in of_focal_point else None, more
    )


def focal_point_of_line(world: World, olga: UUID) -> Thing:
    """A proposed focal point of an action line."""
    today = clock.now().date()
    with world.acting("ines") as (session, actor):
        new = NewLineFocalPoint(person=olga, from_on=today, until_on=today)
        made = line_focal_points.propose_focal_point(session, actor, session.get_one(ActionLine, "C6"), new)
        subject = focal_point_rules.build_rule_subject(made, to_confirm=True)
    return Thing(str(made.id), "", lambda actor: bool(actor.bodies_with_role("secretary")), lambda *_: subject)


def _of_register(key: str, found: Mandate | Clause, **more: str) -> Thing:
    state = "retired" if found.retired_at else "in use"
    more |= {"version": str(found.version)}
    return Thing(key, state, lambda actor: mandates.SEE.allows(actor, None), lambda *_: found, more)


ENDING = {"on": (date.today() + timedelta(days=9)).isoformat(), "at": "12:00"}
TERM = {"from_on": "2026-01-01", "until_on": "2030-01-01"}
NAMES = dict.fromkeys(("ar", "zh", "en", "fr", "ru", "es"), "A name")
PUBLIC_KEY = b64encode(b"the key of an organization, here").decode()
ORGANIZATION = {"kind": "standards", "en": "A name", "confirmed": "en", "from_on": "2026-01-01"}
DAYS = dict.fromkeys(("deadline_days", "posting_days", "proposal_days", "registration_days"), "9")
GROUP = DAYS | {"name_en": "A name", "legal_basis": "A decision", "largest_file": "50", "until_on": "2030-01-01"}
PROPOSAL = {"proposal_number": "", "proposal_kind": "ADD", "proposal_title": "A proposal", "proposal_concerns": ""}
COVER = {"title": "A title", "original": "en", "purpose": "discussion", "abstract": "", "item": ""}
OUTPUT = {"kind": "report", "original": "en", "titles_en": "A title", "title_en": "A title"}
STATE_DECISIONS = dict.fromkeys(("submissions", "positions", "withdrawals", "wider_access"), "head")
REMARK = {"text": "Noted.", "lang": "en"}
MEETING = {
    "number": "77",
    "place": "Geneva",
    "zone": "Europe/Zurich",
    "opens_on": "2031-02-08",
    "closes_on": "2031-02-10",
    "contributions_due_on": "",
}
# What a form sends so that the act is possible; where a file is asked for, one that the file inspection refuses (400).
INVITED_PEOPLE = {"rows": "State,Name,E-mail address\nKEN,A B,a.c@example.org\n"}
PARTICIPANTS = {"rows": "State,Name\nKEN,A B\n"}
LETTERS = {"reference": "CL-27/3", "signatory": "Inés", "function": "Secretary"}
FORMS: dict[str, dict[str, str]] = {
    "/meetings/{meeting}/invitation": LETTERS | {"which": "all"},
    "/meetings/{meeting}/invitation/check": LETTERS | {"which": "all"},
    "/meetings/{meeting}/invitation/preview": LETTERS | {"state": "KEN"},
    "/registration": {"chosen": f"{UUID(int=1).hex}.1"},
    "/registration/assignments": {"chosen": f"{UUID(int=1).hex}.1"},
    "/documents/{document}/relations/{relation}/take-back": {"reason": "Because."},
    "/uploads": {"body": str(uuid5(NAMESPACE_URL, "urn:cwg:cwg-internet")), "name": "a.pdf", "size": "4"},
    "/meetings": MEETING | {"body": BODY, "life": "open"},
    "/meetings/{meeting}/edit": MEETING | {"number": "22", "version": "1"},
    "/meetings/{meeting}/cancel": {"reason": "Because."},
    "/meetings/{meeting}/sessions": {"starts": "15:00", "ends": "16:00"},
    "/meetings/{meeting}/participants": {"entity": "KEN", "name": "A Name", "capacity": "delegate", "mode": "remote"},
    "/meetings/{meeting}/contributions": COVER | {"entity": "KEN", "series": "C"},
    "/meetings/{meeting}/outputs": OUTPUT,
    "/meetings/{meeting}/agenda/items/{item}": {"title_en": "An item"},
    "/meetings/{meeting}/agenda/act": {"act": "numbering", "style": "roman"},
    "/meetings/{meeting}/agenda/deputies": {"office": "secretary"},
    "/meetings/{meeting}/agenda/release": {"after": "1"},
    "/meetings/{meeting}/agenda/adopt": {"number": "1"},
    "/meetings/{meeting}/agenda/proposals": {"title": "A wish", "reason": "It is urgent."},
    "/meetings/{meeting}/agenda/proposals/{proposal}/answer": {"answer": "Not now."},
    "/meetings/{meeting}/floor/clock": {"to": "stop"},
    "/meetings/{meeting}/floor/list": {"to": "close", "minutes": "0"},
    "/meetings/{meeting}/floor/add": {"entity": "JPN", "kind": "floor"},
    "/meetings/{meeting}/floor/step": {"step": "discussion"},
    "/meetings/{meeting}/decisions/new": {"text": "It was noted.", "how": "consensus"},
    "/meetings/{meeting}/decisions/{decision}/correct": {"text": "It was noted.", "how": "consensus", "version": "1"},
    "/meetings/{meeting}/decisions/{decision}/position": {"stance": "reservation", "text": "We reserve."},
    "/meetings/{meeting}/decisions/{decision}/note": {"stance": "objection", "text": "Objects.", "entity": "BRA"},
    "/meetings/{meeting}/begin": {"early": "yes"},
    "/meetings/{meeting}/briefing/notes": {"subject": UUID(int=1).hex},
    "/meetings/{meeting}/report/draft": {"attribution": "named"},
    "/meetings/{meeting}/report/paragraphs/{paragraph}/correction": {"text": "Another text."},
    "/meetings/{meeting}/report/paragraphs/{paragraph}/comment": {"comment": "Why?", "lang": "en"},
    "/meetings/{meeting}/report/comments/{comment}": {"answer": "The group said so.", "version": "1"},
    **{f"/meetings/{{meeting}}/report/comments/{{comment}}/{act}": {"version": "1"} for act in ("resolve", "withdraw")},
    "/meetings/{meeting}/report/paragraphs/{paragraph}/wordings/restore": {"number": "1"},
    "/meetings/{meeting}/report/paragraphs/{paragraph}/said": {"text": "Another text."},
    "/meetings/{meeting}/report/corrections/{correction}": {"to": "decline", "reason": "Because."},
    "/meetings/{meeting}/decisions/{decision}/action": {"text": "Do it.", "owner": "KEN"},
    "/meetings/{meeting}/actions/{action}": {"progress": "done", "note": "Because."},
    "/contributions/{contribution}": COVER,
    "/contributions/{contribution}/files": COVER,
    "/contributions/{contribution}/files/{language}/remove": COVER,
    "/contributions/{contribution}/files/{language}/language": {"to": "fr"},
    "/contributions/{contribution}/submit": {"late": "yes"},
    "/contributions/{contribution}/return": {"reason": "Because."},
    "/contributions/{contribution}/accept-late": {"reason": "Because."},
    "/contributions/{contribution}/hold": {"reason": "Because."},
    "/contributions/{contribution}/decline-confirmation": {"reason": "Because."},
    "/contributions/{contribution}/sponsors": {"entity": "JPN"},
    "/documents/{document}/follow/{step}": COVER | {"note": "What is new."},
    "/bodies/{body}/clearance": STATE_DECISIONS,
    "/outputs/{output}/edit": OUTPUT,
    "/outputs/{output}": OUTPUT,
    "/outputs/{output}/files": OUTPUT,
    "/outputs/{output}/files/{language}/remove": OUTPUT,
    "/letters": {"releases": "daily"},
    "/filters": {"list": "documents", "query": "type=C", "name": "Contributions"},
    "/letters/follow": {"kind": "state", "key": "KEN"},
    "/letters/unfollow": {"kind": "state", "key": "KEN"},
    "/people/{body}/accredit": TERM | {"capacity": "delegate"},
    **{f"/people/{{body}}/import{step}": INVITED_PEOPLE for step in ("", "/confirm")},
    **{f"/meetings/{{meeting}}/participants/import{step}": PARTICIPANTS for step in ("", "/confirm")},
    "/people/{body}/invite": TERM
    | {"capacity": "delegate", "name": "A", "email": "a@example.org", "entity": "KEN", "language": "en"},
    "/people/{body}/offices/propose": TERM | {"office": "vice_chair"},
    "/accreditations/{accreditation}/end": {"reason": "Because."},
    "/accreditation-requests": {"body": BODY},
    "/accreditation-requests/{accreditation_request}/decline": {"reason": "Because."},
    "/offices/{appointment}/end": {"reason": "Because."},
    "/states": {"region_MNG": "E"},
    "/bodies/{body}/liaisons": {"party": "IETF", "subject": "A subject", "original": "en", "wants": "reply"},
    **{f"/liaisons/{{liaison}}/{act}": {"reason": "Because."} for act in ("return", "close")},
    "/liaisons/{liaison}/hold": {"until": "2099-01-01"},
    "/bodies/{body}/reporting-duties": {
        **{"organization": "UPU", "clause": "tunis-71", "every_months": "12", "from_on": "2027-01-01"},
        "next_due_on": "2027-03-31",
    },
    "/expected-reports/{expected_report}/decline": {"reason": "Because.", "declined_on": "2026-11-01"},
    "/reporting-duties/{duty}/publication/end": {"reason": "Because."},
    "/liaisons/{liaison}/files": {"language": "fr"},
    "/organizations": ORGANIZATION | {"code": "ANOTHER"},
    "/organizations/{organization}": ORGANIZATION,
    "/organizations/{organization}/end": {"until_on": "2030-01-01"},
    "/organizations/{organization}/inbox": {"public_key": PUBLIC_KEY},
    **{f"/organization-inboxes/{{organization_inbox}}/{act}": {"reason": "Because."} for act in ("decline", "revoke")},
    "/topics": NAMES | {"code": "another"},
    "/topics/{topic}": NAMES,
    "/mandates": NAMES | {"code": "pp-res-2", "source": "PP", "kind": "resolution", "number": "2", "year": "2026"},
    "/mandates/{mandate}": NAMES,
    "/mandates/{mandate}/versions/new": NAMES | {"year": "2030"},
    "/mandates/{mandate}/clauses/new": NAMES | {"label": "resolves 9", "acts": "council"},
    "/mandates/{mandate}/{clause}/edit": NAMES | {"acts": "council"},
    "/action-lines/{action_line}": NAMES,
    "/bodies": GROUP | {"prefix": "EG-One", "silence_hours": "72", "admits": "member_state"},
    "/bodies/{body}/questions": {"code": "Q1/9", "title_en": "A title"} | TERM,
    "/bodies/{body}/edit": GROUP
    | {"version": "1", "silence_hours": "96", "positions_shown_to": "every-delegation", "reason": "Because."},
    "/bodies/{body}/end": {"until_on": "2030-01-01", "reason": "Because."},
    "/bodies/{group}/first-secretary": {"until_on": "2030-01-01"},
    "/body-proposals/{body_proposal}/decline": {"reason": "Because."},
    "/action-lines/{action_line}/focal-points": {"from_on": "2026-01-01", "until_on": "2099-12-31"},
    "/focal-points/{focal_point}/end": {"reason": "Because."},
    "/action-lines/{action_line}/facilitators": {"organization": "UPU"},
    "/action-lines/{action_line}/facilitators/{facilitation}": {"organization": "ITU"},
    "/documents/{document}/{edition}/translate": {"language": "fr"},
    "/documents/{document}/relate": {"kind": "comments-on"},
    "/documents/{document}/open": {"reason": "Because."},
    "/documents/{document}/titles": {"title_fr": "Un titre"},
    "/documents/{document}/correct": {"title": "Another title", "language": "en", "reason": "Because."},
    "/documents/{document}/withdraw": {"reason": "Because."},
    "/documents/{document}/void": {"reason": "Because."},
    "/documents/{document}/{edition}/relist": PROPOSAL | {"reason": "Because."},
    "/outputs/{output}/adopt": {"adopted_on": date.today().isoformat(), "without_pdf": "yes"},
    "/outputs/{output}/versions/{number}/comments": {
        "kind": "remark",
        "paragraph": "0",
        "text": "Noted.",
        "lang": "en",
    },
    "/outputs/{output}/comments/{comment}": {"text": "Noted.", "lang": "en"},
    "/outputs/{output}/comments/{comment}/answer": {"answer": "taken", "lang": "en"},
    "/outputs/{output}/call-back": {"reason": "Because."},
    "/outputs/{output}/call-back-completion": {"reason": "Because."},
    "/outputs/{output}/withdraw": {"reason": "Because.", "lang": "en"},
    "/outputs/{output}/let-out": {"when": "now"},
    "/outputs/{output}/complete": {"when": "now"},
    "/outputs/{output}/let-out-alone": {"reason": "Because.", "lang": "en"},
    "/outputs/{output}/withdraw-alone": {"reason": "Because.", "lang": "en"},
    "/outputs/{output}/withdrawal/decline": {"reason": "Because."},
    "/outputs/{output}/silence": {"choice": "open-anyway", "opening_reason": "Because."},
    "/outputs/{output}/statements": {"kind": "explanation", "text": "We note it.", "lang": "en"},
    "/outputs/{output}/statements/{statement}": {"text": "We note it.", "lang": "en"},
    "/silence/{procedure}/extend": {"reason": "Because.", "version": "1"},
    "/silence/{procedure}/position": {"stance": "supports", "lang": "en", "version": "0"},
}
NO_PAGE = {
    "POST /uploads": {201},
    "GET /uploads/{upload}": {204},
    "PATCH": {204},
    "DELETE": {204},
}  # a script asks, not a browser
# A part of a thing that not all who see the thing may see: to the others it does not exist.
UNKNOWN_TO_OTHERS = (
    contributions.SEE_RECEIPTS,
    invitation_letters.SEE_LETTERS,
    invitation_letters.MAKE_LETTERS,
    invitation_letters.PUT_INVITATION_TEMPLATE,
)
TAKES_A_FILE = (
    "/contributions/{contribution}/files",
    "/outputs/{output}/files",
    "/outputs/{output}/translate",
    "/bodies/{body}/liaisons",
    "/liaisons/{liaison}/files",
    "/bodies/{body}/report-template",
    "/bodies/{body}/invitation-template/{language}",
    "/documents/{document}/{edition}/translate",
)
AS_THINGS_STAND = {
    "/meetings/{meeting}/pack": {200},  # the answer to the form is the file
    "/delegation-view/meetings/{meeting}": {404},  # no State is named; more in tests/web/documents
    "/registration/without-findings": {200, 409},  # the form does not say what was seen
    "/deliveries/{delivery}/transmission.json": {404},  # none is by machine; more in tests/worker
    "/liaisons/{liaison}/transmission.json": {404},  # people took them in; more in tests/web/liaisons/test_inbox.py
    "/contributions/{contribution}/receipts/{receipt}.json": {202},  # no head covers it
    "/outputs/{output}/receipts/{receipt}.json": {202, 404},  # nor these; a draft has none
    "/silence/{procedure}/receipts/{receipt}.json": {
        404
    },  # one's own alone; more in tests/web/outputs/test_receipts.py
    # They have no PDF; more in tests/web/outputs/test_output_pdfs.py
    "/outputs/{output}/files/{language}/pdf": {404},
    "/outputs/{output}/translations/{language}/pdf": {404},
    "/silence/{procedure}/files/{language}/pdf": {404},
    "/record/{seq}": {200, 404},  # a line that some see; more in tests/web/record/test_history.py
    "/record/{seq}.json": {404},  # no head is there; more in tests/web/record/test_audit_trail.py
    # nothing is selected or uploaded; more in tests/web/translations
    "/meetings/{meeting}/agenda/titles": {200, 400},
    "/translations/assign": {400},
    # nothing was received, and the message was not read; more in tests/web/liaisons/test_reports.py
    "/bodies/{body}/liaisons/register": {200, 400},
    "/expected-reports/{expected_report}/answer": {400},
    "/expected-reports/{expected_report}/request": {200, 409},
    "/translations.zip": {400},
    "/translations/received/add": {400},
    "/translations/received": {200, 400},
    "/people/{body}/import": {200},  # the preview
    "/bodies": {200, 400},  # no person is named; more in tests/web/bodies/test_bodies.py
    "/bodies/{body}/questions/{number}": {404},  # it has none; more in tests/web/bodies/test_study_groups.py
    "/meetings/{meeting}/participants/import": {200},
    # nothing is selected, made or typed; more in tests/web/meetings/test_check_in.py
    "/meetings/{meeting}/badges": {200, 400},
    "/meetings/{meeting}/badges/{made}": {404},
    # the file, and no such set; more in tests/web/meetings/test_invitation_letters.py
    "/meetings/{meeting}/invitation/check": {200},
    "/meetings/{meeting}/invitation/preview": {200},
    "/meetings/{meeting}/invitation/letters/{letters}.zip": {404},
    "/meetings/{meeting}/check-in": {200, 400},
    "/meetings/{meeting}/plan/edit": {303},  # to the editor of the agenda
    "/meetings/{meeting}/floor/present": {409},  # the current item has no such document
    "/meetings/{meeting}/floor/step": {409},  # somebody waits for the floor
    "/account/calendar": {200},  # the only page that ever shows the address
    "/outputs/{output}/versions": {303},  # to the latest
    "/outputs/{output}/approve/sign-in": {303},  # to the provider
    "/outputs/{output}/translations/{language}/approve/sign-in": {303},  # to the provider
    "/outputs/{output}/record": {200, 409},  # nothing is on record before the adoption
    "/outputs/{output}/record.pdf": {200, 409},
    "/deliveries/{delivery}/cover.pdf": {200, 409},  # only what is delivered by hand has one
    "/contributions/{contribution}/files/{language}/title": {409},  # no title was read in that file
    "/meetings/{meeting}/floor/item": {409},  # somebody waits for the floor
    "/meetings/{meeting}/floor/undo": {409},  # a decision was the last act
    "/meetings/{meeting}/report/draft": {303, 409},  # the first day of some has not come, others have a draft
    "/meetings/{meeting}/report/adopt": {409},  # a correction waits
    "/meetings/{meeting}/report/proposal": {200, 400, 404},  # nothing is selected, or there is no draft
    "/meetings/{meeting}/report/revisions/{number}": {200, 404},  # before there is one to see
    "/meetings/{meeting}/report/revisions/{number}/restore": {409},  # it is the current text
    "/meetings/{meeting}/report/paragraphs/{paragraph}/wordings": {200, 404},
    "/meetings/{meeting}/report/comments/{comment}/withdraw": {303, 404},  # it is that of the chair
    "/meetings/{meeting}/report/paragraphs/{paragraph}/wordings/restore": {409},  # it is the current wording
    "/meetings/{meeting}/report/docx": {200, 404},  # nothing to print before there is one to see
    "/meetings/{meeting}/report/pdf": {503, 404},  # this installation has no LibreOffice
    "/meetings/{meeting}/floor/events": {200, 204},  # nothing to tell between sessions
    # this installation sends no e-mail; more in tests/web/outbox/test_messages.py
    "/bodies/{body}/messages": {200, 409},
    "/bodies/{body}/messages/new": {409},
    "/bodies/{body}/messages/write": {409},
}
# The acts for which a person signs in before, and the language of the translation that is approved.
LANGUAGE_OF_APPROVAL = {"/outputs/{output}/approve": "", "/outputs/{output}/translations/{language}/approve": "fr"}
QUERIES = {
    "/meetings/{meeting}/floor/events": "?once=yes",
    "/meetings/new": f"?body={BODY}",
}
LEADS_ELSEWHERE = ("/documents/by-symbol/{symbol}", "/registration")  # the latter while it names no outcome
ROUTES_OF_A_KIND = {
    "statement": ("/outputs/{output}/statements/{statement}",),
    "translation": ("/outputs/{output}/translations",),
    "version": ("/outputs/{output}/versions",),
    "comment": ("/outputs/{output}/comments",),
    "action": ("/meetings/{meeting}/actions", "/meetings/{meeting}/decisions/{decision}/action"),
    "report": ("/meetings/{meeting}/report",),
    "floor": ("/meetings/{meeting}/floor", "/meetings/{meeting}/decisions"),
}
NAMES_A_THING = (
    "meeting",
    "contribution",
    "output",
    "accreditation",
    "accreditation_request",
    "invitation",
    "appointment",
    "user_session",
    "saved_filter",
    "person",
    "document",
    "upload",
    "symbol",
    "slug",
    "body",
    "body_proposal",
    "group",
    "procedure",
    "message",
    "topic",
    "organization",
    "organization_inbox",
    "clause",
    "mandate",
    "facilitation",
    "action_line",
    "focal_point",
    "liaison",
    "duty",
    "expected_report",
    "code",
    "participant",
    "meeting_session",
    "delivery",
)
WITHOUT_SEAT = {
    *("desk:see", "session:end", "calendar:keep", "zone:choose", "letters:choose", "topic:see", "document:see"),
    "organization:see",
    "accreditation:request",
    "body:see",
    "filter:keep",
    "mandate:see",
}
# What each page may cost, noted by hand.
STATEMENT_COUNTS = tomllib.loads(Path(__file__).with_name("statement_counts.toml").read_text("utf-8"))
# The steps of a meeting's life cycle that lead to each state.
LIVES: dict[str, tuple[str, ...]] = {
    "planned": (),
    "convened": ("convene",),
    "in_session": ("convene", "begin"),
    "closed": ("convene", "begin", "close"),
}


def find_parameter(path: str) -> str:
    """The name of the part of a route's path that names its thing, or nothing."""
    return next((name for name in NAMES_A_THING if f"{{{name}}}" in path), "")


def find_kind(path: str) -> str:
    """The kind of things that a route is about."""
    return next((kind for kind, where in ROUTES_OF_A_KIND.items() if path.startswith(where)), find_parameter(path))


def fill_address(path: str, thing: Thing | None) -> str:
    """The address for a thing; what else it names comes from the thing."""
    named = {
        find_parameter(path): thing.key if thing else "",
        "language": "en",
        "number": "1",
        "state": "MNG",
        **(thing.more if thing else {}),
    }
    for name, value in named.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def fill_query(path: str, thing: Thing | None) -> str:
    """What a page needs behind its address."""
    if thing and "person" in thing.more:
        return f"?person={thing.more['person']}"
    return QUERIES.get(path, "")


def expected(method: str, path: str, permission: Permission[Any], actor: Actor | None, thing: Thing | None) -> set[int]:
    if actor is None:
        return {401}
    if method == "POST" and is_never_read(path, permission, actor):
        return {404} if "{" in path else {403}
    good = {200} if method in SAFE_METHODS and path not in LEADS_ELSEWHERE else {303}
    good = NO_PAGE.get(f"{method} {path}", NO_PAGE.get(method, good)) if path.startswith("/uploads") else good
    if path in TAKES_A_FILE and method == "POST":
        good = {400}
    good = AS_THINGS_STAND.get(path, good)
    if thing is None:
        return expected_of_a_list(permission, actor, good)
    subject = thing.subject(actor, permission)
    if not thing.sees(actor) and is_led_to_document(f"{method} {path}", actor, thing):
        return {303}
    if not thing.sees(actor) or (
        permission in UNKNOWN_TO_OTHERS and permission.actor_rule.objection_to(actor, subject)
    ):
        return {404}
    if permission is agendas.WITHDRAW_PROPOSAL and actor.entity != subject.entity:
        return {404}
    if permission is contributions.REGISTER and thing.state == "in-its-name" and permission.allows(actor, subject):
        return {409}  # Kenya has to confirm it first
    if permission.allows(actor, subject):
        return good
    if permission is delivering.RECEIVE_DELIVERY and f"{method} {thing.state}" == "POST body-received":
        return {403} if permission.actor_rule.objection_to(actor, subject) else {303}  # it finds the document
    return {403} if permission.actor_rule.objection_to(actor, subject) else {409}


def is_led_to_document(route: str, actor: Actor, thing: Thing) -> bool:
    """The address of a registered contribution leads to its document those who may read only that: the group."""
    on_the_register = route == "GET /contributions/{contribution}" and thing.state == "registered"
    return on_the_register and bool(actor.bodies_with_role())


def is_never_read(path: str, permission: Permission[Any], actor: Actor) -> bool:
    """A form of somebody who never had a seat, to a route whose permission needs one."""
    return not actor.seats and permission.name not in WITHOUT_SEAT and not path.startswith("/uploads")


def expected_of_a_list(permission: Permission[Any], actor: Actor, good: set[int]) -> set[int]:
    """A list is there for those with a seat; an act that names no thing is asked for each of one's own bodies."""
    if permission in (
        identity.SEE_OWN_DASHBOARD,
        identity.MANAGE_CALENDAR_ADDRESS,
        identity.CHOOSE_TIME_ZONE,
        identity.KEEP_FILTER,
        notifications.CHOOSE_NOTIFICATIONS,
        documents.SEE,
        organizations.SEE,
        topics.SEE,
        mandates.SEE,
        body_proposals.SEE_BODY,
    ):
        return good
    if permission is uploads.SEE:
        return good
    if permission is bodies.REQUEST_ACCREDITATION:
        return good if actor.category == "member_state" and not actor.seats else {403, 404}
    if permission in (
        meetings.SEE,
        liaisons.SEE,
        reporting.SEE,
        outputs.SEE_OUTPUT,
        silence.SEE_PROCEDURE,
        audit_trail.SEE,
    ):
        return good if actor.bodies_with_role() else {404}
    if permission is contributions.SEE:
        return good if actor.bodies_with_role(*bodies.DELEGATES, *bodies.CHAIRS, "secretary") else {404}
    if permission is delivering.SEE_DELIVERY:
        return good if actor.has_role(None, "tsb") or actor.bodies_with_role("secretary") else {404}
    if permission is body_proposals.PROPOSE_BODY:
        return good if actor.bodies_with_role("secretary") else {403}
    if permission in (bodies.SET_REGION, organizations.EDIT, topics.EDIT, mandates.EDIT, monitoring.SEE):
        return good if permission.allows(actor, None) else {403}
    places = [EntityInBody(each, actor.entity) for each in actor.bodies_with_role()]
    return good if any(permission.actor_rule.objection_to(actor, place) is None for place in places) else {403, 404}


def is_tested_elsewhere(path: str, permission: Permission[Any], actor: Actor | None, thing: Thing | None) -> bool:
    """Of meetings in other states than open, only visibility and the routes of the meeting itself are tested here;
    and PDFs take long to make."""
    if thing is None or thing.state not in LIVES or actor is None or not thing.sees(actor):
        return False
    of_the_meeting = permission.name.startswith(("meeting:", "participant:", "contribution:draft", "output:draft"))
    return not of_the_meeting or path.endswith(".pdf")


@dataclass(frozen=True)
class Cell:
    """One person at one route, on one thing, and the answers that are due: to this person, and to each of the cast."""

    who: str | None
    thing: Thing | None
    allowed: frozenset[int]
    row: tuple[frozenset[int], ...]

    def classes(self, *, is_page: bool) -> set[object]:
        """The classes of cells of its route that it represents.

        Things to which all of the cast get the same answers are one class, unless their page is read.
        """
        read = {id(self.thing)} if is_page and 200 in self.allowed else set[object]()
        return {self.allowed, (self.row, min(self.allowed) < 400)} | read


def decided(grounds: Grounds, method: str, path: str, permission: Permission[Any], kind: str) -> list[Cell]:
    """Every cell of a route."""
    found = []
    for thing in grounds.things.get(kind, [None]):
        due = {
            who: frozenset(expected(method, path, permission, actor, thing))
            for who, actor in grounds.actors.items()
            if not is_tested_elsewhere(path, permission, actor, thing)
        }
        for who, allowed in due.items():
            found.append(Cell(who, thing, allowed, tuple(due.values())))
    return found


def choose_one_of_each_outcome(cells: list[Cell], chance: Random) -> list[Cell]:
    """One that is granted and one that is refused."""
    granted = [cell for cell in cells if min(cell.allowed) < 400]
    refused = [cell for cell in cells if min(cell.allowed) >= 400]
    return [chance.choice(each) for each in (granted, refused) if each]


def choose_one_of_each_class(cells: list[Cell], chance: Random, *, is_page: bool) -> list[Cell]:
    """One of each class, and a twentieth of the rest."""
    seen, chosen, rest = set[object](), [], list(cells)
    chance.shuffle(rest)
    for wanted in (3, 2, 1):  # first those that stand for several classes
        for cell in list(rest):
            classes = cell.classes(is_page=is_page)
            if len(classes - seen) >= wanted:
                seen |= classes
                chosen.append(cell)
                rest.remove(cell)
    return chosen + chance.sample(rest, len(rest) // 20)


@pytest.fixture
def chance(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Random:
    return Random(f"{pytestconfig.getoption('randomly_seed', None)} {request.node.nodeid}")


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
def test_every_route_grants_and_refuses_as_its_permission_says(
    grounds: Grounds, chance: Random, method: str, path: str, permission: Permission[Any]
) -> None:
    cells = decided(grounds, method, path, permission, find_kind(path))
    chosen = choose_one_of_each_outcome(cells, chance)
    NOTED.update({"cells of rights decided": len(cells), "cells of rights sent": len(chosen)})
    assert find_wrong_answers(grounds, method, path, chosen) == []


@pytest.mark.thorough
@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
def test_every_route_answers_as_its_permission_says(
    grounds: Grounds, chance: Random, method: str, path: str, permission: Permission[Any]
) -> None:
    cells = decided(grounds, method, path, permission, find_kind(path))
    chosen = cells if takes_all() else choose_one_of_each_class(cells, chance, is_page=method in SAFE_METHODS)
    NOTED.update({"cells of rights decided": len(cells), "cells of rights sent": len(chosen)})
    assert find_wrong_answers(grounds, method, path, chosen) == []


def find_wrong_answers(grounds: Grounds, method: str, path: str, cells: list[Cell]) -> list[str]:
    """Send these cells; the answers that are not as they have to be, and what somebody reads who may not."""
    wrong = []
    for cell in cells:
        who, thing, actor = cell.who, cell.thing, grounds.actors[cell.who]
        data = FORMS.get(path, {}) | dict(thing.more if thing else {}) | versions(grounds, path)
        if path in ("/meetings/{meeting}/contributions", "/documents/{document}/follow/{step}"):
            data["key"] = str(uuid4())
        files = {"file": ("x.pdf", b"no document")} if path in TAKES_A_FILE else None
        address = fill_address(path, thing)
        if method in SAFE_METHODS:
            address += fill_query(path, thing)
        if path in LANGUAGE_OF_APPROVAL and who and thing:
            sign_in_to_approve(grounds, who, UUID(thing.key), LANGUAGE_OF_APPROVAL[path])
        answer = grounds.send(who, method, address, data, files)
        if answer.status_code not in cell.allowed:
            state = thing.state if thing else ""
            wrong.append(f"{who or 'nobody'}, {state or 'any state'}: {answer.status_code}, not {sorted(cell.allowed)}")
        for other in (each for kind in grounds.things.values() for each in kind if each.title):
            if other.title in answer.text and not (actor and other.sees(actor)):
                wrong.append(f"{who or 'nobody'} was told of {other.title!r}")
    return wrong


def sign_in_to_approve(grounds: Grounds, who: str, output_id: UUID, language: str) -> None:
    """Let a person have signed in for the approval of an output, or of its translation into this language."""
    with transaction(grounds.world.read) as session:
        output = session.get_one(Output, output_id)
    grounds.world.sign_in_to_approve(grounds.secrets[who], output, who, language=language)


def versions(grounds: Grounds, path: str) -> dict[str, str]:
    """The version of the agenda, of a decision or of the group, where that is what is worked on."""
    if path.endswith("/decisions/{decision}/correct"):
        return {"version": "1"}
    if path == "/bodies/{body}/edit":
        with transaction(grounds.world.read) as session:
            return {"version": str(session.get_one(Body, grounds.world.body().id).version)}
    if "/agenda/" not in path and "/plan/" not in path:
        return {}
    with transaction(grounds.world.read) as session:
        return {"version": str(session.scalars(select(Meeting.agenda_version).where(Meeting.number == 22)).one())}


@pytest.mark.parametrize("kind", ["contribution", "output"])
def test_unknown_and_hidden_have_one_answer(grounds: Grounds, kind: str) -> None:
    hidden = next(each for each in grounds.things[kind] if each.state == "draft")
    theirs = grounds.send("rafael", "GET", f"/{kind}s/{hidden.key}", {})
    nothing = grounds.send("rafael", "GET", f"/{kind}s/{uuid4()}", {})
    seen = grounds.send("amina" if kind == "contribution" else "laurent", "GET", f"/{kind}s/{hidden.key}", {})

    assert seen.status_code == 200
    assert hidden.title in seen.text
    assert (theirs.status_code, nothing.status_code) == (404, 404)
    assert theirs.content == nothing.content
    assert sorted(theirs.headers) == sorted(nothing.headers)


def test_each_notification_links_to_a_page_that_its_recipients_can_open(grounds: Grounds) -> None:
    """Of each type that these things cause, the first line that is not over, for one person of each role; also for
    those who did it: they are not notified themselves, but others with the same role are."""
    links: dict[tuple[str, str, frozenset[str]], tuple[str, str]] = {}
    keys = {actor.person: key for key, actor in grounds.actors.items() if actor}
    roles = {actor.person: frozenset(seat.role for seat in actor.seats) for actor in grounds.actors.values() if actor}
    with transaction(grounds.world.work) as session:
        for line in session.scalars(select(JournalLine).order_by(JournalLine.seq)):
            for about in list_notification_types(line):
                context = about.build_context(session, line)
                if context.is_over:
                    continue
                concerned = replace(context, followers=frozenset(keys))
                for person in list_recipients(session, line, replace(about, skips_actor=False), concerned):
                    if person in keys:
                        body = session.get_one(Body, context.body_id)
                        link = keys[person], about.fill_path(line, body.code)
                        links.setdefault((about.path, about.kind, roles[person]), link)

    assert {kind for _path, kind, _roles in links} >= {"draft", "contribution", "document", "followed", "release"}
    answers = {link: grounds.send(link[0], "GET", link[1], {}).status_code for link in links.values()}
    assert {link: status for link, status in answers.items() if status not in (200, 303)} == {}


@pytest.fixture
def statements(grounds: Grounds) -> Iterator[list[str]]:
    """The SQL statements that the portal sends."""
    engine, sent = grounds.portal.engine, list[str]()

    def note(*details: object) -> None:
        sent.append(str(details[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_no_page_sends_more_statements_than_are_noted(grounds: Grounds, statements: list[str]) -> None:
    wrong = []
    for route, page in STATEMENT_COUNTS["pages"].items():
        things = grounds.things.get(find_kind(route), [None])
        thing = next(each for each in things if each is None or each.state == page.get("thing", ""))
        statements.clear()
        answer = grounds.send(page["reader"], "GET", fill_address(route, thing) + fill_query(route, thing), {})
        if answer.status_code != 200 or len(statements) > page["statements"]:
            wrong.append(
                f"{route}: status {answer.status_code}, {len(statements)} statements, not {page['statements']}"
            )
    assert wrong == []


def test_the_statements_of_each_page_are_noted_and_at_most_ten() -> None:
    readable = {str(route.values[1]) for route in ROUTES if route.values[0] in SAFE_METHODS} | {"/"}
    noted: list[str] = [*STATEMENT_COUNTS["pages"], *STATEMENT_COUNTS["no_pages"]]
    assert sorted(noted) == sorted(readable)
    assert {path for path, page in STATEMENT_COUNTS["pages"].items() if page["statements"] > 10} == set()
