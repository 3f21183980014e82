"""Commands of conduct: each works, each refusal leaves nothing, a repeat is harmless, the audit is right (2.3)."""

from __future__ import annotations

import datetime as dt

import pytest

from chengxin.audit.models import Entry
from chengxin.conduct import selectors, services
from chengxin.conduct.models import Coaching, FollowUp, Nomination, Remark, Sheet, SheetCorrection, SignOff, Transcript, WatchMoment
from chengxin.conduct.selectors import coaching as coaching_questions
from chengxin.conduct.selectors import rates, transcripts
from chengxin.conduct.selectors import reviews as questions
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.draws import selectors as draw_facts
from chengxin.evidence.models import Recording, Review
from chengxin.evidence.services.viewing import open_viewing
from chengxin.files import selectors as files
from chengxin.findings import services as findings
from chengxin.findings.models import Finding
from chengxin.people import services as people
from chengxin.rulebook import services as rulebook
from chengxin.rulekit import draws
from tests.conduct.conftest import TODAY, Later, marks, reviewed, srt, uploaded
from tests.evidence.conftest import refusing
from tests.world import SYSTEM, World, build_world

VERSION = "conduct.phrases@1"
TABLES = (SignOff, Sheet, SheetCorrection, Remark, Transcript, WatchMoment, Nomination, Coaching, FollowUp, Entry, Finding)
refused = refusing(*TABLES)


def entries(action: str) -> int:
    return Entry.objects.filter(action=action).count()


# --- sign-offs ---


def test_everybody_who_wears_signs_a_version_once(world: World) -> None:
    for name in ("队员", "协管", "队长"):
        first = services.sign_off(world.actor(name), version=VERSION)
        assert services.sign_off(world.actor(name), version=VERSION) == first
    assert (SignOff.objects.count(), entries("conduct.signed")) == (3, 3)
    assert SignOff.objects.get(person=world.persons["协管"]).person_class == "auxiliary"


def test_who_wears_nothing_or_saw_another_version_does_not_sign(world: World) -> None:
    with refused(NotAllowed, "在编和协管"):
        services.sign_off(world.actor("职员"), version=VERSION)
    with refused(NotAllowed, "权限"):
        services.sign_off(world.actor("审计员"), version=VERSION)
    with refused(Conflict, "新的版本"):
        services.sign_off(world.actor("队员"), version="conduct.phrases@0")


def test_norms_with_a_phrase_of_one_character_are_refused_when_they_are_published(world: World) -> None:
    bad = {"prohibited_words": [{"text": "滚", "entry": "conduct.insult"}]}
    for values, told in ((bad, "只有一个字"), ({"elements": "自我介绍"}, "格式不对")):
        with refused(DomainError, told):
            rulebook.publish_version(SYSTEM, "conduct.phrases", values=values, in_force_on=TODAY, document_number="2")
    assert selectors.version_in_force().label == VERSION  # type: ignore[union-attr]
    good = {"prohibited_words": [{"text": "滚开", "entry": "conduct.insult"}]}
    rulebook.publish_version(SYSTEM, "conduct.phrases", values=good, in_force_on=TODAY, document_number="2")
    assert "滚开" in {each.text for each in selectors.conduct_policy_at(TODAY).phrases()}


@pytest.mark.django_db
def test_a_draft_is_not_signed() -> None:
    world = build_world(issued=False)
    with pytest.raises(DomainError, match="征求意见稿"):
        services.sign_off(world.actor("队员"), version=VERSION)
    assert selectors.conduct_policy_at(TODAY).simulated


def test_a_leader_sees_who_has_not_signed_in_the_own_unit_only(world: World) -> None:
    services.sign_off(world.actor("队员"), version=VERSION)
    rows = {row.name: row.is_signed for row in selectors.signing_in(world.actor("队长"), VERSION)}
    assert rows["队员"] is True
    assert rows["协管"] is False
    assert "外人" not in rows
    assert selectors.signed_in(world.actor("队长"), VERSION) == selectors.Signed(1, len(rows))


def test_the_own_signature_waits_until_it_is_given(world: World) -> None:
    def waiting() -> list[str]:
        return [each.title for each in selectors.work_waiting_for(world.actor("协管"))]

    assert waiting() == ["学习文明用语并签名"]
    services.sign_off(world.actor("协管"), version=VERSION)
    assert waiting() == []
    assert [each.kind for each in selectors.work_waiting_for(world.actor("职员"))] == []


# --- sheets ---


