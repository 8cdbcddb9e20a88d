"""Delivery reports in the form in which Postfix, Exchange and Gmail send them; and messages that are none."""

import re
from email.message import EmailMessage

import pytest

from app.core.mail.delivery_reports import DeliveryFailure, parse_delivery_failure

KEY = "0b0f7b0e-6f5c-4f6e-9f0b-5f1f5d1f7a11"
MESSAGE_ID = f"<{KEY}@portal.example.org>"

POSTFIX = f"""\
Return-Path: <>
Delivered-To: portal@example.org
Received: by mx.example.org (Postfix)
\tid 4F2D31C0A7; Sun, 29 Nov 2026 06:04:53 +0000 (UTC)
Date: Sun, 29 Nov 2026 06:04:53 +0000 (UTC)
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: portal@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="1A2B3C4D5E.1795932293/mx.example.org"
Content-Transfer-Encoding: 8bit
Message-Id: <20261129060453.5E6F7A8B9C@mx.example.org>

This is a MIME-encapsulated message.

--1A2B3C4D5E.1795932293/mx.example.org
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.example.org.

<rafael@example.org>: host mail.example.org[192.0.2.1] said: 550 5.1.1
    <rafael@example.org>: Recipient address rejected: User unknown (in reply to RCPT TO command)

--1A2B3C4D5E.1795932293/mx.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
X-Postfix-Queue-ID: 4F2D31C0A7
X-Postfix-Sender: rfc822; portal@example.org
Arrival-Date: Sun, 29 Nov 2026 06:04:52 +0000 (UTC)

Final-Recipient: rfc822; rafael@example.org
Original-Recipient: rfc822;rafael@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 5.1.1 <rafael@example.org>: Recipient address rejected: User unknown

--1A2B3C4D5E.1795932293/mx.example.org
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <portal@example.org>
From: CWG-Internet portal <portal@example.org>
To: rafael@example.org
Subject: =?utf-8?q?CWG-Internet=3A_Se_abri=C3=B3?=
Message-ID: {MESSAGE_ID}
Date: Sun, 29 Nov 2026 06:04:51 +0000

--1A2B3C4D5E.1795932293/mx.example.org--
"""

EXCHANGE = f"""\
From: <postmaster@itu.example>
To: <portal@example.org>
Date: Sun, 29 Nov 2026 06:05:01 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="c2d9d7d5-71d1-4a4f-8b1c-2d9bb2f7d0aa"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-GB
Message-ID: <d1b0ad5e-3b4f-4ac3-9a4e-111111111111@EX01.itu.example>
In-Reply-To: {MESSAGE_ID}
References: {MESSAGE_ID}
Subject: Undeliverable: CWG-Internet: Se abri=?iso-8859-1?Q?=F3?=

--c2d9d7d5-71d1-4a4f-8b1c-2d9bb2f7d0aa
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="5f1f5d1f-aaaa"

--5f1f5d1f-aaaa
Content-Type: text/plain; charset="us-ascii"

Delivery has failed to these recipients or groups:

rafael@example.org
The recipient's mailbox is full and can't accept messages now.

--5f1f5d1f-aaaa--

--c2d9d7d5-71d1-4a4f-8b1c-2d9bb2f7d0aa
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.itu.example
Received-From-MTA: dns;mx.example.org
Arrival-Date: Sun, 29 Nov 2026 06:04:55 +0000

Original-Recipient: rfc822;rafael@example.org
Final-Recipient: rfc822;rafael@example.org
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException

--c2d9d7d5-71d1-4a4f-8b1c-2d9bb2f7d0aa
Content-Type: message/rfc822

Received: from mx.example.org (192.0.2.7) by EX01.itu.example with Microsoft SMTP Server
From: CWG-Internet portal <portal@example.org>
To: <rafael@example.org>
Message-ID: {MESSAGE_ID}
Content-Type: text/plain

--c2d9d7d5-71d1-4a4f-8b1c-2d9bb2f7d0aa--
"""

