"""The demo bureau's footage: small films of nothing in particular, one squadron connected for months, one for two weeks."""

from __future__ import annotations

import datetime as dt
import random
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw

from chengxin.core import clock
from chengxin.core.actor import Actor, system_actor
from chengxin.equipment import selectors as equipment
from chengxin.evidence import rules
from chengxin.evidence.models import Recording
from chengxin.evidence.services import coverage, examination, keeping, store, viewing
from chengxin.evidence.services.ingest import Arrival, keep_recordings
from chengxin.people.models import Unit

DOCK = system_actor("采集站 演示")
CONNECTED = {1: 120, 2: 14}  # squadron to how many days ago its dock was set up
LOOK_AT = 40  # of the newest recordings the demo looks into at once; the site looks into the rest by itself


def film() -> bytes:
    """Three seconds of a moving square with the word for "demo", H.264 in an MP4."""
    path = Path(tempfile.mkdtemp()) / "film.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(30):
            picture = Image.new("RGB", (320, 240), (38, 66, 74))
            pen = ImageDraw.Draw(picture)
            pen.rectangle((number * 8, 90, number * 8 + 60, 150), fill=(224, 161, 0))
            pen.text((10, 10), f"DEMO {number / 10:.1f} s", fill=(255, 255, 255))
            frame: VideoFrame = VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode():
            output.mux(packet)
    content = path.read_bytes()
    path.unlink()
    path.parent.rmdir()
    return content


@dataclass
class Footage:
    """The docks while the demo is being built."""

    units: Mapping[str, Unit]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: random.Random
    content: bytes = field(default_factory=film)

    def plan(self, days: list[dt.date], today: dt.date) -> None:
        """Every evening the cameras are docked; one officer forgets on the last day, one filmed half a day only."""
        past = [day for day in days if day < today]
        for squadron, ago in CONNECTED.items():
            for day in past:
                if day >= today - dt.timedelta(days=ago):
                    self.at(day, 21, squadron, lambda day=day, squadron=squadron: self._dock(day, squadron, past))  # type: ignore[misc]
        self.at(past[-1], 22, 0, self._stories)

    def _dock(self, day: dt.date, squadron: int, past: list[dt.date]) -> None:
        unit = self.units[f"squadron{squadron}"]
        since, until = clock.at(day) - dt.timedelta(days=4), clock.at(day, 23)  # with what came back late
        held = [each for each in equipment.duty_custodies({"recorder"}, since, until) if each.unit_id == unit.pk]
        here = set(Recording.objects.filter(custody__in=held).values_list("custody_id", flat=True))
        arrivals = []
        for place, custody in enumerate(each for each in held if each.returned_at is not None and each.pk not in here):
            if place == 0 and day == past[-1]:
                continue  # forgotten: nothing came in
            spans = [(custody.taken_at, custody.returned_at)]
            if place == 1 and day == past[-3]:
                spans = [(custody.taken_at, custody.taken_at + dt.timedelta(hours=4))]
            arrivals += [self._arrival(custody, start, end, squadron) for start, end in spans if end is not None]
        if squadron == 2 and day == past[-2]:
            arrivals.append(self._stranger(day))
        if arrivals:
            keep_recordings(DOCK, arrivals)
        coverage.find_gaps()

    def _arrival(self, custody: Any, start: dt.datetime, end: dt.datetime, squadron: int) -> Arrival:
        local = start.astimezone(clock.SHANGHAI).replace(tzinfo=None)
        claim = rules.Claim(custody.item.asset_number, custody.holder.number, local, end.astimezone(clock.SHANGHAI).replace(tzinfo=None))
        return self._keep(f"{custody.item.asset_number}_{custody.holder.number}_{local:%Y%m%d%H%M%S}_0001.mp4", claim, squadron)

    def _stranger(self, day: dt.date) -> Arrival:
        """A camera that is on nobody's list."""
        return self._keep(f"X900_{day:%Y%m%d}101500_0001.mp4", rules.Claim("X900", "", dt.datetime.combine(day, dt.time(10, 15))), 2)

    def _keep(self, name: str, claim: rules.Claim, squadron: int) -> Arrival:
        """A file of its own content: what follows in a box that players pass over makes it so."""
        draft = store.incoming() / f"copy-{secrets.token_hex(8)}"
        draft.write_bytes(self.content + (24).to_bytes(4, "big") + b"free" + self.chance.randbytes(16))
        unit = self.units[f"squadron{squadron}"].pk
        return Arrival(store.digests_of(draft), Recording.UPLOADED, f"{squadron}号采集站", name, name, claim, 0, draft, "", unit)

    def _stories(self) -> None:
        """What people did with it: marked, held, asked to mark down, looked at."""
        newest = list(Recording.objects.filter(attribution=rules.ATTRIBUTED).order_by("-pk")[:LOOK_AT])
        for recording in newest:
            examination.examine(recording)
        first, second, third, fourth = newest[:4]
        captain = self.actor("captain1") if first.unit_id == self.units["squadron1"].pk else self.actor("captain2")
        keeping.mark_important(self.actor("supervisor"), first, reason="阻碍执法", note="当事人推搡执法人员")
        keeping.mark_important(self.actor("supervisor"), second, reason="投诉举报")
        keeping.ask_downgrade(captain, second, reason="投诉已撤回")
        keeping.place_hold(self.actor("supervisor"), third, kind="complaint", number="演示投〔2026〕7号", reason="投诉涉及当日执法经过")
        viewing.open_viewing(self.actor("supervisor"), fourth, reason="日常督查抽看", matter="演示督〔2026〕3号")