def test_a_sheet_is_final_once_and_its_result_follows(world: World, drawn: list[Review]) -> None:
    sheet = reviewed(world, drawn[0], marks=marks(calm=12), notes={"calm": "语速偏快"}, scene="patrol", comment="总体较好")
    drawn[0].refresh_from_db()
    assert (sheet.total, sheet.state, drawn[0].outcome, drawn[0].reviewed_label) == (92, "final", "fine", "督察")
    assert (sheet.person.name, sheet.unit.name, sheet.person_class) == ("队员", "一中队", "established")
    assert entries("conduct.reviewed") == entries("evidence.reviewed") == 1
    for actor in (world.actor("督察"), world.actor("督察乙")):
        with refused(Conflict, "已经评查"):
            services.finish_sheet(actor, drawn[0], marks=marks(), notes={})
        with refused(Conflict, "已经评查"):
            services.save_sheet(actor, drawn[0], marks=marks(), notes={})


def test_a_draft_is_the_reviewers_own_and_the_first_final_one_counts(world: World, drawn: list[Review]) -> None:
    one, other = world.actor("督察"), world.actor("大队长")
    for actor in (one, other):
        services.open_recording(actor, drawn[0])
        services.save_sheet(actor, drawn[0], marks={"calm": 3}, notes={"calm": actor.label, "nonsense": "x"})
    assert questions.own_sheet(one, drawn[0]).notes == {"calm": "督察"}  # type: ignore[union-attr]
    services.finish_sheet(other, drawn[0], marks=marks(), notes={})
    assert Sheet.objects.filter(state="final").get().reviewer_label == "大队长"
    drawn[0].refresh_from_db()
    assert drawn[0].reviewed_label == "大队长"


def test_what_is_not_whole_is_refused_and_leaves_nothing(world: World, drawn: list[Review]) -> None:
    actor = world.actor("督察")
    with refused(DomainError, "请先观看"):
        services.finish_sheet(actor, drawn[0], marks=marks(), notes={})
    services.open_recording(actor, drawn[0])
    with refused(DomainError, "还没有评分"):
        services.finish_sheet(actor, drawn[0], marks=marks(calm=None), notes={})
    with refused(DomainError, "0 到 10 分"):
        services.finish_sheet(actor, drawn[0], marks=marks(pointing=11), notes={})
    with refused(DomainError, "写明原因"):
        services.finish_sheet(actor, drawn[0], marks={}, notes={}, is_unusable=True)
    with refused(DomainError, "场景"):
        services.finish_sheet(actor, drawn[0], marks=marks(), notes={}, scene="elsewhere")
    assert Review.objects.filter(outcome="").count() == 2


def test_nobody_reviews_the_own_unit_neither_of_then_nor_of_now(world: World, drawn: list[Review]) -> None:
    for name in ("队长", "队员", "局长"):
        with refused(NotAllowed, "权限"):
            services.open_recording(world.actor(name), drawn[0])
    people.grant_role(SYSTEM, world.users["装备员"], role="supervisor", unit=None, starts_on=TODAY)
    with refused(NotAllowed, "回避"):
        services.open_recording(world.actor("装备员"), drawn[0])
    people.grant_role(SYSTEM, world.users["外人"], role="supervisor", unit=None, starts_on=TODAY)
    assert questions.reviews_visible_to(world.actor("外人")).count() == 2
    assert questions.reviews_visible_to(world.actor("装备员")).count() == 0
    people.assign_person(SYSTEM, world.persons["队员"], unit=world.units["二中队"], starts_on=TODAY)
    with refused(NotAllowed, "回避"):
        services.open_recording(world.actor("外人"), drawn[0])


def test_what_cannot_be_judged_says_why(world: World, drawn: list[Review]) -> None:
    sheet = reviewed(world, drawn[0], marks={}, is_unusable=True, comment="没有声音")
    drawn[0].refresh_from_db()
    assert (sheet.total, drawn[0].outcome, drawn[0].note) == (None, "unusable", "没有声音")
    with refused(Conflict, "可以更正"):
        services.correct_sheet(world.actor("督察"), sheet, code="calm", points=1, reason="x")


