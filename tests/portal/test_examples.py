"""The examples of the page on integrations run as they stand, one after the other, against a real server."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from chengxin.complaints.models import Complaint
from chengxin.core import clock
from chengxin.equipment.models import Custody
from chengxin.evidence.models import Recording
from chengxin.people import services as people
from chengxin.people.catalog import TOKEN_CAPABILITIES
from chengxin.people.models import ApiToken
from tests.evidence.clips import clip
from tests.world import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "integrations.md"


def test_the_examples_run_as_they_stand(world: World, live_server: Any, tmp_path: Path) -> None:
    token = people.issue_token(
        world.actor("系统员"), name="对接", granted=list(TOKEN_CAPABILITIES), unit=None, expires_on=clock.today() + dt.timedelta(days=9)
    )
    people.approve_token(world.actor("安全员"), ApiToken.objects.get())
    finding, item = world.finding(), world.item("DJJ-1001")
    world.on_duty_now("队员")
    (tmp_path / "film.mp4").write_bytes(clip(1))
    script = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    assert script.count("call(") > 8
    told = {
        "CHENGXIN_URL": live_server.url, "CHENGXIN_TOKEN": token, "CHENGXIN_HOLDER": world.persons["队员"].number,
        "CHENGXIN_ITEM": item.asset_number, "CHENGXIN_FILM": str(tmp_path / "film.mp4"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **told}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert finding.number in done.stdout
    assert "422 unknown_parameter" in done.stdout
    assert "样本不足" in done.stdout
    assert (Custody.objects.filter(item=item).count(), Complaint.objects.filter(channel="12345").count()) == (1, 1)
    assert Recording.objects.get().station == "一号站"
