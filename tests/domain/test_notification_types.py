"""Which events people get e-mail about: each event has types of notifications, or a reason why no one is notified."""

from itertools import combinations

import pytest

from app.core.i18n import LANGUAGES
from app.core.journal import JournalLine
from app.domain.notifications.models import NotificationCategory, NotificationKind
from app.domain.notifications.rules.catalogue import NOTIFICATION_TYPES, REMINDER_TYPES
from app.domain.notifications.rules.kinds import (
    CATEGORY_BY_KIND,
    CATEGORY_LABELS,
    CHOICE_WITHOUT_PREFERENCE,
    KINDS_BY_CATEGORY,
)
from app.domain.pending_actions import KINDS
from app.web.account.notifications import NotificationChoicesForm
from tests.worker.test_subscriptions import event_names

OWN_ACT = "an act of a person in their own account"
DRAFTING = "a step of drafting, which only those who draft can see"
LIVE = "it happens on the floor, where those concerned see it at once"
OPERATION = "a matter of operation: alarms, not notifications, draw attention to faults"
FOLLOWS = "another event of the same act has notifications"
SETTING = "a setting that secretaries agree on; pages and the record show it"
NOT_NOTIFIED = {
    "person:signed-in": OWN_ACT,
    "person:changed": "the identity provider told of the change; the next sign-in shows it",
    "person:sessions-ended": "they are signed out and see why when they sign in again",
    "session:ended": OWN_ACT,
    "calendar:made": OWN_ACT,
    "calendar:revoked": OWN_ACT,
    "letters:stopped": OWN_ACT,
    "letters:wanted": OWN_ACT,
    "letters:chosen": OWN_ACT,
    "person:zone-chosen": OWN_ACT,
    "contribution:drafted": DRAFTING,
    "contribution:changed": DRAFTING,
    "contribution:file-arrived": DRAFTING,
    "contribution:file-removed": DRAFTING,
    "contribution:file-cleaned": DRAFTING,
    "contribution:file-moved": DRAFTING,
    "contribution:original-restored": DRAFTING,
    "contribution:discarded": DRAFTING,
    "contribution:taken-back": "it is a draft again: its State did so itself, and no one else sees it",
    "contribution:confirmation-voided": FOLLOWS,
    "registration:assigned": "secretaries agree on it; the queue of each shows it",
    "contribution:registered-at-request": FOLLOWS,
    "output:drafted": DRAFTING,
    "output:changed": DRAFTING,
    "output:file-received": DRAFTING,
    "output:file-removed": DRAFTING,
    "output:pdf-added": DRAFTING,
    "report:drafted": DRAFTING,
    "report:revised": DRAFTING,
    "report:restored": DRAFTING,
    "agenda:changed": DRAFTING,
    "document:allocated": "a change of the draft agenda; followers are notified when it is released",
    "document:taken-off": "a change of the draft agenda; followers are notified when it is released",
    "agenda:adopted": "the meeting adopts what was released, in the presence of those concerned",
    "decision:taken": "the meeting takes it in the presence of those concerned; the report has it",
    "decision:corrected": "only until the session closes, in the presence of those concerned",
    "sitting:opened": LIVE,
    "sitting:closed": LIVE,
    "sitting:item": LIVE,
    "floor:list": LIVE,
    "floor:asked": LIVE,
    "floor:withdrawn": LIVE,
    "floor:declined": LIVE,
    "floor:moved": LIVE,
    "floor:given": LIVE,
    "floor:ended": LIVE,
    "floor:clock": LIVE,
    "floor:undone": LIVE,
    "floor:item-limits": LIVE,
    "floor:presented": LIVE,
    "sitting:step": LIVE,
    "meeting:planned": DRAFTING,
    "session:laid-down": "calendars show it; that a session is moved or cancelled is notified",
    "invitation:made": "the person has no account yet: an e-mail of its own goes to the address",
    "invitation:withdrawn": "nothing is to be done any more",
    "invitation:accepted": FOLLOWS,
    "participant:registered": "the delegation itself does it; participants who lack it are reminded",
    "participant:changed": "the delegation itself does it",
    "participant:cancelled": "the delegation itself does it",
    "participant:attendance-noted": "those concerned were there",
    "participant:checked-in": "those concerned were there",
    "participant:check-in-undone": "those concerned were there",
    "participant:badges-made": "a badge is handed over at the meeting; participants can see theirs",
    "invitation-letter:made": "the secretariat sends the letters itself",
    "invitation-letter:template-changed": SETTING,
    "report:registered": FOLLOWS,
    "report:template-changed": SETTING,
    "comment:taken-back": "nothing is to be done any more",
    "report:comment-withdrawn": "nothing is to be done any more",
    "report:comment-resolved": "its page says so, and nothing is to be done any more",
    "silence:opened-despite": FOLLOWS,
    "output:let-out": "the release follows at once and has a notification",
    "output:withdrawal-confirmed": "the withdrawal follows at once and has a notification",
    "output:withdrawal-retried": "the withdrawal follows at once and has a notification",
    "output:forwarded": FOLLOWS,
    "delivery:made": FOLLOWS,
    "delivery:acknowledged": "the page of the text shows it",
    "delivery:received": FOLLOWS,
    "delivery:noted-by-hand": "the secretariat does it itself",
    "delivery:acknowledgment-noted": "the page of the text shows it",
    "output:completion-let-out": "the release follows at once and has a notification",
    "output:completion-scheduled": "the release follows and has a notification",
    "output:made-public": FOLLOWS,
    "output:sealed": OPERATION,
    "output:withdrawn-from-the-public": FOLLOWS,
    "liaison:file-added": FOLLOWS,
    "liaison:transmission-received": FOLLOWS,
    "liaison:withdrawal-received": FOLLOWS,
    "delivery:transmission-signed": FOLLOWS,
    "delivery:withdrawal-signed": FOLLOWS,
    "delivery:withdrawal-acknowledged": "the page of the text shows it",
    "delivery:transmission-acknowledged": "the page of the text shows it",
    "organization:inbox-confirmed": SETTING,
    "organization:inbox-declined": "who entered it sees the reason on its page",
    "organization:inbox-revoked": SETTING,
    "liaison:returned": "chair and secretariat decided it; who sent it is written to",
    "liaison:closed": "the chair decides it, and the group sees it",
    "liaison:reply-chosen": DRAFTING,
    "liaison:reply-removed": DRAFTING,
    **dict.fromkeys(("reporting-duty:added", "reporting-duty:changed", "reporting-duty:ended"), SETTING),
    "reporting-duty:publication-confirmed": SETTING,
    "reporting-duty:publication-ended": "who proposed it sees the reason on its page",
    "expected-report:asked": FOLLOWS,
    "expected-report:requested": "the organization has no account: an e-mail of its own goes to its address",
    **dict.fromkeys((f"expected-report:{what}" for what in ("answered", "declined", "reopened", "dropped")), FOLLOWS),
    **dict.fromkeys((f"organization:{what}" for what in ("added", "changed", "ended", "restored")), SETTING),
    "topic:added": SETTING,
    "topic:renamed": SETTING,
    "topic:retired": SETTING,
    "topic:restored": SETTING,
    **dict.fromkeys(("mandate:added", "mandate:renamed", "mandate:version-added", "mandate:retired"), SETTING),
    **dict.fromkeys(("mandate:restored", "clause:added", "clause:changed", "clause:retired"), SETTING),
    **dict.fromkeys(("clause:restored", "action-line:changed", "action-line:facilitation-kept"), SETTING),
    "region:set": SETTING,
    "body:admission-changed": SETTING,
    "body:changed": SETTING,
    "question:kept": SETTING,
    "question:required": SETTING,
    "body:proposal-declined": "who proposed it sees the reason on its page",
    "body:made": FOLLOWS,
    "body:end-set": "the page of the group shows it, and the secretariat sends a message",
    "body:silence-set": SETTING,
    "body:positions-shown-set": SETTING,
    "body:languages-set": SETTING,
    "translation:assigned": "the secretariat does it itself; what is due is on its desk and in the digest",
    "file:scanned": OPERATION,
    "rendition:made": OPERATION,
    "rendition:made-for-contribution": OPERATION,
    "rendition:deleted": OPERATION,
    "backup:taken": OPERATION,
    "record:inventoried": OPERATION,
    "record:migrated": OPERATION,
    "record:restored": OPERATION,
    "record:reopened": OPERATION,
    "record:exported": OPERATION,
    "file:damaged": OPERATION,
    "file:mended": OPERATION,
}