def test_a_correction_is_a_new_entry(world: World, drawn: list[Review]) -> None:
    sheet, actor = reviewed(world, drawn[0]), world.actor("督察乙")
    services.correct_sheet(actor, sheet, code="calm", points=15, reason="漏看一处打断群众")
    services.correct_sheet(actor, sheet, code="calm", points=16, reason="再核对")
    sheet.refresh_from_db()
    assert (sheet.total, sheet.marks["calm"]) == (100, 20)
    line = next(each for each in questions.lines_of(sheet) if each.code == "calm")
    assert (line.given, line.now, questions.total_of(questions.lines_of(sheet))) == (20, 16, 96)
    assert [(each.before, each.after) for each in sheet.corrections.all()] == [(20, 15), (15, 16)]
    for given, message in (
        ({"code": "calm", "points": 21, "reason": "x"}, "0 到 20"), ({"code": "calm", "points": 16, "reason": "x"}, "相同"),
        ({"code": "none", "points": 1, "reason": "x"}, "评分项"), ({"code": "calm", "points": 1, "reason": " "}, "理由"),
    ):  # fmt: skip
        with refused(DomainError, message):
            services.correct_sheet(actor, sheet, **given)  # type: ignore[arg-type]
    with refused(NotAllowed, "权限"):
        services.correct_sheet(world.actor("队长"), sheet, code="calm", points=1, reason="x")


def test_a_moment_is_noted_once(world: World, drawn: list[Review]) -> None:
    actor = world.actor("督察")
    services.open_recording(actor, drawn[0])
    for _ in range(2):
        services.add_remark(actor, drawn[0], at_ms=500, text="开始问候")
    assert (Remark.objects.count(), entries("conduct.remarked")) == (1, 1)
    with refused(DomainError, "没有 1:00 这个时刻"):
        services.add_remark(actor, drawn[0], at_ms=60_000, text="x")
    with refused(DomainError, "看到或听到"):
        services.add_remark(actor, drawn[0], at_ms=0, text=" ")


def test_a_finding_is_raised_by_name_once_a_recording_entry_and_person(world: World, drawn: list[Review]) -> None:
    actor, recording = world.actor("督察"), drawn[0].recording
    with refused(DomainError, "请先观看"):
        services.nominate_finding(actor, recording, entry="conduct.hands", at_ms=0, review=drawn[0])
    services.open_recording(actor, drawn[0])
    made = services.nominate_finding(actor, recording, entry="conduct.hands", at_ms=500, note="右手插兜", review=drawn[0])
    assert services.nominate_finding(actor, recording, entry="conduct.hands", at_ms=900, review=drawn[0]) == made
    assert (Finding.objects.count(), entries("conduct.nominated")) == (1, 1)
    finding = made.finding
    assert (finding.kind, finding.clause, finding.person, finding.finder_label) == ("findings.conduct", "2.3.2", recording.person, "督察")
    assert finding.seen_at == recording.started_at + dt.timedelta(milliseconds=500)
    assert finding.sources.get().source == f"conduct.recording:{recording.pk}"
    other = services.nominate_finding(actor, recording, entry="conduct.insult", at_ms=0, review=drawn[0])
    assert other.finding.grade == "serious"
    with refused(DomainError, "目录"):
        services.nominate_finding(actor, recording, entry="conduct.none", at_ms=0, review=drawn[0])
    with refused(Conflict, "不能再说不能判断"):
        services.finish_sheet(actor, drawn[0], marks={}, notes={}, is_unusable=True, comment="x")
    services.finish_sheet(actor, drawn[0], marks=marks(), notes={})
    drawn[0].refresh_from_db()
    assert (drawn[0].outcome, finding.number in drawn[0].note) == ("problem", True)


# --- transcripts ---


def test_a_transcript_is_kept_scanned_and_nominates_moments_only(world: World, drawn: list[Review]) -> None:
    actor, recording = world.actor("督察"), drawn[0].recording
    text = srt("宁好，我门是成管执法人员", "少肥话，滚开", "您的行为违反相关管理规定")
    made = services.import_transcript(actor, recording, uploaded(text), scene="patrol")
    assert services.import_transcript(actor, recording, uploaded(text), scene="patrol") == made
    assert (Transcript.objects.count(), entries("conduct.transcribed"), Finding.objects.count()) == (1, 1, 0)
    found = [(each.kind, each.phrase, each.is_exact, each.at_ms, each.state) for each in made.moments.all()]
    assert found == [
        ("missing", "告知整改或申诉途径", False, 10, "waiting"), ("prohibited", "少废话", False, 20, "waiting"),
        ("prohibited", "滚开", True, 20, "waiting"),
    ]  # fmt: skip
    assert made.elements == {"basis": [30], "fact": [30], "greeting": [10], "identity": [10]}
    assert [each.sha256 for each in files.files_of(made.owner)] == [made.sha256]
    assert (made.rule_version, made.encoding, made.cues) == (VERSION, "utf-8", 3)


