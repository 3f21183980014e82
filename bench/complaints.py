"""Complaints: the list of 300,000 and the public's form through the running site, both against pgbench running the very same SQL, and
the recount of 100,000 running terms after a holiday notice.
"""

from __future__ import annotations

import datetime as dt
import http.client
import re
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import town
from bench.measure import Result, interleaved, pgbench, rate, result
from bench.site import serving
from chengxin.complaints import rules
from chengxin.complaints.models import Breach, Clock, Complaint, ComplaintStep
from chengxin.complaints.views.public import LEAST_SECONDS, form_token
from chengxin.core import clock
from chengxin.people import services as people
from chengxin.people.models import Person, Unit, User
from chengxin.rulebook import services as rulebook
from chengxin.rulebook.models import CalendarVersion, RuleVersion, State
from chengxin.ui import database

LISTED, LISTED_OPEN, YEARS = 300_000, 3_000, 3
RECOUNTED, BESIDE = 100_000, 20_000  # open ones, and closed ones of the weeks before them
SUBJECTS, UNITS, CLIENTS, SECONDS, TOKENS = 20, 10, 8, 3, 20_000
FORM, LIST = "/complaints/", "/complaints/list/"
COMPLAINT = """
INSERT INTO complaints_complaint (id, form_key, code_digest, channel, external_number, received_at, registered_at, registered_label,
 is_anonymous, text, place, content_digest, category, summary, state, unit_id, is_restricted, merged_into_id, result, where_to,
 first_closed_at, closed_at, reopened)
SELECT i, gen_random_uuid(), md5(i::text) || md5('c' || i::text), (ARRAY['web', 'hotline', '12345'])[1 + i %% 3], '', at, at, '测速',
 i %% 2 = 0, '测速用的投诉内容' || i, '路口', md5('t' || i::text) || md5('x' || i::text),
 CASE state WHEN 'received' THEN '' ELSE (ARRAY['执法态度', '占道经营', '其他'])[1 + i %% 3] END, '', state,
 CASE state WHEN 'received' THEN NULL ELSE (%(units)s::bigint[])[1 + i %% %(unit_count)s] END, state = 'routed',
 CASE state WHEN 'merged' THEN i - 1 END, CASE state WHEN 'closed' THEN (ARRAY['resolved', 'partly', 'unfounded'])[1 + i %% 3] ELSE '' END,
 '', closed, closed, 0
FROM (SELECT *, CASE state WHEN 'closed' THEN at + interval '50 hours' END AS closed FROM (
 SELECT i, %(since)s::timestamptz + (%(until)s::timestamptz - %(since)s::timestamptz) * i / %(count)s AS at,
  CASE WHEN i > %(count)s - %(open)s THEN (ARRAY['received', 'handling'])[1 + i %% 2]
   ELSE CASE i %% 50 WHEN 7 THEN 'routed' WHEN 9 THEN 'merged' ELSE 'closed' END END AS state
 FROM generate_series(1, %(count)s) i) came) known
"""
CLOCK = """
INSERT INTO complaints_clock (complaint_id, kind, round, started_at, due_at, is_provisional, calendar_version, rule_version, met_at)
SELECT id, kind, 0, received_at,
 CASE kind WHEN 'response' THEN received_at + interval '1 day'
  ELSE (date_trunc('day', received_at AT TIME ZONE 'Asia/Shanghai') + interval '4 days -1 microsecond') AT TIME ZONE 'Asia/Shanghai' END,
 kind = 'feedback' AND %(provisional)s, %(calendar)s, 'complaints.clocks@1',
 CASE WHEN state = 'received' OR state = 'handling' AND kind = 'feedback' THEN NULL
  ELSE least(received_at + CASE kind WHEN 'response' THEN interval '5 hours' ELSE interval '50 hours' END, %(until)s) END
FROM complaints_complaint, unnest(ARRAY['response', 'feedback']) kind ORDER BY id, kind DESC
"""
BREACH = """
INSERT INTO complaints_breach (clock_id, due_at, recorded_at, lifted_by)
SELECT id, due_at, due_at, '' FROM complaints_clock WHERE met_at IS NULL AND due_at < %(until)s
"""
ACCUSED = """
INSERT INTO complaints_accused (complaint_id, person_id, unit_id, named_at, named_label, told_text, reply, withdrawn_label,
 withdrawn_reason)
SELECT id, (%(people)s::bigint[])[place], (%(homes)s::bigint[])[place], received_at, '测速', '', '', '', ''
FROM (SELECT id, received_at, 1 + id / 100 %% %(heads)s AS place FROM complaints_complaint WHERE id %% 100 = 3) named
"""
FILLED = "complaints_complaint, complaints_clock, complaints_breach, complaints_accused, people_unit, people_person, people_assignment"


