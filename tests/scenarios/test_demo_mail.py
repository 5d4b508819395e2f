"""What a newcomer finds in the demo about mail that came back."""

from __future__ import annotations

from mailclient.demo.world import running
from mailclient.services.jobs import Job
from mailclient.services.returned import Standing


def test_the_bounce_of_the_demo_is_about_a_message_that_lies_in_sent() -> None:
    with running() as demo:
        app = demo.app
        [account] = app.accounts.list()
        app.receive.collect(account, Job(0))
        app.intake.run(Job(0))
        [sent] = app.search.find("is:undelivered").ids
        [outcome] = app.read.view(sent).outcomes
        assert outcome.text == "dora@outside.example does not exist at outside.example."
        [bounce] = app.search.find("subject:undelivered in:inbox").ids
        report = app.read.view(bounce).report
        assert report is not None
        assert (report.standing, report.sent_row) == (Standing.OWN, sent)