def test_a_better_transcript_replaces_and_what_waited_in_the_first_waits_no_more(world: World, drawn: list[Review]) -> None:
    actor, recording = world.actor("督察"), drawn[0].recording
    first = services.import_transcript(actor, recording, uploaded(srt("少废话")))
    second = services.import_transcript(actor, recording, uploaded(srt("您好").encode("gb18030"), "更正.srt"), scene="service")
    assert second.replaces == first
    assert transcripts.newest_of(recording) == second
    assert {each.transcript for each in transcripts.moments_visible_to(actor)} == {second}
    assert {each.kind for each in second.moments.all()} == {"missing"}


def test_a_bad_transcript_is_refused_with_its_line(world: World, drawn: list[Review]) -> None:
    actor, recording = world.actor("督察"), drawn[0].recording
    for content, message in (
        (srt("您好").replace("00:00:00,019", "00:00:99,019"), "第 2 行"), (b"", "空文件"),
        ("1\n00:05:00,000 --> 00:05:01,000\n您好", "里有 5:00 的话"),
    ):  # fmt: skip
        with refused(DomainError, message) as told:
            services.import_transcript(actor, recording, uploaded(content))
        assert told.value.field == "file"
    for name in ("队长", "局长"):
        with refused(NotAllowed, "权限"):
            services.import_transcript(world.actor(name), recording, uploaded(srt("您好")))
    with pytest.raises(NotFound):
        transcripts.recording_for(world.actor("队长"), recording.pk)


def test_a_moment_is_watched_before_it_is_decided_and_a_finding_is_a_step_of_its_own(world: World, drawn: list[Review]) -> None:
    actor, recording = world.actor("督察"), drawn[0].recording
    moment = services.import_transcript(actor, recording, uploaded(srt("少废话"))).moments.get()
    with refused(DomainError, "先观看"):
        services.decide_moment(actor, moment, is_true=True)
    open_viewing(actor, recording, reason="核对文字稿提示")
    with refused(Conflict, "没有经人观看"):
        services.nominate_finding(actor, recording, entry="conduct.rude", at_ms=0, moment=moment)
    moment = services.decide_moment(actor, moment, is_true=True)
    assert services.decide_moment(actor, moment, is_true=True) == moment
    with refused(Conflict, "督察 已认定"):
        services.decide_moment(world.actor("督察乙"), moment, is_true=False)
    assert (Finding.objects.count(), entries("conduct.moment_decided")) == (0, 1)
    made = services.nominate_finding(actor, recording, entry="conduct.rude", at_ms=10, moment=moment)
    assert (made.moment, made.finding.text) == (moment, "生硬粗暴语言")


# --- coaching ---


def coached(world: World, review: Review, *, held_on: dt.date = TODAY) -> Coaching:
    reviewed(world, review, entry="conduct.hands")
    finding = Finding.objects.get()
    return services.record_coaching(world.actor("队长"), finding, held_on=held_on, practised="对照站姿要求练习两遍")


def test_a_coaching_is_kept_once_for_a_counting_finding(world: World, drawn: list[Review]) -> None:
    made = coached(world, drawn[0])
    again = services.record_coaching(world.actor("队长"), made.finding, held_on=TODAY, practised="对照站姿要求练习两遍")
    assert (again, entries("conduct.coached"), made.coach_label) == (made, 1, "队长")
    with refused(Conflict, "队长 已登记"):
        services.record_coaching(world.actor("大队长"), made.finding, held_on=TODAY, practised="再练")


def test_who_and_what_a_coaching_may_be(world: World, drawn: list[Review]) -> None:
    reviewed(world, drawn[0], entry="conduct.hands")
    finding, captain = Finding.objects.get(), world.actor("队长")
    for name in ("外队长", "队员", "督察"):
        with refused(NotAllowed, "权限"):
            services.record_coaching(world.actor(name), finding, held_on=TODAY, practised="x")
    with refused(DomainError, "练了什么"):
        services.record_coaching(captain, finding, held_on=TODAY, practised=" ")
    for day in (finding.seen_on - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)):
        with refused(DomainError, "辅导日期"):
            services.record_coaching(captain, finding, held_on=day, practised="x")
    own, dress = world.finding(person="队长", code="conduct.hands"), world.finding()
    with refused(NotAllowed, "不能辅导自己"):
        services.record_coaching(captain, own, held_on=TODAY, practised="x")
    with refused(DomainError, "言行问题"):
        services.record_coaching(captain, dress, held_on=TODAY, practised="x")
    findings.file_objection(world.actor("队员"), finding, text="没有插兜")
    with refused(Conflict, "正在申辩"):
        services.record_coaching(captain, finding, held_on=TODAY, practised="x")
    findings.decide_objection(world.actor("局长"), finding, revoked=True, reasons="画面不清")
    with refused(Conflict, "已撤销"):
        services.record_coaching(captain, finding, held_on=TODAY, practised="x")