def run() -> Iterator[Result]:
    reader = town.build()
    call_command("collectstatic", verbosity=0, interactive=False)  # a page is not made without the names of its styles
    _open_the_gates()
    now = clock.now()
    _furnish(LISTED, LISTED_OPEN, now - dt.timedelta(days=365 * YEARS), now, calendar=f"{now.year}.1")
    yield _list(reader)
    yield _form()
    yield _recount()


def _open_the_gates() -> None:
    """Let one address send as much as it can: the bench measures posts, not refusals of the seventh within an hour.

    The values are changed in place: a published version holds from the day after its rule's first day at the earliest, so that a town
    issued today could have none.
    """
    rulebook.load_first_issue(town.SYSTEM)  # a town of an earlier bench may not have these rules yet
    if RuleVersion.objects.filter(number=1, state=State.DRAFT).exists():
        rulebook.issue_rulebook(town.SYSTEM, issued_on=clock.today(), document_number="测速")
    version = RuleVersion.objects.get(rule__code="complaints.intake", state=State.ISSUED)
    for name in ("sent_per_hour", "sent_in_all_per_minute"):
        version.values[name]["value"] = 10**9
    version.save(update_fields=["values"])


def _furnish(count: int, still_open: int, since: dt.datetime, until: dt.datetime, *, calendar: str) -> None:
    """Complaints spread evenly over a time, the newest of them open; one in a hundred names somebody, now and then of the bureau's own."""
    bureau = Unit.objects.get(code="bureau")
    if not Unit.objects.filter(code="t0").exists():
        for n in range(UNITS):
            people.add_unit(town.SYSTEM, code=f"t{n}", name=f"测速{n}中队", kind="squadron", parent=bureau)
    units = list(Unit.objects.filter(code__startswith="t").order_by("code"))
    homes = [bureau if n == 0 else units[n % UNITS] for n in range(SUBJECTS)]
    numbers = [f"T{n:02d}" for n in range(SUBJECTS)]
    if not Person.objects.filter(number=numbers[0]).exists():
        for number, home in zip(numbers, homes, strict=True):
            people.add_person(
                town.SYSTEM, number=number, name=f"测速{number}", sex="male", person_class="established", unit=home, joined_on=clock.today()
            )
    subjects = dict(Person.objects.filter(number__in=numbers).values_list("number", "pk"))
    values: dict[str, Any] = {
        "count": count, "open": still_open, "since": since, "until": until, "calendar": calendar, "provisional": "暂定" in calendar,
        "units": [unit.pk for unit in units], "unit_count": UNITS, "heads": SUBJECTS, "people": [subjects[number] for number in numbers],
        "homes": [home.pk for home in homes],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE complaints_complaint, complaints_complaintevent, complaints_clockevent, complaints_throttle RESTART IDENTITY CASCADE"
        )
        cursor.execute("SET session_replication_role = replica")  # the history of rows nobody wrote would only take time
        for statement in (COMPLAINT, CLOCK, BREACH, ACCUSED):
            cursor.execute(statement, values)
        cursor.execute("SELECT setval('complaints_complaint_id_seq', %(count)s)", values)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(f"VACUUM ANALYZE {FILLED}")


def _list(reader: User) -> Result:
    """The whole answer of the site (session, permission, conflict of interest, both clocks, page) as one client asks for it."""
    client = Client(headers={"host": "localhost"})
    client.force_login(reader)
    client.get(LIST)
    answer = client.get(LIST)
    assert answer.status_code == 200
    assert answer.content.count(b'data-title="') >= 50 * 9, "fifty full rows are what is measured"
    statements = _sent_by(lambda: client.get(LIST))  # whoever sends them
    assert sum("complaints_complaint" in text for text in statements) == 2, "the count and the rows are among them"
    script = ";\n".join(text for text in statements if text.startswith(("SELECT", "WITH"))) + ";\n"
    script = script.replace("HH24:MI", "HH24.MI")  # a colon would name a variable of pgbench
    pages, limit = interleaved(5, lambda: rate(lambda: client.get(LIST), SECONDS), lambda: pgbench(script, SECONDS))
    return result(f"work list of 50 over {LISTED:,}", pages, "pages/s", limit, "≥ 0.24")


