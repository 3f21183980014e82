"""The item bank and two exams of the demo bureau: one that two squadrons sat in September, one that is open now."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.exams import rules
from chengxin.exams.models import Exam, ItemVersion, Paper
from chengxin.exams.services import bank, exams, marking, sitting
from chengxin.people.models import Person, Unit, User

DEVICE = "demo"
TRUE, FALSE = "对", "错"
# each: clause, kind, stem, options, answer
ITEMS = (
    ("2.1.1", "true_false", "在岗协管人员参加集体活动时应当按规定着装。", (), TRUE),
    ("2.1.1", "true_false", "非执法人员经同意可以穿着带有城管标识的制式服装。", (), FALSE),
    ("2.1.2", "single", "夏装的着装时段一般是哪几个月？", ("6 至 10 月", "5 至 9 月", "7 至 9 月", "6 至 8 月"), "A"),
    ("2.1.2", "single", "着夏装时，下列哪一项不符合规定？", ("系制式领带", "佩戴软质标识", "戴夏季制式帽", "下摆扎入裤内"), "A"),
    ("2.1.3", "multiple", "下列哪些是着装的禁止行为？", ("披衣、敞怀", "袖手、背手", "边走边吸烟", "佩戴胸号"), "ABC"),
    ("2.1.3", "true_false", "破旧制服去除全部标识后方可处置。", (), TRUE),
    ("2.1.4", "multiple", "下列哪些情形不宜着装？", ("非因执法任务外出", "被停职审查", "执勤巡查", "非公务进入经营性餐饮娱乐场所"), "ABD"),
    ("2.2.2", "true_false", "执勤结束后，装备可以由使用人自行转交下一班人员。", (), FALSE),
    ("2.2.2", "single", "临时借用装备须怎样做？", ("履行登记手续", "口头告知同事", "事后补记即可", "不需要手续"), "A"),
    ("2.2.3", "fill_in", "执法记录仪常规影像资料留存不少于几个月？（填数字）", (), "3 | 三"),
    ("2.2.3", "multiple", "使用执法记录仪前应当检查什么？", ("电量", "内存", "外观颜色", "购置价格"), "AB"),
    ("2.2.3", "single", "执法记录仪在执法过程中应当怎样使用？", ("全程开机摄录", "必要时开机", "由本人决定", "只录声音"), "A"),
    ("2.2.4", "true_false", "装备出现故障，使用人可以自行拆开查看。", (), FALSE),
    ("2.3.1", "single", "巡查劝导时，第一句应当说什么？", ("您好，我们是城管执法人员", "谁让你摆的", "快点收拾", "跟我们走"), "A"),
    ("2.3.1", "multiple", "现场执法规范用语包括什么？", ("请出示相关证件", "将依法依规处理", "可通过正规渠道申诉", "罚款好商量"), "ABC"),
    ("2.3.2", "true_false", "沟通时可以用手指指向群众以示提醒。", (), FALSE),
    ("3.1", "fill_in", "问题清单多久通报一次？（填“每……”）", (), "每月 | 每个月"),
    ("3.2", "single", "群众投诉应当在多长时间内响应？", ("24 小时", "48 小时", "3 个工作日", "一周"), "A"),
)  # fmt: skip
LINES = (
    rules.Line("2.1", "single", 2, 10),
    rules.Line("2.1", "multiple", 2, 15),
    rules.Line("2.2", "true_false", 2, 5),
    rules.Line("2.2", "single", 2, 10),
    rules.Line("2.3", "multiple", 1, 10),
    rules.Line("2.3", "true_false", 1, 10),
)


@dataclass
class Exams:
    """Exams while the demo is being built."""

    units: Mapping[str, Unit]
    persons: Mapping[str, list[Person]]
    users: Mapping[str, User]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: Random

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        """The bank grows in the first weeks; an exam ninety days ago, and one that opened yesterday."""
        self.at(first_day + dt.timedelta(days=20), 10, 0, self._fill_bank)
        held_on = max(today - dt.timedelta(days=90), first_day + dt.timedelta(days=30))
        self.at(
            held_on - dt.timedelta(days=7), 9, 0, lambda: self._plan("执法规范应知应会", "2.4.3", ("squadron1", "squadron2"), held_on, 1)
        )
        self.at(held_on, 9, 0, self._sit_all)
        self.at(held_on + dt.timedelta(days=1), 9, 0, lambda: marking.mark_exam(self._office, Exam.objects.earliest("pk")))
        opens_on = today - dt.timedelta(days=1)
        self.at(opens_on, 8, 0, lambda: self._plan("第四季度廉政与规范测试", "2.4.4", ("brigade",), opens_on, 10))

    @property
    def _office(self) -> Actor:
        return self.actor("supervisor")

    def _fill_bank(self) -> None:
        """Written by the brigade, reviewed and put in use by the supervision office; two are still on their way."""
        writer = self.actor("brigade")
        for place, (clause, kind, stem, options, answer) in enumerate(ITEMS):
            version = bank.write_item(
                writer,
                bank.understood(
                    kind=kind,
                    stem=stem,
                    options=list(options),
                    answer=answer,
                    explanation=f"见方案 {clause}。",
                    clause=clause,
                    difficulty="2",
                ),
            )
            if place < len(ITEMS) - 1:
                bank.review_item(self._office, version)
            if place < len(ITEMS) - 2:
                bank.put_in_use(writer, version)

    def _plan(self, title: str, clause: str, units: tuple[str, ...], opens_on: dt.date, days: int) -> None:
        exam = exams.plan_exam(
            self._office, title=title, clause=clause, units=[self.units[unit] for unit in units], opens_at=clock.at(opens_on, 8, 30),
            closes_at=clock.at(opens_on + dt.timedelta(days=days - 1), 18), minutes=40, blueprint=LINES,
            form_key=uuid.UUID(int=self.chance.getrandbits(128), version=4),
        )  # fmt: skip
        exams.publish_exam(self._office, exam)

    def _sit_all(self) -> None:
        exam = Exam.objects.earliest("pk")
        names = {user.person_id: name for name, user in self.users.items()}
        papers = list(Paper.objects.filter(exam=exam).order_by("pk"))
        versions = ItemVersion.objects.in_bulk({question.version for paper in papers for question in paper.drawn})
        away = [paper for paper in papers if names[paper.person_id].startswith("cx")][-3:]  # on leave
        for paper in papers:
            actor = self.actor(names[paper.person_id])
            if paper not in away and actor.may("exams.sit"):
                self._sit(exam, actor, versions)

    def _sit(self, exam: Exam, actor: Actor, versions: Mapping[int, ItemVersion]) -> None:
        paper = sitting.start_sitting(actor, exam, device=DEVICE)
        responses = {}
        for place, question in enumerate(paper.drawn, start=1):
            version = versions[question.version]
            responses[place] = self._response(version, question.order, self.chance.random() < 0.55 + 0.4 * (version.clause != "2.1.4"))
        sitting.save_sheet(actor, paper, responses, device=DEVICE)
        sitting.hand_in(actor, paper, device=DEVICE)

    @staticmethod
    def _response(version: ItemVersion, order: Any, is_right: bool) -> str:
        if version.kind == rules.TRUE_FALSE and not order:
            return version.answer[0] if is_right else FALSE if version.answer[0] == TRUE else TRUE
        if not order:
            return str(version.answer[0]) if is_right else "不知道"
        letters = sorted(rules.LETTERS[order.index(own)] for own in version.answer)
        if is_right:
            return "".join(letters)
        return next(letter for letter in rules.LETTERS[: len(order)] if letter not in letters)
