"""Two revisions of the demo bureau's rulebook: one finished and in force, one open for opinions now; and what keeps coming again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from chengxin.consultations import rules, services
from chengxin.consultations.models import Consultation, Opinion, Proposal
from chengxin.consultations.selectors import current_round
from chengxin.core.actor import Actor
from chengxin.people.models import User

FINISHED, RUNNING = "关于整改督办提醒和调阅理由抽查的修订", "关于整改期限和多次违规次数的修订"
# who says it ("" for the public), of which clause, what
SAID_THEN = (
    ("captain1", "3.1", "提前三天提醒偏早，临近期限两天提醒更有用。"),
    ("officer2", "3.1", "提醒之外，希望班前会也通报一次。"),
    ("", "2.2.3", "执法影像谁看过、为什么看，建议每年向社会公布一次情况。"),
)
SAID_NOW = (
    ("captain2", "3.1", "外勤路段多，五个工作日偏紧，请保留延期一次的规定。"),
    ("auxiliary1", "3.1", "三次的标准对一线协管人员偏严，赞成改为四次。"),
    ("officer3", "3.1", "建议当场整改的小问题不计入多次违规。"),
    ("", "3.1", "问题改得越快越好，支持缩短整改期限。"),
    ("", "3.2", "投诉处理能不能也缩短到两个工作日？"),
    ("", "3.1", "请直接打电话 00000000000 联系我细说。"),
)


@dataclass
class Revisions:
    """Drafts, opinions, answers, signatures while the demo is being built."""

    users: Mapping[str, User]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: Random

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        """The finished one lies a season back, or as far as the history goes; the running one ends in some days."""
        begun = max(first_day + dt.timedelta(days=2), today - dt.timedelta(days=120))
        self._plan_finished(begun)
        self._plan_running(today - dt.timedelta(days=6), today)
        if begun + dt.timedelta(days=40) < today:
            self.at(today - dt.timedelta(days=5), 9, 5, self._propose)

    def _plan_finished(self, day: dt.date) -> None:
        ends = day + dt.timedelta(days=7)

        def after(days: int) -> dt.date:
            return ends + dt.timedelta(days=days)

        values = {"supervision.desk": {"soon_days": 2}, "footage.keeping": {"reason_quota": 4}}
        self.at(day, 9, 0, lambda: self._open(FINISHED, values, "三个季度运行下来，提醒偏早、调阅理由抽查偏少。", day, ends))
        for number, said in enumerate(SAID_THEN):
            self.at(day + dt.timedelta(days=1 + number), 15, 10, lambda said=said: self._say(FINISHED, *said))  # type: ignore[misc]
        self.at(after(0), 16, 0, lambda: self._answer(FINISHED, leave=0))
        self.at(after(1), 9, 0, lambda: services.close_consultation(self.actor("supervisor"), draft(FINISHED)))
        self.at(after(1), 10, 0, self._send)
        for number, name in enumerate(("brigade", "captain1", "leader")):
            self.at(after(2), 9 + number, 20, lambda name=name: self._sign(name))  # type: ignore[misc]
        self.at(after(3), 10, 30, lambda: self._publish(after(6)))

    def _plan_running(self, day: dt.date, today: dt.date) -> None:
        values = {"findings.rectification": {"workdays": 5}, "findings.repeat": {"count": 4}}
        reason = "基层反映多数问题五日内可以改好，三次的标准对一线偏严。"
        self.at(day, 9, 0, lambda: self._open(RUNNING, values, reason, day, today + dt.timedelta(days=8)))
        for number, said in enumerate(SAID_NOW):
            self.at(day + dt.timedelta(days=1 + number % 4), 10 + number, 40, lambda said=said: self._say(RUNNING, *said))  # type: ignore[misc]
        self.at(today - dt.timedelta(days=1), 16, 30, lambda: self._answer(RUNNING, leave=3))

    def _open(self, title: str, values: Mapping[str, Mapping[str, Any]], reason: str, starts_on: dt.date, ends_on: dt.date) -> None:
        office = self.actor("supervisor")
        made = services.start_draft(office, title=title, reason=reason, audience=rules.EVERYBODY)
        for rule, changed in values.items():
            services.change_values(office, made, rule=rule, values=changed, reason=reason)
        services.begin_consultation(office, made, starts_on=starts_on, ends_on=ends_on)

    def _say(self, title: str, name: str, clause: str, text: str) -> None:
        found, key = draft(title), uuid.UUID(int=self.chance.getrandbits(128), version=4)
        if name:
            hides = name.startswith("auxiliary")
            services.give_opinion(self.actor(name), found, clause=clause, text=text, form_key=key, hides_name=hides)
        else:
            services.send_opinion(found, clause=clause, text=text, form_key=key, who=f"demo-{key.hex[:8]}")

    def _answer(self, title: str, *, leave: int) -> None:
        """All but some are looked at and answered; what is telling of a person is held back."""
        office = self.actor("supervisor2")
        every = list(draft(title).opinions.all())
        for each in every[: len(every) - leave]:
            if each.channel == Opinion.PUBLIC:
                services.moderate_opinion(office, each, is_shown=not each.hints, reason="含个人信息")
            outcome = (rules.PARTLY, rules.ADOPTED, rules.DECLINED)[each.pk % 3]
            reason = {
                rules.ADOPTED: "意见合理，已在草案中体现。", rules.PARTLY: "基本赞同，先按草案试行，半年后再看。",
                rules.DECLINED: "不属于本次修订的内容，已转有关科室研究。",
            }[outcome]  # fmt: skip
            services.answer_opinion(office, each, outcome=outcome, reason=reason)

    def _send(self) -> None:
        users = [self.users[name].pk for name in ("brigade", "captain1", "leader")]
        services.send_for_signing(self.actor("supervisor"), draft(FINISHED), users=users)

    def _sign(self, name: str) -> None:
        found = draft(FINISHED)
        services.sign_draft(self.actor(name), found, agrees=True, reason="", sha256=digest_of(found))

    def _publish(self, day: dt.date) -> None:
        found = draft(FINISHED)
        number, sha256 = f"演示城管〔{day.year}〕21号", digest_of(found)
        services.publish_draft(self.actor("leader"), found, in_force_on=day, document_number=number, sha256=sha256)

    def _propose(self) -> None:
        """What came again in two quarters is nominated; of several, the least frequent is left to training."""
        office = self.actor("supervisor")
        services.nominate_proposals(office)
        waiting = list(Proposal.objects.filter(state=Proposal.WAITING).order_by("pk"))
        if len(waiting) > 1:
            services.dismiss_proposal(office, waiting[-1], reason="规则已经明确，先加强班前提醒和补训。")


def draft(title: str) -> Consultation:
    return Consultation.objects.get(title=title)


def digest_of(found: Consultation) -> str:
    round_ = current_round(found)
    assert round_ is not None
    return round_.sha256