OWN_WORK = "they do it themselves, step by step"
IN_THE_ROOM = "it happens in the room, where those concerned are"
BY_TIME = "it begins with time and with no event"
COUNTED = "there are dozens in a day: their number is on the desk and in the digest"
FOR_EVERYBODY = "what begins it is notified to everybody concerned; what is asked of some is in the digest"
IN_THE_DIGEST_ALONE = {
    "agenda:adopt": IN_THE_ROOM,
    "agenda:allocate": COUNTED,
    "agenda:release": OWN_WORK,
    "accreditation:ends": BY_TIME,
    "contribution:draft": OWN_WORK,
    "contribution:late-with-chair": "the chair is asked",
    "delivery:hand-over": FOR_EVERYBODY,
    "document:titles": COUNTED,
    "document:translate": COUNTED,
    "floor:follow": IN_THE_ROOM,
    "floor:open": BY_TIME,
    "floor:run": IN_THE_ROOM,
    "meeting:begin": BY_TIME,
    "meeting:close": BY_TIME,
    "meeting:convene": OWN_WORK,
    "meeting:open": OWN_WORK,
    "meeting:schedule-sessions": OWN_WORK,
    "office:ends": BY_TIME,
    "output:adopt": "the meeting adopts; a text is there long before",
    "output:complete-draft": OWN_WORK,
    "output:translate": FOR_EVERYBODY,
    "participant:delegations-missing": BY_TIME,
    "participant:note-attendance": IN_THE_ROOM,
    "participant:register-delegation": FOR_EVERYBODY,
    "report:circulate": OWN_WORK,
    "report:draft": OWN_WORK,
    "system:alarm": OPERATION,
}
"""Kinds of pending actions that no notification announces when they begin."""