def test_later_recordings_of_the_same_person_close_the_coaching(world: World, drawn: list[Review], later: Later) -> None:
    made, actor = coached(world, drawn[0]), world.actor("督察")
    with refused(DomainError, "还没有队员可以抽取的影像"):
        services.draw_follow_up(actor, made)
    films = [later(TODAY + dt.timedelta(days=number), 10 + number) for number in (1, 2, 3)]
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=4), 9)):
        with refused(NotAllowed, "权限"):
            services.draw_follow_up(world.actor("队长"), made)
        follow_up = services.draw_follow_up(world.actor("督察"), made, public="三")
        with refused(Conflict, "没有重复抽取"):
            services.draw_follow_up(world.actor("督察乙"), made)
        assert draws.verify(draw_facts.file_of(follow_up.draw)) == []
        reviews = coaching_questions.reviews_of(follow_up)
        assert {each.recording for each in reviews} <= set(films)
        assert len(reviews) == 2
        page = world.client("督察").get(f"/evidence/reviews/one/{reviews[0].pk}/")
        assert (page.status_code, 'href="/evidence/reviews/"' in page.content.decode()) == (200, True)  # no month to go back to
        with refused(Conflict, "还没有全部评查"):
            services.close_coaching(actor, made)
        reviewed(world, reviews[0])
        made.refresh_from_db()
        assert made.outcome == ""
        reviewed(world, reviews[1])
        made.refresh_from_db()
        assert (made.outcome, made.closed_label, entries("conduct.coaching_closed")) == ("improved", "督察", 1)
        assert services.close_coaching(actor, made).outcome == "improved"


def test_the_same_again_is_said_and_what_nobody_could_judge_is_drawn_anew(world: World, drawn: list[Review], later: Later) -> None:
    made, actor = coached(world, drawn[0]), world.actor("督察")
    for number in (1, 2):
        later(TODAY + dt.timedelta(days=number), 10 + number)
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=4), 9)):
        actor = world.actor("督察")
        for review in coaching_questions.reviews_of(services.draw_follow_up(actor, made)):
            reviewed(world, review, marks={}, is_unusable=True, comment="没有声音")
        made.refresh_from_db()
        assert (made.outcome, coaching_questions.may_draw(made)) == ("", True)
        with refused(DomainError, "可以抽取的影像"):
            services.draw_follow_up(actor, made)
    later(TODAY + dt.timedelta(days=5), 20)
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=6), 9)):
        (review,) = coaching_questions.reviews_of(services.draw_follow_up(world.actor("督察"), made))
        reviewed(world, review, entry="conduct.hands")
        made.refresh_from_db()
    assert (made.outcome, made.follow_ups.count()) == ("repeated", 2)


# --- rates ---


def test_rates_say_n_and_leave_out_follow_ups_and_reversed_findings(world: World, drawn: list[Review], later: Later) -> None:
    made = coached(world, drawn[0])
    reviewed(world, drawn[1])
    since, until = dt.date(2026, 9, 1), dt.date(2026, 12, 31)

    def told() -> list[tuple[str, int, int, str]]:
        found = rates.rates_of(world.actor("局长"), since, until)
        return [(each.label, each.good, each.n, each.text) for each in (found.all, *found.units, *found.classes)]

    expected = ("样本不足", "样本不足")
    assert told() == [("全部", 1, 2, expected[0]), ("一中队", 1, 2, expected[0]), ("在编", 1, 2, expected[1])]
    later(TODAY + dt.timedelta(days=1), 11)
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=4), 9)):
        (review,) = coaching_questions.reviews_of(services.draw_follow_up(world.actor("督察"), made))
        reviewed(world, review)
    assert told()[0][:3] == ("全部", 1, 2)
    findings.withdraw_finding(world.actor("局长"), made.finding, reason="有误")
    assert told()[0][:3] == ("全部", 2, 2)
    Review.objects.filter(pk=drawn[1].pk).update(outcome="problem")  # by its sheet there was nothing to find
    Sheet.objects.filter(review=drawn[1]).delete()
    assert told()[0][:3] == ("全部", 1, 2)
    assert rates.rates_of(world.actor("外队长"), since, until).all.n == 0
    assert Recording.objects.count() == 4
