"""Coverage of a million duties with four million recordings against numpy in memory, and the first page of five million recordings."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from django.db import connection
from django.test import Client

from bench import town
from bench.measure import Result, result
from chengxin.core import clock
from chengxin.equipment.models import Item
from chengxin.evidence.models import Recording
from chengxin.evidence.selectors import coverage
from chengxin.people.models import Person, Unit

SHIFTS, PER_SHIFT, LISTED, PEOPLE = 1_000_000, 4, 5_000_000, 500
FIRST = dt.date(2018, 1, 1)
# shift n: person n % 500 on day n / 500, eight hours; a camera out from ten minutes later to ten minutes before the end; four films
SHIFT = """
INSERT INTO duty_shift (id, person_id, unit_id, day, pattern, title, period, rule_version, planned_at, cancel_reason)
SELECT 10000000 + n, (%(people)s::bigint[])[1 + n %% %(heads)s], %(unit)s, day, 'day', '白班',
 tstzrange(day + time '08:30', day + time '16:30'), '-', now(), ''
 FROM (SELECT n, (%(first)s::date + n / %(heads)s) AS day FROM generate_series(0, %(shifts)s - 1) n) s
"""
CUSTODY = """
INSERT INTO equipment_custody (id, item_id, holder_id, unit_id, purpose, shift_id, reason, taken_at, due_at, readings_out, readings_in,
 issued_label, rule_version, returned_at, returned_label, condition, return_note, countersigned_at)
SELECT id, (%(items)s::bigint[])[1 + (id - 10000000) %% %(heads)s], person_id, unit_id, 'duty', id, '',
 lower(period) + interval '10 minutes', upper(period), '{}', '{}', '测速', '-', upper(period) - interval '10 minutes',
 '测速', 'good', '', upper(period)
FROM duty_shift WHERE id >= 10000000
"""
RECORDING = """
INSERT INTO evidence_recording (sha256, sm3, size, part_size, part_digests, medium, original_name, codec, is_cut_off, trouble, door,
 station, local_id, path, ingested_at, ingested_label, device_name, officer_name, is_time_known, drift_seconds, started_at, ended_at,
 device_id, custody_id, person_id, shift_id, unit_id, attribution, attribution_note, category,
 kept_through, deletable_from, rule_version, examined_at)
SELECT md5(r::text) || md5('x' || r::text), '', 100000000, 16777216, '\\x00', 'video', 'film.mp4', 'h264', false, '', 'imported', '测速',
 r::text, '', start, '测速', 'C-' || item_id, '', true, 0, start, start + interval '90 minutes' + (r %% 40) * interval '1 minute', item_id,
 id, holder_id, shift_id, unit_id, 'attributed', '', 'ordinary', '2030-01-01', '2030-01-02', '-', now()
FROM (SELECT c.*, %(per)s * (c.id - 10000000) + k AS r, c.taken_at + k * interval '115 minutes' AS start
 FROM equipment_custody c, generate_series(0, %(per)s - 1) k WHERE c.id >= 10000000) films
"""
MORE = """
INSERT INTO evidence_recording (sha256, sm3, size, part_size, part_digests, medium, original_name, codec, is_cut_off, trouble, door,
 station, local_id, path, ingested_at, ingested_label, device_name, officer_name, is_time_known, drift_seconds, started_at, ended_at,
 unit_id, attribution, attribution_note, category, kept_through, deletable_from, rule_version, examined_at)
SELECT md5('m' || r::text) || md5('y' || r::text), '', 100000000, 16777216, '\\x00', 'video', 'film.mp4', 'h264', false, '', 'imported',
 '测速', 'm' || r, '', start, '测速', 'X', '', true, 0, start, start, %(unit)s, 'unmatched', '', 'ordinary',
 '2030-01-01', '2030-01-02', '-', now()