def test_every_event_has_notifications_or_a_reason_for_none() -> None:
    undecided = event_names() - NOTIFICATION_TYPES.keys() - NOT_NOTIFIED.keys()

    assert undecided == set()
    assert not NOTIFICATION_TYPES.keys() & NOT_NOTIFIED.keys()
    assert NOTIFICATION_TYPES.keys() | NOT_NOTIFIED.keys() == event_names()


def test_every_kind_of_pending_action_is_announced_by_a_notification_or_has_a_reason() -> None:
    announced = {kind.name for types in NOTIFICATION_TYPES.values() for each in types for kind in each.announces}

    assert announced | IN_THE_DIGEST_ALONE.keys() == {kind.name for kind in KINDS}
    assert announced & IN_THE_DIGEST_ALONE.keys() == set()


def test_a_notification_announces_a_pending_action_that_begins_with_its_event() -> None:
    announced = [
        (event, kind) for event, types in NOTIFICATION_TYPES.items() for each in types for kind in each.announces
    ]

    assert [(event, kind.name) for event, kind in announced if event not in kind.begun_by] == []


def test_every_kind_is_of_one_category_and_is_sent_by_an_event_or_the_clock() -> None:
    kinds = [kind for each in KINDS_BY_CATEGORY.values() for kind in each]
    sent = {each.kind for types in NOTIFICATION_TYPES.values() for each in types} | REMINDER_TYPES.keys()

    assert sorted(kinds) == sorted(NotificationKind) == sorted(sent)
    assert CATEGORY_BY_KIND.keys() == set(NotificationKind)


def test_every_category_has_a_label_a_choice_and_a_field_on_the_page() -> None:
    categories = list(NotificationCategory)

    assert list(CATEGORY_LABELS) == categories == list(NotificationChoicesForm.model_fields)
    assert CHOICE_WITHOUT_PREFERENCE.keys() == set(categories)
    assert len(categories) <= 13, "more are no choice for a person"


@pytest.mark.parametrize("event", NOTIFICATION_TYPES)
def test_a_stored_kind_names_one_type_of_a_line(event: str) -> None:
    for one, other in combinations(NOTIFICATION_TYPES[event], 2):
        shared = one.facts.keys() & other.facts.keys()
        are_exclusive = any(one.facts[name] != other.facts[name] for name in shared)
        assert one.kind != other.kind or are_exclusive


def test_the_words_of_a_type_have_no_values_of_the_record() -> None:
    types = [*REMINDER_TYPES.values(), *(each for types in NOTIFICATION_TYPES.values() for each in types)]

    assert [each for each in types if each.subject.values or each.words.values] == []
    assert all(each.subject.translate(language) for each in types for language in LANGUAGES)


def test_e_mails_that_ask_for_or_say_different_things_have_different_subjects() -> None:
    for event in ("output:approved", "report:correction-answered"):
        subjects = [str(each.subject) for each in NOTIFICATION_TYPES[event]]
        assert len(subjects) == len(set(subjects)) == 2


def test_the_e_mail_about_a_request_for_accreditation_leads_to_the_requests_of_its_body() -> None:
    line = JournalLine(event="accreditation:requested", facts={})

    addresses = {each.fill_path(line, "cwg-internet") for each in NOTIFICATION_TYPES[line.event]}

    assert addresses == {"/people/cwg-internet#requests"}
