"""Data in bulk: the small town of the tests would be too small, so its findings are multiplied in SQL."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import connection

from chengxin.core import clock
from chengxin.core.actor import system_actor
from chengxin.people import services as people
from chengxin.people.models import Person, Unit, User
from chengxin.rulebook import services as rulebook
from chengxin.rulebook.models import RuleVersion

FINDINGS = 200_000
SYSTEM = system_actor("测速")
COPY = """
INSERT INTO findings_finding (kind, clause, entry, facts, text, note, place, grade, seen_at, seen_on, person_id, person_class, unit_id,
 rule_version_id, rule_label, calendar_version, state, corrected_on_spot, due_from, due_workdays, due_on, due_provisional, closed_at,
 finder_id, finder_person_id, finder_label, finder_office, self_check, notified_at, object_by, fingerprint, version)
SELECT 'attire.dress', CASE i %% 3 WHEN 0 THEN '2.1.3' WHEN 1 THEN '2.3.2' ELSE '2.1.4' END, 'attire.markings_missing', '{}', '漏戴标识',
 '', '路口', 'minor', now() - i * interval '2 minutes', (now() - i * interval '2 minutes')::date, %(person)s, 'established',
 (ARRAY[%(first)s, %(second)s])[1 + i %% 2], %(version)s, 'attire.prohibited@1', '2026.1',
 CASE WHEN i %% 10 = 0 THEN 'open' ELSE 'closed' END, false, NULL, NULL, CASE WHEN i %% 10 = 0 THEN current_date - 3 + i %% 9 END, false,
 CASE WHEN i %% 10 = 0 THEN NULL ELSE now() END, %(finder)s, NULL, '督察', '督察办', false, now(), current_date,
 md5(i::text) || md5('x' || i::text), 1 FROM generate_series(1, %(count)s) i
"""


def build() -> User:
    """A bureau with two squadrons and 200,000 findings; the supervisor who reads them."""
    if not User.objects.filter(username="bench").exists():
        _found()
    return User.objects.get(username="bench")


def _found() -> None:
    day = clock.today()
    rulebook.load_first_issue(SYSTEM)
    rulebook.issue_rulebook(SYSTEM, issued_on=day, document_number="测速")
    bureau = people.add_unit(SYSTEM, code="bureau", name="局", kind="bureau", parent=None)
    units = [people.add_unit(SYSTEM, code=f"s{n}", name=f"{n}中队", kind="squadron", parent=bureau) for n in (1, 2)]
    reader, subject = (_person(number, unit) for number, unit in (("B1", bureau), ("B2", units[0])))
    user = User.objects.create(username="bench", person=reader, password=make_password(None), password_changed_at=clock.now())
    people.grant_role(SYSTEM, user, role="supervisor", unit=None, starts_on=day)
    version = RuleVersion.objects.get(rule__code="attire.prohibited")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the history of rows nobody wrote would only take time
        ids = {"person": subject.pk, "first": units[0].pk, "second": units[1].pk, "version": version.pk, "finder": user.pk}
        cursor.execute(COPY, {**ids, "count": FINDINGS})
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")


def _person(number: str, unit: Unit) -> Person:
    return people.add_person(
        SYSTEM, number=number, name=f"测速{number}", sex="male", person_class="established", unit=unit, joined_on=clock.today()
    )