FROM (SELECT r, timestamptz '2017-01-01' + r * interval '10 seconds' AS start FROM generate_series(1, %(more)s) r) films
"""


def run() -> Iterator[Result]:
    reader = town.build()
    if Recording.objects.count() < LISTED:
        _furnish()
    until = FIRST + dt.timedelta(days=SHIFTS // PEOPLE)

    def in_the_database() -> float:
        start = time.perf_counter()
        found = coverage.coverage_by_unit(None, FIRST, until)
        assert sum(each.shifts for each in found) == SHIFTS
        return time.perf_counter() - start

    arrays = _arrays()
    taken = statistics.median(in_the_database() for _ in range(3))
    limit = statistics.median(_by_numpy(*arrays) for _ in range(3))
    yield result("coverage of a million duties", taken, "s", limit, "≤ 5")
    client = Client(headers={"host": "localhost"})
    client.force_login(reader)
    client.get("/evidence/recordings/")
    waits = sorted(_page(client) for _ in range(60))
    p95 = waits[int(len(waits) * 0.95)]
    yield result("first page of 5 million recordings, p95", p95, f"ms (p50 {statistics.median(waits):.1f} ms)", 100, "≤ 100", ratio=p95)


def _page(client: Client) -> float:
    start = time.perf_counter()
    answer = client.get("/evidence/recordings/")
    assert answer.status_code == 200
    assert answer.content.count(b"<tr") > 50
    return (time.perf_counter() - start) * 1000


def _furnish() -> None:
    unit, day = Unit.objects.get(code="s1"), clock.today()
    people = Person.objects.bulk_create(
        Person(number=f"V{n:04d}", name=f"影{n}", sex="male", person_class="established", joined_on=day) for n in range(PEOPLE)
    )
    items = Item.objects.bulk_create(
        Item(asset_number=f"V-{n}", kind="recorder", model_name="测速型", unit=unit, purchased_on=day, price=0, registered_at=clock.now())
        for n in range(PEOPLE)
    )
    values = {
        "people": [each.pk for each in people], "items": [each.pk for each in items], "heads": PEOPLE, "unit": unit.pk, "first": FIRST,
        "shifts": SHIFTS, "per": PER_SHIFT, "more": LISTED - SHIFTS * PER_SHIFT,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the history of rows nobody wrote would only take time
        cursor.execute("SET TIME ZONE 'Asia/Shanghai'")
        for statement in (SHIFT, CUSTODY, RECORDING, MORE):
            cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")


def _arrays() -> tuple[Any, ...]:
    """The same facts in memory, as seconds, grouped by duty."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.id - 10000000, extract(epoch FROM lower(s.period))::bigint, extract(epoch FROM upper(s.period))::bigint,
             extract(epoch FROM c.taken_at)::bigint, extract(epoch FROM c.returned_at)::bigint
             FROM duty_shift s JOIN equipment_custody c ON c.shift_id = s.id WHERE s.id >= 10000000 ORDER BY s.id"""
        )
        duties = np.array(cursor.fetchall(), np.int64)
        cursor.execute(
            """SELECT shift_id - 10000000, extract(epoch FROM started_at)::bigint, extract(epoch FROM ended_at)::bigint
             FROM evidence_recording WHERE shift_id IS NOT NULL"""
        )
        films = np.array(cursor.fetchall(), np.int64)
    return duties, np.random.default_rng(1).permutation(films)  # in memory they come as they came in, not sorted by duty


def _by_numpy(duties: Any, films: Any) -> float:
    """Minutes wanted and covered of every duty: films sorted, overlaps taken off by the running end within each duty."""
    start = time.perf_counter()
    since, until = np.maximum(duties[:, 1], duties[:, 3]), np.minimum(duties[:, 2], duties[:, 4])
    order = np.lexsort((films[:, 1], films[:, 0]))
    duty, begin, end = films[order, 0], films[order, 1], films[order, 2]
    begin, end = np.maximum(begin, since[duty]), np.minimum(end, until[duty])
    base = duty * (1 << 40)  # each duty on a stretch of its own: one running maximum serves all
    running = np.maximum.accumulate(end + base)
    before = np.concatenate(([0], running[:-1])) - base
    covered = np.bincount(duty, np.maximum(0, end - np.maximum(begin, before)), len(duties)) // 60
    wanted = np.maximum(0, until - since) // 60
    assert (covered <= wanted).all()
    return time.perf_counter() - start
