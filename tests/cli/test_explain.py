"""``chengxin explain`` as other programs call it, before any database was set up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def explain(*arguments: str, data: Path, lines: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chengxin", "explain", *arguments],
        input=lines, capture_output=True, text=True, check=False, env={"CHENGXIN_DATA": str(data), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_each_question_is_answered_as_json(tmp_path: Path) -> None:
    season = json.loads(explain("season", "2026-09-30", data=tmp_path).stdout)
    assert (season["season"], season["label"], season["clause"]) == ("summer", "夏装", "2.1.2")
    assert season["rule_version"].startswith("attire.season@1")
    assert "order" not in season
    due = json.loads(explain("due", "2026-09-30T17:00", data=tmp_path).stdout)
    assert due["respond_by"] == "2026-10-01T17:00:00+08:00"
    assert (due["feedback_on"], due["provisional"], due["calendar_version"]) == ("2026-10-10", False, "2026.1")
    workdays = json.loads(explain("workdays", "2026-10-08", "7", data=tmp_path).stdout)
    assert (workdays["date"], workdays["provisional"]) == ("2026-10-16", False)
    kept = json.loads(explain("retention", "2026-11-30", "2026-11-29", data=tmp_path).stdout)
    assert (kept["retain_through"], kept["deletable_from"]) == ("2027-02-28", "2027-03-01")
    assert list(tmp_path.iterdir()) == []  # asking leaves nothing behind


def test_an_instant_with_an_offset_is_answered_in_the_bureaus_time_zone(tmp_path: Path) -> None:
    due = json.loads(explain("due", "2026-09-30T17:00+00:00", data=tmp_path).stdout)
    assert due["respond_by"] == "2026-10-02T01:00:00+08:00"
    late = json.loads(explain("retention", "2026-01-31T20:00+00:00", "2026-01-31", data=tmp_path).stdout)
    assert late["retain_through"] == "2026-05-01"  # already 1 February in Shanghai


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("season", "2026-02-30"), "不是存在的日期"),
        (("season", "明天"), "请写成 2026-09-30"),
        (("season", "２０２６-09-30"), "请写成 2026-09-30"),
        (("season", "1066-10-14"), "超出可计算的范围"),
        (("due", "2026-09-30"), "请写成 2026-09-30T17:00"),
        (("due", "2026-09-30T25:00"), "不是存在的时间"),
        (("workdays", "2026-09-30", "0"), "工作日数应为 1 到"),
        (("workdays", "2026-09-30", "三"), "应为整数"),
        (("workdays", "2026-09-30"), "需要 2 项"),
        (("retention", "2026-09-30", "2026-09-31"), "不是存在的日期"),
    ],
)
def test_bad_input_gets_a_message_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    answer = explain(*arguments, data=tmp_path)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert answer.stdout == ""


def test_a_bad_line_harms_no_other_line(tmp_path: Path) -> None:
    answer = explain("workdays", "-", data=tmp_path, lines="2026-10-08 7\n2026-10-08 x\n\n2026-09-30 1\n")
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.returncode == 0
    assert found[0]["date"] == "2026-10-16"
    assert "应为整数" in found[1]["error"]
    assert set(found[2]) == {"error"}
    assert found[3]["date"] == "2026-10-08"
