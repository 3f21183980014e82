"""The demo bureau: fictional, complete, the same every time, and never beside real data."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from chengxin.appraisal.models import LedgerEntry
from chengxin.attire.models import RollCall
from chengxin.audit.models import Entry
from chengxin.bulletins.models import Acknowledgement, Bulletin
from chengxin.complaints import rules
from chengxin.complaints.models import Accused, Answer, Clock, Complaint, Pause, Reveal, Validity
from chengxin.complaints.services.accused import units_of
from chengxin.consultations.models import Consultation
from chengxin.core import clock
from chengxin.core.actor import system_actor
from chengxin.demo import build, cast
from chengxin.equipment.models import Count, Custody, Item
from chengxin.equipment.selectors import stock_table
from chengxin.evidence.models import Gap, Hold, Recording
from chengxin.files.models import StoredFile
from chengxin.findings.models import Finding, Proposal
from chengxin.measures.models import Commendation, Measure
from chengxin.people.models import Person, Unit, User
from chengxin.rulebook.models import RuleVersion
from chengxin.supervision.models import Check, Inspector, Plan, Visit
from chengxin.transfer import export, parcel
from chengxin.transfer.backup import Wishes
from chengxin.transfer.importing import KIND, VERSION
from tests.demo import pages
from tests.reports.test_dashboard import every_figure_is_the_rows_behind_it
from tests.world import World

PASSPHRASE = "correct horse battery"
STATEMENTS = 12  # no page asks the database more
MONDAY = clock.at(dt.date(2026, 11, 9), 10)  # six weeks before lie the holidays of October and a make-up workday


@pytest.fixture
def bureau(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six weeks of it: the whole fourteen months are built in the same way."""
    monkeypatch.setattr(build, "HISTORY_DAYS", 42)
    with clock.frozen(MONDAY):
        build.build_when_empty()