GMAIL = f"""\
Delivered-To: portal@example.org
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: portal@example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: {MESSAGE_ID}
In-Reply-To: {MESSAGE_ID}
X-Failed-Recipients: rafael@example.org
Message-ID: <656789ab.050a0220.12345.abcd.GMR@mx.google.com>
Date: Sun, 29 Nov 2026 06:05:11 -0800 (PST)
MIME-Version: 1.0
Content-Type: multipart/report; boundary="00000000000012345605d0a1b2c3"; report-type=delivery-status

--00000000000012345605d0a1b2c3
Content-Type: multipart/related; boundary="0000000000001b2c3d05d0a1b2c4"

--0000000000001b2c3d05d0a1b2c4
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--0000000000001b2c3d05d0a1b2c4--
--00000000000012345605d0a1b2c3
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; portal@example.org
Arrival-Date: Sun, 29 Nov 2026 06:05:10 -0800 (PST)
X-Original-Message-ID: {MESSAGE_ID}

Final-Recipient: rfc822; rafael@example.org
Action: failed
Status: 5.7.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.26, the server for the domain gmail.com.)
Diagnostic-Code: smtp; 550-5.7.1 This message was blocked.
Last-Attempt-Date: Sun, 29 Nov 2026 06:05:11 -0800 (PST)

--00000000000012345605d0a1b2c3
Content-Type: message/rfc822

From: CWG-Internet portal <portal@example.org>
Message-ID: {MESSAGE_ID}

--00000000000012345605d0a1b2c3--
"""
REPORTS = {"Postfix": (POSTFIX, "5.1.1"), "Exchange": (EXCHANGE, "5.2.2"), "Gmail": (GMAIL, "5.7.1")}


def octets(report: str) -> bytes:
    return report.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("program", REPORTS)
def test_a_report_names_the_message_and_the_reason(program: str) -> None:
    report, code = REPORTS[program]

    assert parse_delivery_failure(octets(report)) == DeliveryFailure(frozenset({KEY}), code)


@pytest.mark.parametrize("program", REPORTS)
@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_failed_not_for_good_is_no_failure(program: str, action: str) -> None:
    report = REPORTS[program][0].replace("Action: failed", f"Action: {action}")

    assert parse_delivery_failure(octets(report)) is None


@pytest.mark.parametrize(
    ("status", "code"), [("5.1.1 (bad address)", "5.1.1"), ("nonsense", "5.0.0"), ("5.1.1234567", "5.0.0")]
)
def test_only_a_code_as_defined_is_taken_over(status: str, code: str) -> None:
    failure = parse_delivery_failure(octets(POSTFIX.replace("Status: 5.1.1", f"Status: {status}")))

    assert failure
    assert failure.code == code


def test_a_report_that_names_no_message_is_none() -> None:
    assert parse_delivery_failure(octets(re.sub("<[^<>]*portal.example.org>", "", POSTFIX))) is None


def test_a_reply_that_quotes_a_report_and_what_is_no_message_are_no_reports() -> None:
    reply = EmailMessage()
    reply["In-Reply-To"] = MESSAGE_ID
    reply.set_content(POSTFIX)

    assert parse_delivery_failure(reply.as_bytes()) is None
    for content in (b"", b"\x00\xff" * 500, b"Content-Type: multipart/report\r\n\r\nno parts"):
        assert parse_delivery_failure(content) is None


def test_a_report_that_is_cut_off_is_read_as_far_as_it_came() -> None:
    beginning = octets(EXCHANGE.partition("Content-Type: message/rfc822")[0])

    assert parse_delivery_failure(beginning) == DeliveryFailure(frozenset({KEY}), "5.2.2")


def test_the_headers_of_a_report_are_not_interpreted() -> None:
    hostile = GMAIL.replace(f"Message-ID: {MESSAGE_ID}", "Message-ID: " + "(" * 5000)

    assert "(" * 5000 in hostile
    assert parse_delivery_failure(octets(hostile)) == parse_delivery_failure(octets(GMAIL))
