"""Conduct in the demo bureau: norms signed for, drawn recordings judged with the sheet, a transcript, a coaching and what followed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from chengxin.conduct import selectors, services
from chengxin.conduct.models import Coaching, Nomination
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.demo.present import still_in
from chengxin.evidence.models import Recording, Review
from chengxin.evidence.selectors import reviews as facts
from chengxin.evidence.services import reviews as drawing
from chengxin.people.models import Person, Unit, User

SAID = (
    "您好，我们是城管执法人员，请您配合工作",
    "您的行为违反相关管理规定，请及时整改，感谢您的里解与支持",
    "快点收拾，少废话",
)


@dataclass
class Conduct:
    """Conduct while the demo is being built."""

    units: Mapping[str, Unit]
    persons: Mapping[str, list[Person]]
    users: Mapping[str, User]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: Random

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        """Signatures in the second month; last month's draw is judged this month, one recording leads to a coaching."""
        self.at(first_day + dt.timedelta(days=35), 9, 0, self._sign)
        month = (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
        drawn_on = max(today.replace(day=2), first_day + dt.timedelta(days=20))
        self.at(drawn_on, 23, 10, lambda: self._judge(month))
        self.at(drawn_on + dt.timedelta(days=3), 16, 0, self._coach)
        self.at(today - dt.timedelta(days=1), 23, 20, self._follow_up)

    @property
    def _office(self) -> Actor:
        return self.actor("supervisor")

    def _sign(self) -> None:
        """Everybody of the first five squadrons, and most of the sixth."""
        current = selectors.version_in_force()
        assert current is not None
        names = {user.person_id: name for name, user in self.users.items()}
        for number in range(1, 7):
            members = still_in(self.units[f"squadron{number}"], self.persons[f"squadron{number}"])
            for person in members[: len(members) if number < 6 else 24]:
                actor = self.actor(names[person.pk])
                if actor.may("conduct.practise"):  # not while suspended
                    services.sign_off(actor, version=current.label)

    def _judge(self, month: dt.date) -> None:
        draw = drawing.cast_month(self._office, drawing.freeze_month(self._office, month), public="一 四 四 六")
        reviews = facts.reviews_of(draw)
        for place, review in enumerate(reviews[:-2]):  # the last two wait
            self._review(review, is_rude=place == 0)

    def _review(self, review: Review, *, is_rude: bool) -> None:
        services.open_recording(self._office, review)
        marks: dict[str, int | None] = {
            each.code: max(0, each.points - self.chance.choice((0, 0, 0, 1))) for each in selectors.sheet_policy_at(clock.today()).criteria
        }
        if is_rude:
            self._transcribe(review.recording)
            services.add_remark(self._office, review, at_ms=2000, text="语气生硬")
            services.nominate_finding(
                self._office, review.recording, entry="conduct.rude", at_ms=2000, review=review, note="催促时语气生硬"
            )
        services.finish_sheet(self._office, review, marks=marks, notes={}, comment="用语基本规范。" if not is_rude else "有一处用语生硬。")

    def _transcribe(self, recording: Recording) -> None:
        lines = "\n\n".join(f"{n}\n00:00:0{n - 1},100 --> 00:00:0{n - 1},900\n{line}" for n, line in enumerate(SAID, start=1))
        sheet = SimpleUploadedFile("演示文字稿.srt", lines.encode(), content_type="text/plain")
        services.import_transcript(self._office, recording, sheet)

    def _coach(self) -> None:
        """The captain of whoever was found speaks with the person and practises."""
        nomination = Nomination.objects.select_related("finding__unit").order_by("pk").first()
        if nomination is not None:
            captain = self.actor(nomination.finding.unit.code.replace("squadron", "captain"))
            practised = "对照巡查劝导规范用语逐句练习，模拟劝导两次。"
            services.record_coaching(captain, nomination.finding, held_on=clock.today(), practised=practised)

    def _follow_up(self) -> None:
        """A later recording of the same person is drawn, when there is one."""
        coaching = Coaching.objects.order_by("pk").first()
        if coaching is not None:
            with suppress(DomainError):
                services.draw_follow_up(self._office, coaching, public="三 三 六 二")
