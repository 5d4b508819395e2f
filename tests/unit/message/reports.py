"""Reports as different servers and programs write them, made by ourselves after their likeness."""

from __future__ import annotations

SENT = "<0123456789abcdef0123456789abcdef@example.org>"
RETURNED = f"""Received: from laptop by mail.example.org with ESMTPSA;
 Mon, 23 Nov 2026 10:00:00 +0000
From: Ann <ann@example.org>
To: Bob <bob@example.net>, carol@example.net
Subject: Lunch
Date: Mon, 23 Nov 2026 10:00:00 +0000
Message-ID: {SENT}
"""


def report(
    status: str,
    *,
    returned: str = RETURNED,
    whole: str = "multipart/report; report-type=delivery-status",
    status_type: str = "message/delivery-status",
    returned_type: str = "message/rfc822",
    sender: str = "MAILER-DAEMON@mail.example.org (Mail Delivery System)",
    encoding: str = "7bit",
) -> bytes:
    """A report in three parts (RFC 6522 section 3)."""
    return (
        f"Return-Path: <>\nFrom: {sender}\nTo: ann@example.org\n"
        "Subject: Undelivered Mail Returned to Sender\n"
        "Date: Mon, 23 Nov 2026 10:00:05 +0000\n"
        "Auto-Submitted: auto-replied\nMessage-ID: <report.1@mail.example.org>\n"
        f'MIME-Version: 1.0\nContent-Type: {whole}; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nThis is the mail system. I am sorry.\n\n"
        f"--B\nContent-Type: {status_type}\nContent-Transfer-Encoding: {encoding}\n\n"
        f"{status}\n--B\nContent-Type: {returned_type}\n\n{returned}\nHello!\n--B--\n"
    ).encode()


POSTFIX_UNKNOWN = """Reporting-MTA: dns; mail.example.org
X-Postfix-Queue-ID: 4XYZ
X-Postfix-Sender: rfc822; ann@example.org
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; bob@example.net
Original-Recipient: rfc822;bob@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 <bob@example.net>: Recipient address rejected:
    User unknown in virtual mailbox table
"""
POSTFIX_DELAYED = """Reporting-MTA: dns; mail.example.org
Arrival-Date: Mon, 23 Nov 2026 06:00:00 +0000 (UTC)

Final-Recipient: rfc822; carol@example.net
Original-Recipient: rfc822;carol@example.net
Action: delayed
Status: 4.2.2
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 452 4.2.2 <carol@example.net>: Mailbox full
Will-Retry-Until: Thu, 26 Nov 2026 14:00:00 +0000 (UTC)
"""
EXCHANGE = """Reporting-MTA: dns;AM0PR01.example.com

Final-Recipient: rfc822;bob@example.net
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by
 SMTP address lookup
"""
SENDMAIL = """Reporting-MTA: dns; mail.example.org
Received-From-MTA: DNS; laptop

Final-Recipient: RFC822; bob@example.net
Action: failed
Status: 5.0.0
Remote-MTA: DNS; mx.example.net
Diagnostic-Code: SMTP; 550 5.7.1 <bob@example.net>... We take your mail for spam
Last-Attempt-Date: Mon, 23 Nov 2026 10:00:04 GMT
"""
EXIM = """Reporting-MTA: dns; mail.example.org

Action: failed
Final-Recipient: rfc822;bob@example.net
Status: 5.0.0
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 No such user here
"""
DELIVERED = """Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; bob@example.net
Original-Recipient: rfc822;bob@example.net
Action: delivered
Status: 2.0.0
"""
RELAYED = DELIVERED.replace("delivered", "relayed")
EXPANDED = DELIVERED.replace("delivered", "expanded (to 12 members)")
NO_ACTION = """Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; bob@example.net
Status: 5.2.2 (mailbox full)
"""
INTERNATIONAL = """Reporting-MTA: dns; mail.example.org

Final-Recipient: utf-8; b\\x{F6}b@example.net
Action: failed
Status: 5.6.7
"""
TWO = f"""{POSTFIX_UNKNOWN}
Final-Recipient: rfc822; carol@example.net
Action: delivered
Status: 2.1.5
"""
NO_WHOLE = "\n".join(POSTFIX_UNKNOWN.split("\n\n")[1:])

QMAIL = f"""Return-Path: <>
From: MAILER-DAEMON@mail.example.org
To: ann@example.org
Subject: failure notice
Date: Mon, 23 Nov 2026 10:00:05 +0000

Hi. This is the qmail-send program at mail.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bob@example.net>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 sorry, no mailbox here by that name.
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

{RETURNED}
Hello!
""".encode()
EXIM_OLD = f"""Return-Path: <>
X-Failed-Recipients: bob@example.net
From: Mail Delivery System <Mailer-Daemon@mail.example.org>
To: ann@example.org
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.net
    SMTP error from remote mail server after RCPT TO:<bob@example.net>:
    host mx.example.net [192.0.2.7]: 550 5.1.1 Unknown user

------ This is a copy of the message, including all the headers. ------

{RETURNED}
Hello!
""".encode()
HOLIDAY = b"""Return-Path: <>
From: Bob <bob@example.net>
To: ann@example.org
Subject: Away until Monday
Auto-Submitted: auto-replied

I am away. Write to carol@example.net instead: 550 things to do.
"""


def receipt(
    disposition: str = "manual-action/MDN-sent-manually; displayed", *, named: str = SENT
) -> bytes:
    """A read receipt (RFC 8098)."""
    return (
        "From: Bob <bob@example.net>\nTo: ann@example.org\nSubject: Shown: Lunch\n"
        "Date: Sun, 3 May 2026 10:00:05 +0000\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=B\n\n"
        "--B\nContent-Type: text/plain\n\nYour message was shown.\n"
        "--B\nContent-Type: message/disposition-notification\n\n"
        "Reporting-UA: somewhere; some program\nFinal-Recipient: rfc822;bob@example.net\n"
        f"Original-Message-ID: {named}\nDisposition: {disposition}\n--B--\n"
    ).encode()