# --- the public's form ---

SAID = {
    "text": "今天上午九点多，在幸福路口看到两名执法人员要求摊主收摊，说话很不客气，也没有出示证件。希望核实并改进。",
    "place": "幸福路与和平街路口", "happened_on": "", "name": "李女士", "phone": "13800000000", "website": "",
}  # fmt: skip


def _form() -> Result:
    """The form as a browser sends it, with a name and a number to be sealed, over connections that stay open: from reading the body to
    the answer that names the receipt, each a complaint of its own."""
    script = _script()
    before = Complaint.objects.count()
    pgbench(script, 1)
    assert Complaint.objects.count() - before > 1, "pgbench takes complaints in, one after another"
    with serving() as (port, _):
        public = Public(port)
        public.rate(2)  # every worker answers its first request slowly
        before = Complaint.objects.filter(text=SAID["text"]).count()
        posts, limit = interleaved(3, lambda: public.rate(SECONDS), lambda: _replayed(script))
        assert Complaint.objects.filter(text=SAID["text"]).count() - before > 3 * SECONDS
    return result("public form post", posts, f"posts/s ({CLIENTS} connections)", limit, "≥ 0.15")


def _replayed(script: str) -> float:
    """Transactions a second of as many pgbench clients as the site has, each waiting for its own answers and all for the same rows."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(lambda _: pgbench(script, SECONDS), range(CLIENTS)))


class Public:
    """Several people at the running site. One thread sends for all and then listens: threads would take the site's processors."""

    def __init__(self, port: int) -> None:
        self.wires = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(CLIENTS)]
        self.wires[0].request("GET", FORM)
        answer = self.wires[0].getresponse()
        page = answer.read().decode()
        assert answer.status == 200, page
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found is not None
        self.headers = {"Cookie": cookie, "Content-Type": "multipart/form-data; boundary=bench"}
        fields = {"csrfmiddlewaretoken": found[1], "form": "\0", **SAID}
        parts = [f'--bench\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        no_photo = '--bench\r\nContent-Disposition: form-data; name="photo_files"; filename=""\r\n'
        parts += [no_photo, "Content-Type: application/octet-stream\r\n\r\n\r\n--bench--\r\n"]
        self.head, self.tail = (part.encode() for part in "".join(parts).split("\0"))
        self.tokens = deque(form_token() for _ in range(TOKENS))
        time.sleep(LEAST_SECONDS + 1)  # a form that comes back at once is a program's

    def rate(self, seconds: float) -> float:
        """Posts a second; each connection sends the next as soon as the one before is answered."""
        listening, done, begun = selectors.DefaultSelector(), 0, time.perf_counter()
        for wire in self.wires:
            self._send(wire)
            listening.register(wire.sock, selectors.EVENT_READ, wire)
        while listening.get_map():
            for key, _ in listening.select():
                answer = key.data.getresponse()
                content = answer.read()
                assert answer.status == 303, content.decode()
                done += 1
                if time.perf_counter() - begun < seconds:
                    self._send(key.data)
                else:
                    listening.unregister(key.fileobj)
        return done / (time.perf_counter() - begun)

    def _send(self, wire: http.client.HTTPConnection) -> None:
        wire.request("POST", FORM, self.head + self.tokens.popleft().encode() + self.tail, self.headers)


def _script() -> str:
    """The statements of one post as they were sent. What has to be new each time – the form's key, the code's digest, the complaint's
    number – is drawn by the database; everything else is the captured text."""
    client = Client(headers={"host": "localhost"})
    tokens = [form_token() for _ in range(2)]
    time.sleep(LEAST_SECONDS + 1)
    client.post(FORM, {**SAID, "form": tokens[0]})
    statements = _sent_by(lambda: client.post(FORM, {**SAID, "form": tokens[1]}))
    if statements[-2:] == ["COMMIT", "COMMIT"]:  # sent with the rest by us, and once more by the framework, which then ends nothing
        statements.pop()
    assert statements.count("COMMIT") == statements.count("BEGIN") == 1, statements
    number = Complaint.objects.order_by("-pk").values_list("pk", flat=True)[0]
    return ";\n".join(_repeatable(text, number) for text in statements) + ";\n"


def _sent_by(work: Callable[[], Any]) -> list[str]:
    """Every statement in order with its values filled in: those of the ORM, the prepared ones, and the borders of the transaction."""

    class Log(list[Any]):
        def append(self, sent: Any) -> None:
            sql, values = sent
            text = psycopg.ClientCursor(connection.connection).mogrify(sql, values or None)
            connection.queries_log.append({"sql": text, "time": ""})

    with CaptureQueriesContext(connection) as captured:
        database.trace = Log()
        try:
            work()
        finally:
            database.trace = None
    return [query["sql"].replace("\n", " ") for query in captured.captured_queries]


UUID = r"'[0-9a-f-]{32,36}'(?:::uuid)?"
NUMBER = "currval('complaints_complaint_id_seq')"


def _repeatable(text: str, number: int) -> str:
    if text.startswith("WITH made AS (INSERT INTO complaints_complaint "):
        text = re.sub(UUID, "gen_random_uuid()", text, count=1)
        return re.sub(r"'[0-9a-f]{64}'", "md5(random()::text) || md5(random()::text)", text, count=1)
    if text.startswith("SELECT"):
        return re.sub(UUID, "'00000000-0000-0000-0000-000000000000'::uuid", text)  # of a form that was not sent yet
    text = text.replace(f"'{{{number},{number}}}'::int4[]", f"ARRAY[{NUMBER}, {NUMBER}]")  # both clocks
    return text.replace(f"VALUES ({number}, ", f"VALUES ({NUMBER}, ").replace(f"'complaint:{number}'", f"'complaint:' || {NUMBER}")


# --- the recount ---


def _recount() -> Result:
    """100,000 open complaints of the last two months of a year nobody knew the notice of; then it comes, just after the year's end.

    Of 31 December there are none: their terms begin in the next year, which the notice does not touch.
    """
    year = clock.today().year - 1
    CalendarVersion.objects.filter(year=year).delete()
    since, until = clock.at(dt.date(year, 11, 1)), clock.at(dt.date(year, 12, 31))
    _furnish(RECOUNTED + BESIDE, RECOUNTED, since, until - dt.timedelta(minutes=1), calendar=f"{year}.0暂定")
    closed = _closed_clocks()
    with clock.frozen(clock.at(dt.date(year + 1, 1, 2), 9)):
        start = time.perf_counter()
        rulebook.enter_holiday_notice(
            town.SYSTEM, year=year, source="测速", days_off=["10-01/10-07", "11-11/11-12", "12-29/12-31"], makeup_workdays=["12-27"]
        )
        taken = time.perf_counter() - start
    told = ComplaintStep.objects.all()
    assert told.count() == told.values("complaint").distinct().count() == RECOUNTED, "each changed complaint says so, once"
    assert told.filter(complaint__state__in=rules.OPEN_STATES).count() == RECOUNTED
    assert _closed_clocks() == closed, "what is closed stays as it was"
    running = Clock.objects.filter(kind=rules.FEEDBACK, met_at=None)
    assert not running.filter(is_provisional=True).exists()
    lifted = Breach.objects.filter(lifted_at__isnull=False).count()
    CalendarVersion.objects.filter(year=year).delete()
    rulebook.load_first_issue(town.SYSTEM)  # the year's calendar as it was, for the other benches
    return result(f"recount of {RECOUNTED:,}", taken, f"s (each with a trace, {lifted:,} breaches lifted)", 30, "≤ 30", ratio=taken)


def _closed_clocks() -> tuple[int, str]:
    """How many clocks closed complaints have, and a digest of everything they say."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), md5(string_agg(clock::text, ',' ORDER BY clock.id)) FROM complaints_clock clock
             JOIN complaints_complaint complaint ON complaint.id = complaint_id WHERE state NOT IN ('received', 'handling')"""
        )
        count, digest = cursor.fetchone()
    assert count == 2 * BESIDE
    return count, digest
