"""Triggers on the tables of the facts: a statement that changes what an indicator counts leaves the days it touched as dirty.

Whoever writes – a command, a job, an import, plain SQL – goes through them. A row that moved to another day makes both days dirty.
"""

from typing import NamedTuple

from django.db import migrations


class Watched(NamedTuple):
    """A table, the statements that matter, the columns whose change matters, and which days of which indicators that makes dirty."""

    table: str
    operations: tuple[str, ...]
    columns: tuple[str, ...]
    days: str


ALL, CHANGES, UPDATE = ("INSERT", "UPDATE", "DELETE"), ("UPDATE", "DELETE"), ("UPDATE",)


def local(moment: str) -> str:
    return f"({moment} AT TIME ZONE 'Asia/Shanghai')::date"


# a finding counts in the roll-calls, inspections and reviewed recordings it came from
OF_FINDINGS = f"""
SELECT 'dress', called.held_on FROM changed JOIN attire_rollcallexception bad ON bad.finding_id = changed.id
  JOIN attire_rollcallline line ON line.id = bad.line_id JOIN attire_rollcall called ON called.id = line.roll_call_id
UNION ALL SELECT code, visit.held_on FROM changed JOIN supervision_answer answer ON answer.finding_id = changed.id
  JOIN supervision_check seen ON seen.id = answer.of_id JOIN supervision_visit visit ON visit.id = seen.visit_id
  CROSS JOIN (VALUES ('dress'), ('conduct')) codes(code)
UNION ALL SELECT 'conduct', {local("recording.started_at")} FROM changed JOIN conduct_nomination named ON named.finding_id = changed.id
  JOIN evidence_recording recording ON recording.id = named.recording_id"""
OF_RECORDINGS = f"SELECT 'conduct', {local('recording.started_at')} FROM changed JOIN evidence_recording recording"
# the class of whoever held an item or stands in a recording is that of the person
OF_PERSONS = f"""
SELECT 'closure', {local("custody.due_at")} FROM changed JOIN equipment_custody custody ON custody.holder_id = changed.id
UNION ALL {OF_RECORDINGS} ON recording.person_id = changed.id JOIN evidence_review review ON review.recording_id = recording.id"""

BOTH = "SELECT code, {day} FROM {source} CROSS JOIN (VALUES ('dress'), ('conduct')) codes(code)"
VISITS = "changed JOIN supervision_visit visit ON visit.{key} = changed.{column}"

WATCHED = (
    Watched("attire_rollcall", CHANGES, ("held_on", "unit_id"), "SELECT 'dress', held_on FROM changed"),
    Watched(
        "attire_rollcallline", ALL, ("roll_call_id", "person_class", "outcome"),
        "SELECT 'dress', called.held_on FROM changed JOIN attire_rollcall called ON called.id = changed.roll_call_id",
    ),
    Watched(
        "attire_rollcallexception", ALL, ("line_id", "finding_id"),
        "SELECT 'dress', called.held_on FROM changed JOIN attire_rollcallline line ON line.id = changed.line_id"
        " JOIN attire_rollcall called ON called.id = line.roll_call_id",
    ),
    Watched("findings_finding", CHANGES, ("state", "clause"), OF_FINDINGS),
    Watched(
        "supervision_visit", CHANGES, ("state", "held_on", "unit_id", "plan_id"), BOTH.format(day="changed.held_on", source="changed")
    ),
    Watched(
        "supervision_plan", UPDATE, ("template",),
        BOTH.format(day="visit.held_on", source=VISITS.format(key="plan_id", column="id")),
    ),
    Watched(
        "supervision_check", ALL, ("visit_id", "person_id", "person_class", "outcome"),
        BOTH.format(day="visit.held_on", source=VISITS.format(key="id", column="visit_id")),
    ),
    Watched(
        "supervision_answer", ALL, ("of_id", "finding_id"),
        BOTH.format(
            day="visit.held_on",
            source="changed JOIN supervision_check seen ON seen.id = changed.of_id JOIN supervision_visit visit ON visit.id = seen.visit_id",
        ),
    ),
    Watched(
        "equipment_custody", ALL, ("due_at", "unit_id", "holder_id", "returned_at", "countersigned_at"),
        f"SELECT 'closure', {local('due_at')} FROM changed",
    ),
    Watched(
        "evidence_gap", ALL, ("custody_id", "state"),
        f"SELECT 'closure', {local('custody.due_at')} FROM changed JOIN equipment_custody custody ON custody.id = changed.custody_id",
    ),
    Watched("people_person", UPDATE, ("person_class",), OF_PERSONS),
    Watched(
        "evidence_recording", CHANGES, ("unit_id", "person_id", "started_at"),
        f"SELECT 'conduct', {local('changed.started_at')} FROM changed JOIN evidence_review review ON review.recording_id = changed.id",
    ),
    Watched("evidence_review", ALL, ("draw_id", "recording_id", "outcome"), f"{OF_RECORDINGS} ON recording.id = changed.recording_id"),
    Watched("conduct_nomination", ALL, ("recording_id", "finding_id"), f"{OF_RECORDINGS} ON recording.id = changed.recording_id"),
    Watched(
        "conduct_sheet", ALL, ("review_id", "state"),
        f"SELECT 'conduct', {local('recording.started_at')} FROM changed JOIN evidence_review review ON review.id = changed.review_id"
        " JOIN evidence_recording recording ON recording.id = review.recording_id",
    ),
    Watched(
        "complaints_complaint", CHANGES, ("received_at", "unit_id"),
        f"SELECT code, {local('changed.received_at')} FROM changed"
        " CROSS JOIN (VALUES ('satisfaction'), ('response'), ('feedback')) codes(code)",
    ),
    Watched(
        "complaints_clock", ALL, ("complaint_id", "kind", "round", "due_at", "met_at"),
        f"SELECT changed.kind, {local('complaint.received_at')} FROM changed"
        " JOIN complaints_complaint complaint ON complaint.id = changed.complaint_id WHERE changed.round = 0",
    ),
    Watched(
        "complaints_answer", ALL, ("complaint_id", "satisfied"),
        f"SELECT 'satisfaction', {local('complaint.received_at')} FROM changed"
        " JOIN complaints_complaint complaint ON complaint.id = changed.complaint_id",
    ),
)  # fmt: skip