def test_it_is_alive_through_the_commands_and_building_again_changes_nothing(
    bureau: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test of one bureau: building it takes longer than all that is asked of it."""
    it_has_the_size_that_was_asked_for_and_every_account_signs_in(capsys)
    every_role_has_something_waiting()
    its_history_came_through_the_commands()
    its_equipment_rooms_are_full_of_life()
    its_footage_is_there_and_some_of_it_is_asked_for()
    its_complaints_are_of_every_kind()
    its_complaints_came_at_every_hour_and_were_kept_or_missed()
    nobody_handles_what_concerns_the_own_unit()
    its_supervision_drew_visited_and_looked_back()
    its_facts_had_consequences_and_its_months_a_bulletin()
    its_rulebook_was_revised_once_and_is_being_discussed()
    before = Person.objects.count(), Entry.objects.count()
    build.build_when_empty()
    assert (Person.objects.count(), Entry.objects.count()) == before
    with clock.frozen(MONDAY):
        its_pages_answer_and_ask_little()
        its_figures_are_the_rows_behind_them()
        it_moves_house_and_means_the_same_there(tmp_path, monkeypatch)


def it_has_the_size_that_was_asked_for_and_every_account_signs_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert Unit.objects.filter(kind="squadron").count() == 6
    classes = Counter(Person.objects.values_list("person_class", flat=True))
    assert 110 <= classes["established"] <= 130
    assert 85 <= classes["auxiliary"] <= 95
    with clock.frozen(MONDAY):
        build.print_accounts()
    printed = capsys.readouterr().out
    assert cast.PASSWORD in printed
    for username in ("leader", "supervisor", "finance", "captain1", "keeper1", "officer1", "auxiliary1", "sysadmin", "secadmin", "auditor"):
        assert username in printed
        assert User.objects.get(username=username).check_password(cast.PASSWORD)
        client = Client()
        client.force_login(User.objects.get(username=username))
        with clock.frozen(MONDAY):
            page = client.get("/")
        assert page.status_code == 200
        assert "演示局" in page.content.decode()


def every_role_has_something_waiting() -> None:
    for username in ("leader", "captain1", "keeper1", "officer1", "supervisor2"):
        client = Client()
        client.force_login(User.objects.get(username=username))
        with clock.frozen(MONDAY):
            assert "现在没有等您处理的事" not in client.get("/").content.decode(), username


def its_history_came_through_the_commands() -> None:
    assert RollCall.objects.count() == Entry.objects.filter(action="attire.roll_called").count() > 100
    assert Finding.objects.count() == Entry.objects.filter(action="findings.raised").count() > 10
    assert not Finding.objects.filter(finder=None).exists()


def its_equipment_rooms_are_full_of_life() -> None:
    assert Item.objects.count() == 900
    assert Custody.objects.count() > 1500
    with clock.frozen(MONDAY):
        open_ = Custody.objects.all().open()
        assert open_.count() > 20
        assert Custody.objects.all().overdue(clock.now()).exists()
    assert {"ready", "lost", "in_repair"} <= set(Item.objects.values_list("service", flat=True))
    assert Count.objects.filter(closed_at=None).count() == 1
    assert Count.objects.exclude(closed_at=None).count() == 1
    assert Proposal.objects.filter(state="waiting").exists()
    assert any(row.low for row in stock_table())


def its_footage_is_there_and_some_of_it_is_asked_for() -> None:
    assert Recording.objects.filter(attribution="attributed").count() > 100
    assert Recording.objects.exclude(attribution="attributed").exists()
    assert {"important", "ordinary"} == set(Recording.objects.values_list("category", flat=True))
    assert Hold.objects.filter(matter__closed_at=None).exists()
    assert Gap.objects.filter(state=Gap.OPEN).exists()
    newest = Recording.objects.exclude(codec="").order_by("-pk")[0]
    assert (newest.codec, newest.is_cut_off) == ("h264", False)


def its_complaints_are_of_every_kind() -> None:
    every = Complaint.objects.all()
    total = every.count()
    assert total == Entry.objects.filter(action="complaints.received").count() >= 380
    assert set(every.values_list("channel", flat=True)) == {"web", "hotline", "letter", "visit", "12345"}
    assert set(every.values_list("state", flat=True)) == set(rules.STATES)
    assert set(every.exclude(result="").values_list("result", flat=True)) == set(rules.RESULTS)
    assert total / 4 < every.filter(is_anonymous=True).count() < total / 2
    assert {1, 2} <= set(every.values_list("reopened", flat=True))
    assert every.exclude(merged_into=None).exists()
    assert every.exclude(repeat_of=None).exists()
    assert every.get(is_restricted=True).state == rules.ROUTED
    assert set(Answer.objects.values_list("solved", "satisfied")) == {(True, True), (True, False), (False, True), (False, False)}
    assert set(Pause.objects.values_list("granted", flat=True)) == {True, False, None}
    assert {True, None} <= set(Reveal.objects.values_list("granted", flat=True))
    photographed = StoredFile.objects.filter(owner__startswith="complaint:").values_list("owner", flat=True).distinct()
    assert photographed.count() == 5


def its_complaints_came_at_every_hour_and_were_kept_or_missed() -> None:
    received = [moment.astimezone(clock.SHANGHAI) for moment in Complaint.objects.values_list("received_at", flat=True)]
    days = {moment.date() for moment in received}
    assert {dt.date(2026, 10, day) for day in (1, 2, 5, 6, 7)} <= days, "the holidays of the week"
    assert dt.date(2026, 10, 10) in days, "a make-up workday"
    assert days & {dt.date(2026, 10, 17), dt.date(2026, 10, 18), dt.date(2026, 10, 24), dt.date(2026, 10, 25)}, "an ordinary weekend"
    assert any(moment.hour >= 22 or moment.hour < 6 for moment in received)
    found = Counter((each.kind, rules.verdict(each.due_at, each.met_at, MONDAY)) for each in Clock.objects.all())
    for kind in rules.CLOCKS:
        assert found[kind, rules.IN_TIME] > 300
        assert 3 < found[kind, rules.LATE] < 70
        assert found[kind, rules.RUNNING] > 1
        assert found[kind, rules.OVERDUE] >= 1


def nobody_handles_what_concerns_the_own_unit() -> None:
    with clock.frozen(MONDAY):
        for each in Accused.objects.select_related("complaint", "person"):
            assert each.complaint.unit_id not in units_of(each), each.complaint.number
            assert each.complaint.handler_id != each.person_id
        client = Client()
        client.force_login(User.objects.get(username="officer1"))
        own = client.get("/complaints/own/").content.decode()
    assert Accused.objects.get(replied_at=None, validities=None).told_text in own
    decided = set(Validity.objects.values_list("outcome", "decided"))
    assert {("true", True), ("true", False), ("partly", True), ("untrue", True), ("partly", None)} <= decided
    assert Validity.objects.exclude(finding=None).count() == 2


def its_supervision_drew_visited_and_looked_back() -> None:
    quarterly = Plan.objects.get(kind="quarterly")
    assert quarterly.objects_draw is not None
    assert quarterly.inspectors_draw is not None
    assert quarterly.state == "assigned", "the quarter is not over"
    assert {visit.unit.kind for visit in quarterly.visits.select_related("unit")} == {"squadron"}
    assert Plan.objects.filter(kind="daily", state="closed").exists()
    assert Visit.objects.filter(state="submitted").count() > 6
    assert Visit.objects.filter(state="waiting").exists()
    for check in Check.objects.filter(outcome="flawed").select_related("visit"):
        assert check.answers.filter(finding__isnull=False).exists()
    for inspector in Inspector.objects.select_related("person", "visit"):
        assert inspector.person.assignments.filter(unit_id=inspector.visit.unit_id).count() == 0


def its_facts_had_consequences_and_its_months_a_bulletin() -> None:
    assert set(Bulletin.objects.values_list("month", "state")) == {("2026-09", "issued"), ("2026-10", "issued")}
    acknowledged = Counter(Acknowledgement.objects.values_list("bulletin__month", flat=True))
    assert acknowledged == {"2026-09": 5, "2026-10": 4}, "one squadron is late every month, another lately"
    assert set(Commendation.objects.values_list("state", flat=True)) == {"given", "proposed"}
    measures = Measure.objects.exclude(state="proposed").select_related("finding")
    assert not [each for each in measures if each.finding and each.decided_by == each.finding.finder_id]
    counting = Finding.objects.filter(person__person_class__in=["established", "auxiliary"]).exclude(state__in=["withdrawn", "merged"])
    entered = LedgerEntry.objects.filter(reverses=None, reversal=None, source__startswith="finding:")
    assert {f"finding:{finding.pk}" for finding in counting} == set(entered.values_list("source", flat=True))


def its_rulebook_was_revised_once_and_is_being_discussed() -> None:
    finished, running = Consultation.objects.order_by("pk")
    assert (finished.state, running.state) == ("published", "open")
    assert RuleVersion.objects.get(rule__code="supervision.desk", number=2).values["soon_days"]["value"] == 2
    assert {each.agrees for each in finished.rounds.get().signatures.all()} == {True}
    assert not finished.opinions.filter(answers=None).exists()
    assert set(running.opinions.values_list("channel", "sight")) >= {("staff", "shown"), ("public", "waiting")}
    assert running.opinions.filter(answers=None).count() == 3
    with clock.frozen(MONDAY):
        assert running.takes_opinions(clock.today())


def test_an_installation_with_units_gets_no_demo(world: World, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    build.build_when_empty()
    build.print_accounts()
    assert not (settings.DATA_DIR / "demo").exists()
    assert "没有建立演示局" in capsys.readouterr().out
    assert Person.objects.filter(number__startswith="CX").count() == 0


def test_the_cast_is_plainly_fictional_and_the_same_every_time() -> None:
    day = dt.date(2025, 9, 23)
    assert list(cast.members(day)) == list(cast.members(day))
    for member in cast.members(day):
        assert member.name[1:] in cast.TERMS


def its_pages_answer_and_ask_little() -> None:
    """Every page a role reaches by links opens, and asks the database no more than a few statements."""
    beyond: dict[str, tuple[int, str, str]] = {}
    for username in ("officer1", "captain1", "keeper1", "leader", "supervisor", "finance", "sysadmin", "secadmin", "auditor"):
        client = Client()
        client.force_login(User.objects.get(username=username))
        seen = list(pages.looked_through(client, each=1))
        assert len(seen) > 10, username
        refused = [(each.address, each.found_on, each.status) for each in seen if each.status >= 400]
        assert {address for address, _, _ in refused} <= {"/equipment/items/labels/?"}, refused  # labels of nothing chosen
        beyond |= {each.door: (each.statements, username, each.address) for each in seen if each.statements > STATEMENTS}
    assert beyond == {}


def its_figures_are_the_rows_behind_them() -> None:
    """Every number of the four indicators leads to as many facts, for whoever looks."""
    for username, least in (("leader", 150), ("brigade", 100), ("captain1", 40)):
        client = Client()
        client.force_login(User.objects.get(username=username))
        assert every_figure_is_the_rows_behind_it(client) >= least, username


def it_moves_house_and_means_the_same_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exported, imported into an empty system by the program itself, and exported there again: line by line the same."""
    monkeypatch.setattr(export, "at_one_moment", nullcontext)  # this test's own transaction is its moment
    first = export.export_bureau(system_actor("搬家"), tmp_path / "first", Wishes(passphrase=PASSPHRASE), lambda _: None)
    outcomes = first.facts["outcomes"]
    assert ([*outcomes["verdicts"]], [*outcomes["complaints"]]) == (["2026"], ["2026"])
    assert all(len(outcomes[chapter]) >= 1 for chapter in ("bulletins", "draws"))
    there = tmp_path / "there"
    imported = chengxin(there, "import", str(first.folder))
    assert (imported["ok"], imported["rows"]) == (True, sum(rows(first).values()))
    assert imported["compared"] == {chapter: len(told) for chapter, told in outcomes.items()}
    chengxin(there, "export", str(tmp_path / "second"))
    second = parcel.opened(tmp_path / "second", KIND, VERSION)
    assert {name: count for name, count in rows(second).items() if count != rows(first)[name]} == {
        "audit_entry": rows(first)["audit_entry"] + 2  # the import, and this export
    }
    digests = {part.path: part.sha256 for part in second.parts}
    sealed = {"credentials.sealed", "keys.sealed"}
    assert {part.path for part in first.parts if digests[part.path] != part.sha256} == {"tables/audit_entry.jsonl", *sealed}
    assert second.facts["outcomes"]["bulletins"] == outcomes["bulletins"]
    assert second.facts["outcomes"]["draws"] == outcomes["draws"]


def rows(found: parcel.Parcel) -> dict[str, int]:
    return {name: told["rows"] for name, told in found.facts["tables"].items()}


def chengxin(data: Path, *arguments: str) -> dict[str, Any]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHENGXIN", "DJANGO"))}
    surroundings = {**kept, "CHENGXIN_DATA": str(data), "CHENGXIN_PG_FSYNC": "off", "CHENGXIN_BACKUP_PASSPHRASE": PASSPHRASE}
    done = subprocess.run([sys.executable, "-m", "chengxin", *arguments], capture_output=True, text=True, check=False, env=surroundings)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