LEAVE = """INSERT INTO reports_dirtyday (code, day)
  SELECT DISTINCT found.code, found.day FROM (WITH changed AS ({changed}) {days}) found(code, day) WHERE found.day IS NOT NULL;"""
TABLES = {
    "INSERT": "REFERENCING NEW TABLE AS added",
    "UPDATE": "REFERENCING OLD TABLE AS removed NEW TABLE AS added",
    "DELETE": "REFERENCING OLD TABLE AS removed",
}


def forwards(each: Watched) -> str:
    ours, theirs = (f"({', '.join(f'{side}.{column}' for column in each.columns)})" for side in ("added", "removed"))
    differing = f"FROM added JOIN removed ON removed.id = added.id WHERE {ours} IS DISTINCT FROM {theirs}"
    changed = {
        "INSERT": "SELECT * FROM added",
        "UPDATE": f"SELECT added.* {differing} UNION ALL SELECT removed.* {differing}",
        "DELETE": "SELECT * FROM removed",
    }
    branches = " ELS".join(
        f"IF TG_OP = '{operation}' THEN {LEAVE.format(changed=changed[operation], days=each.days)}" for operation in each.operations
    )
    function = f"""CREATE FUNCTION reports_dirty_{each.table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {branches} END IF; RETURN NULL; END $$;"""
    return function + "".join(
        f"""
CREATE TRIGGER reports_dirty_{operation.lower()} AFTER {operation} ON {each.table} {TABLES[operation]}
  FOR EACH STATEMENT EXECUTE FUNCTION reports_dirty_{each.table}();"""
        for operation in each.operations
    )


def backwards(each: Watched) -> str:
    return "".join(f"DROP TRIGGER reports_dirty_{operation.lower()} ON {each.table};" for operation in each.operations) + (
        f"DROP FUNCTION reports_dirty_{each.table}();"
    )


# what is there already has no figures yet: all its days are dirty until they are computed for the first time
EXISTING = f"""
INSERT INTO reports_dirtyday (code, day)
SELECT DISTINCT 'dress', held_on FROM attire_rollcall
UNION SELECT code, held_on FROM supervision_visit CROSS JOIN (VALUES ('dress'), ('conduct')) codes(code) WHERE held_on IS NOT NULL
UNION SELECT 'closure', {local("due_at")} FROM equipment_custody
UNION SELECT 'conduct', {local("started_at")} FROM evidence_recording recording
  WHERE EXISTS (SELECT 1 FROM evidence_review review WHERE review.recording_id = recording.id)
UNION SELECT code, {local("received_at")} FROM complaints_complaint
  CROSS JOIN (VALUES ('satisfaction'), ('response'), ('feedback')) codes(code);"""

# the facts of a day are looked up by their day: roll-calls, visits, recordings and complaints have such an index, custodies get one
INDEX = "CREATE INDEX reports_custody_by_due ON equipment_custody (due_at);"


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_figures"),
        ("attire", "0002_disposed_issue"),
        ("findings", "0002_proposal_proposalevent_and_more"),
        ("supervision", "0001_initial"),
        ("equipment", "0003_readings_and_disposal"),
        ("evidence", "0005_releases"),
        ("conduct", "0001_initial"),
        ("complaints", "0002_withdrawals"),
    ]

    operations = [
        migrations.RunSQL("".join(map(forwards, WATCHED)), "".join(map(backwards, WATCHED))),
        migrations.RunSQL(INDEX, "DROP INDEX reports_custody_by_due;"),
        migrations.RunSQL(EXISTING, migrations.RunSQL.noop),
    ]
