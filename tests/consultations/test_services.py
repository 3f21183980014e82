"""A draft from its first line to the version in force: each command, each refusal, and what a refusal leaves behind (3.3)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from chengxin.audit.models import Entry
from chengxin.complaints.services import throttle
from chengxin.consultations import rules, selectors, services
from chengxin.consultations.models import Answer, Change, Consultation, Opinion, Proposal, Signature, SignRound, Step
from chengxin.consultations.selectors import summaries
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.people import services as people
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook import services as rulebook_commands
from chengxin.rulebook.models import Clause, ClauseVersion, RuleVersion
from tests.consultations.conftest import AFTER, ENDS, IN_FORCE, TODAY, Made, digest_of, fresh, on, publish, sign
from tests.world import SYSTEM, World, build_world


def rows() -> tuple[int, ...]:
    models = (Consultation, Change, Opinion, Answer, SignRound, Signature, Step, Proposal, RuleVersion, Entry)
    return tuple(model.objects.count() for model in models)


def refused(code: str, call: Any, kind: type[DomainError] = DomainError) -> DomainError:
    """The refusal, which leaves no row and no audit entry."""
    before = rows()
    with pytest.raises(kind) as error:
        call()
    assert error.value.code == code
    assert rows() == before
    return error.value


# --- drafting ---


def test_a_draft_holds_values_with_reasons_and_binds_nobody(world: World, draft: Made) -> None:
    found = draft()
    told = {(each.rule, each.name, each.before, each.after, each.base) for each in found.changes.all()}
    assert told == {
        ("findings.repeat", "count", 3, 4, "findings.repeat@1"),
        ("findings.rectification", "workdays", 7, 5, "findings.rectification@1"),
    }
    with on():
        assert rulebook.rule_values("findings.repeat", TODAY)["count"] == 3
    assert RuleVersion.objects.filter(rule__code="findings.repeat").count() == 1


@pytest.mark.parametrize("name", ["局长", "人事", "大队长", "队长", "队员", "安全员", "审计员"])
def test_only_the_supervision_office_drafts(world: World, name: str) -> None:
    refused("not_allowed", lambda: services.start_draft(world.actor(name), title="x", reason="y", audience="public"), NotAllowed)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"count": "四"}, "bad_value"), ({"count": 4.5}, "bad_value"), ({"count": True}, "bad_value"), ({"count": -1}, "bad_value"),
        ({"often": 4}, "unknown_value"), ({"count": 3}, "no_change"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused_and_names_its_field(world: World, draft: Made, values: Any, code: str) -> None:
    found = draft(changes=False)
    error = refused(code, lambda: services.change_values(world.actor("督察"), found, rule="findings.repeat", values=values, reason="试试"))
    assert error.field == ("value-count" if code == "bad_value" else None)


def test_a_share_above_all_and_a_catalogue_the_chapter_cannot_use_are_refused(world: World, draft: Made) -> None:
    found, actor = draft(changes=False), world.actor("督察")
    refused(
        "bad_value",
        lambda: services.change_values(actor, found, rule="supervision.inspections", values={"rate_percent": 120}, reason="多查"),
    )
    phrases = rulebook.rule_values("conduct.phrases", TODAY)["prohibited_words"]
    broken = [*phrases, {"text": "", "entry": "conduct.rude"}]
    with pytest.raises(DomainError):
        services.change_values(actor, found, rule="conduct.phrases", values={"prohibited_words": broken}, reason="加词")
    assert found.changes.count() == 0


def test_a_value_put_back_is_no_change_any_more(world: World, draft: Made) -> None:
    found = draft()
    services.change_values(world.actor("督察"), found, rule="findings.repeat", values={"count": 3}, reason="不改了")
    assert list(found.changes.values_list("rule", flat=True)) == ["findings.rectification"]
    services.drop_change(world.actor("督察"), found.changes.get())
    assert not found.changes.exists()


# --- opening: one at a time ---


def test_opinions_are_collected_on_announced_days_and_the_text_stays_meanwhile(world: World, opened: Made) -> None:
    found = opened()
    assert (found.state, found.is_running, len(summaries.changes_in(found.opened_content))) == (rules.OPEN, True, 2)
    refused(
        "not_editable",
        lambda: services.change_values(world.actor("督察"), found, rule="findings.repeat", values={"count": 5}, reason="x"),
        Conflict,
    )
    refused("not_editable", lambda: services.drop_change(world.actor("督察"), found.changes.all()[0]), Conflict)


def test_a_second_draft_is_not_opened_while_one_is_open(world: World, opened: Made, draft: Made) -> None:
    first, second = opened(), draft(title="另一份")
    with on():
        error = refused(
            "another_open", lambda: services.begin_consultation(world.actor("督察"), second, starts_on=TODAY, ends_on=ENDS), Conflict
        )
    assert first.title in error.message
    with pytest.raises(IntegrityError, match="one_open_draft_at_a_time"), transaction.atomic():
        Consultation.objects.filter(pk=second.pk).update(
            state=rules.OPEN, is_running=True, starts_on=TODAY, ends_on=ENDS, opened_at=clock.now()
        )


def test_nothing_is_published_past_an_open_draft(world: World, opened: Made) -> None:
    found = opened()
    before = rows()
    with on(), pytest.raises(Conflict, match="正在进行") as error:
        rulebook_commands.publish_version(
            world.actor("局长"), "complaints.clocks", values={"pause_days": 6}, in_force_on=AFTER, document_number="x"
        )
    assert (error.value.code, rows()) == ("draft_open", before)
    services.withdraw_consultation(world.actor("督察"), found, reason="缓一缓")
    with on():
        rulebook_commands.publish_version(
            world.actor("局长"), "complaints.clocks", values={"pause_days": 6}, in_force_on=AFTER, document_number="x"
        )
    assert rulebook.rule_values("complaints.clocks", AFTER)["pause_days"] == 6


def test_a_draft_without_a_change_or_on_a_value_that_has_changed_since_is_not_opened(world: World, draft: Made) -> None:
    empty, actor = draft(changes=False), world.actor("督察")
    with on():
        refused("no_change", lambda: services.begin_consultation(actor, empty, starts_on=TODAY, ends_on=ENDS))
        stale = draft()
        refused("bad_days", lambda: services.begin_consultation(actor, stale, starts_on=TODAY, ends_on=TODAY))
        rulebook_commands.publish_version(SYSTEM, "findings.repeat", values={"count": 5}, in_force_on=TODAY, document_number="2")
        error = refused("stale", lambda: services.begin_consultation(actor, stale, starts_on=TODAY, ends_on=ENDS), Conflict)
        assert "多次违规" in error.message
        services.change_values(actor, stale, rule="findings.repeat", values={"count": 4}, reason="核对后仍改为四次")
        assert services.begin_consultation(actor, stale, starts_on=TODAY, ends_on=ENDS).state == rules.OPEN


# --- opinions ---


def test_staff_speak_by_name_or_without_showing_it_and_a_second_click_is_the_same(world: World, opened: Made, said: Made) -> None:
    found, key = opened(), uuid.uuid4()
    one, twin = said(found, form_key=key), said(found, form_key=key)
    hidden = said(found, "协管", hides_name=True)
    assert (one.pk, one.author, one.sight) == (twin.pk, "队员（一中队）", rules.SHOWN)
    assert hidden.author == "本局人员"
    assert found.opinions.count() == Entry.objects.filter(action="consultations.opined").count() == 2
    with pytest.raises(DomainError, match="页面已过期"):
        said(found, "协管", form_key=key)


def test_where_names_are_asked_for_nobody_hides_the_own(world: World, opened: Made, said: Made) -> None:
    with on():
        rulebook_commands.publish_version(SYSTEM, "rulebook.revision", values={"names": "named"}, in_force_on=TODAY, document_number="3")
    found = opened()
    refused("named", lambda: said(found, hides_name=True))


@pytest.mark.parametrize("day", [TODAY - dt.timedelta(days=1), AFTER])
def test_opinions_before_and_after_the_days_are_refused(world: World, opened: Made, day: dt.date) -> None:
    found = opened()
    with on(day):
        refused(
            "not_open",
            lambda: services.give_opinion(world.actor("队员"), found, clause="3.1", text="意见意见意见", form_key=uuid.uuid4()),
            Conflict,
        )


def test_an_opinion_says_something_about_a_clause_there_is(world: World, opened: Made, said: Made) -> None:
    found = opened()
    assert refused("too_short", lambda: said(found, text="  \u200b好 ")).field == "text"
    assert refused("no_clause", lambda: said(found, clause="9.9")).field == "clause"
    assert refused("too_long", lambda: said(found, text="长" * 2001)).field == "text"


def test_the_public_speaks_without_an_account_and_finds_the_answer_by_its_code(world: World, opened: Made) -> None:
    found, key = opened(), uuid.uuid4()
    with on():
        receipt = services.send_opinion(found, clause="3.1", text="期限再短一些", form_key=key, who="1.2.3.4")
        again = services.send_opinion(found, clause="3.1", text="期限再短一些", form_key=key, who="1.2.3.4")
        assert (again.opinion.pk, again.code) == (receipt.opinion.pk, receipt.code)
        kept = Opinion.objects.get()
        assert (kept.by, kept.sight, kept.author) == (None, rules.WAITING, "社会公众")
        assert receipt.code not in str(vars(kept)).replace("-", "")
        services.answer_opinion(world.actor("督察"), kept, outcome="declined", reason="五日已是多数问题能办到的")
        assert services.find_by_code(f" {receipt.code.lower()} ", who="9.9.9.9").pk == kept.pk
        with pytest.raises(NotFound):
            services.find_by_code("0000-0000-0000-0000-0", who="9.9.9.9")


def test_an_internal_consultation_is_nothing_to_the_public(world: World, opened: Made) -> None:
    found = opened("internal")
    with on():
        refused(
            "no_consultation", lambda: services.send_opinion(found, clause="3.1", text="意见意见", form_key=uuid.uuid4(), who="x"), NotFound
        )
    assert selectors.public_consultations() == []


def test_a_source_that_sends_too_much_or_guesses_codes_is_slowed_down(world: World, opened: Made, said: Made) -> None:
    found = opened()
    for number in range(6):
        said(found, None, text=f"第 {number} 条意见")
    with pytest.raises(throttle.TooMany):
        said(found, None, text="第七条意见")
    assert said(found, None, text="另一来源的意见", source="5.6.7.8").pk
    with on():
        for _ in range(10):
            with pytest.raises(NotFound):
                services.find_by_code("x", who="1.1.1.1")
        with pytest.raises(throttle.TooMany):
            services.find_by_code("x", who="1.1.1.1")


def test_a_public_opinion_is_shown_after_a_person_looked_and_the_program_only_points(world: World, opened: Made, said: Made) -> None:
    found = opened()
    plain, personal = said(found, None), said(found, None, text="请联系 13900001111，队员 态度不好")
    assert personal.hints == ["含电话号码", "提到本局人员姓名"]
    assert selectors.public_opinions(found).count() == 0
    assert not selectors.opinions_for(world.actor("队员"), found).exists()
    moderator = world.actor("督察乙")
    refused("not_allowed", lambda: services.moderate_opinion(world.actor("大队长"), plain, is_shown=True), NotAllowed)
    services.moderate_opinion(moderator, plain, is_shown=True)
    assert refused("too_short", lambda: services.moderate_opinion(moderator, personal, is_shown=False)).field == "reason"
    services.moderate_opinion(moderator, personal, is_shown=False, reason="含个人信息")
    assert [each.pk for each in selectors.public_opinions(found)] == [plain.pk]
    assert [each.pk for each in selectors.opinions_for(world.actor("队员"), found)] == [plain.pk]
    assert selectors.opinions_for(moderator, found).count() == 2
    staff = said(found)
    refused("not_public", lambda: services.moderate_opinion(moderator, staff, is_shown=True), Conflict)
    with pytest.raises(IntegrityError, match="a_public_opinion_is_shown"), transaction.atomic():
        Opinion.objects.filter(pk=plain.pk).update(moderated_by=None)


def test_an_opinion_is_answered_by_another_and_the_newest_answer_counts(world: World, opened: Made, said: Made) -> None:
    found = opened()
    own = said(found, "督察")
    refused("own_opinion", lambda: services.answer_opinion(world.actor("督察"), own, outcome="adopted", reason="很好"), NotAllowed)
    refused("not_allowed", lambda: services.answer_opinion(world.actor("队长"), own, outcome="adopted", reason="很好"), NotAllowed)
    refused("bad_outcome", lambda: services.answer_opinion(world.actor("局长"), own, outcome="maybe", reason="很好"))
    refused("too_short", lambda: services.answer_opinion(world.actor("局长"), own, outcome="declined", reason=" "))
    one = services.answer_opinion(world.actor("局长"), own, outcome="declined", reason="暂不考虑")
    assert services.answer_opinion(world.actor("局长"), own, outcome="declined", reason="暂不考虑").pk == one.pk
    services.answer_opinion(world.actor("局长"), own, outcome="partly", reason="再想，部分可行")
    answer = selectors.answer_of(Opinion.objects.get(pk=own.pk))
    assert answer is not None
    assert (answer.number, answer.outcome, Answer.objects.count()) == (2, "partly", 2)
    with pytest.raises(IntegrityError, match="nobody_answers_the_own_opinion"), transaction.atomic():
        Answer.objects.create(opinion=own, number=3, outcome="adopted", reason="x", by=own.by, by_label="x", author=own.by, at=clock.now())
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Answer.objects.filter(pk=one.pk).update(reason="别的")


def test_a_consultation_closes_only_after_its_days_with_every_opinion_answered(world: World, opened: Made, said: Made) -> None:
    found, actor = opened(), world.actor("督察")
    staff, public = said(found), said(found, None)
    with on(ENDS):
        refused("not_ready", lambda: services.close_consultation(actor, found), Conflict)
    with on(AFTER):
        assert "没有审核" in refused("not_ready", lambda: services.close_consultation(actor, found), Conflict).message
        services.moderate_opinion(actor, public, is_shown=False, reason="含个人信息")
        services.answer_opinion(world.actor("局长"), staff, outcome="adopted", reason="采纳")
        assert "1 条意见没有答复" in refused("not_ready", lambda: services.close_consultation(actor, found), Conflict).message
        services.answer_opinion(actor, public, outcome="declined", reason="与本稿无关")
        assert services.close_consultation(actor, found).state == rules.CLOSED
        refused("over", lambda: services.answer_opinion(actor, public, outcome="adopted", reason="改了"), Conflict)
    lines = summaries.summary_of(fresh(found)).lines
    assert [(line.outcome_title, line.text) for line in lines] == [("采纳", staff.text), ("不采纳", "（原文不公开：含个人信息）")]
    public_lines = summaries.summary_of(fresh(found), for_public=True).lines
    assert [line.author for line in public_lines] == ["社会公众"]


# --- signing and publishing ---


def test_a_round_asks_leaders_who_did_not_draft_and_enough_of_them(world: World, closed: Made) -> None:
    found, actor = closed(), world.actor("督察")
    ids = {name: world.users[name].pk for name in ("局长", "大队长", "队长", "队员", "督察乙", "督察")}
    titles = {user.pk for user, _ in selectors.signers(found)}
    assert {ids["局长"], ids["大队长"], ids["队长"]} <= titles
    assert not titles & {ids["队员"], ids["督察"], ids["督察乙"]}
    with on(AFTER):
        refused("too_few", lambda: services.send_for_signing(actor, found, users=[ids["局长"]]))
        refused("not_a_signer", lambda: services.send_for_signing(actor, found, users=[ids["局长"], ids["队员"]]))
        round_ = services.send_for_signing(actor, found, users=[ids["局长"], ids["大队长"]])
    assert (round_.number, round_.signatures.count(), fresh(found).state) == (1, 2, rules.SIGNING)
    assert rules.digest(round_.content) == round_.sha256


def test_each_signs_once_what_was_read(world: World, signing: Made) -> None:
    found = signing()
    with on(AFTER):
        refused("other_text", lambda: services.sign_draft(world.actor("局长"), found, agrees=True, reason="", sha256="0" * 64), Conflict)
        refused("not_asked", lambda: sign(world, found, "队长"), NotAllowed)
        refused("not_allowed", lambda: sign(world, found, "队员"), NotAllowed)
        assert refused("too_short", lambda: sign(world, found, "局长", agrees=False)).field == "reason"
    one = sign(world, found, "局长")
    assert sign(world, found, "局长").pk == one.pk
    refused("signed", lambda: sign(world, found, "局长", agrees=False, reason="改主意"), Conflict)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Signature.objects.filter(pk=one.pk).update(agrees=False, reason="x")


def test_a_changed_draft_ends_the_round_and_starts_anew(world: World, signed: Made) -> None:
    found = signed()
    before = digest_of(found)
    with on(AFTER):
        services.change_values(world.actor("督察"), found, rule="findings.repeat", values={"count": 5}, reason="采纳意见")
        assert fresh(found).state == rules.CLOSED
        ended = found.rounds.get()
        assert (ended.ended_reason, ended.signatures.filter(agrees=True).count()) == ("草案有改动", 2)
        refused("not_possible", lambda: publish_with(world, found, before), Conflict)
        services.send_for_signing(world.actor("督察"), found, users=[world.users[name].pk for name in ("大队长", "局长")])
    assert digest_of(found) != before
    assert "还有 2 人" in refused("not_signed", lambda: publish(world, found), Conflict).message


def publish_with(world: World, found: Consultation, sha256: str) -> Consultation:
    return services.publish_draft(world.actor("局长"), found, in_force_on=IN_FORCE, document_number="x", sha256=sha256)


def test_nothing_is_published_while_somebody_disagrees_or_has_not_signed(world: World, signing: Made) -> None:
    found = signing()
    sign(world, found, "大队长")
    assert "还有 1 人没有会签" in refused("not_signed", lambda: publish(world, found), Conflict).message
    sign(world, found, "局长", agrees=False, reason="次数不宜放宽")
    assert "有人不同意" in refused("not_signed", lambda: publish(world, found), Conflict).message
    with on(AFTER):
        services.recall_round(world.actor("督察"), found, reason="再研究")
    assert fresh(found).state == rules.CLOSED


def test_a_signed_draft_is_published_by_another_through_the_rulebooks_own_command(world: World, signed: Made) -> None:
    found = signed()
    refused("not_allowed", lambda: publish(world, found, by="督察"), NotAllowed)
    refused("not_allowed", lambda: publish(world, found, by="大队长"), NotAllowed)
    assert refused("reaches_back", lambda: publish(world, found, in_force_on=TODAY)).field == "in_force_on"
    assert refused("too_short", lambda: publish(world, found, document_number=" ")).field == "document_number"
    refused("other_text", lambda: publish(world, found, sha256="0" * 64), Conflict)
    published = publish(world, found)
    assert (published.state, published.is_running, published.document_number) == (rules.PUBLISHED, False, "城管〔2026〕12号")
    for day, count, workdays in ((IN_FORCE - dt.timedelta(days=1), 3, 7), (IN_FORCE, 4, 5)):
        assert rulebook.rule_values("findings.repeat", day)["count"] == count
        assert rulebook.rule_values("findings.rectification", day)["workdays"] == workdays
    entry = RuleVersion.objects.get(rule__code="findings.repeat", number=2).values["count"]
    assert (entry["source"], entry["confirmed_by"]) == ("城管〔2026〕12号", "局长")
    assert Entry.objects.filter(action="rulebook.published").count() == 2
    assert Entry.objects.get(action="consultations.published").details["versions"] == ["findings.rectification@2", "findings.repeat@2"]
    refused("not_possible", lambda: publish(world, found), Conflict)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Consultation.objects.filter(pk=found.pk).update(title="别的")


def test_who_drafted_neither_signs_nor_publishes(world: World, signed: Made) -> None:
    found = signed()
    people.grant_role(SYSTEM, world.users["督察"], role="leader", unit=None, starts_on=TODAY)
    with on(AFTER):
        assert world.users["督察"].pk not in {user.pk for user, _ in selectors.signers(found)}
    refused("own_draft", lambda: publish(world, found, by="督察"), NotAllowed)


def test_a_published_draft_is_never_taken_back_and_an_open_one_may_be(world: World, signed: Made, draft: Made) -> None:
    found = signed()
    assert refused("too_short", lambda: services.withdraw_consultation(world.actor("督察"), found, reason="")).field == "reason"
    publish(world, found)
    refused("not_possible", lambda: services.withdraw_consultation(world.actor("督察"), found, reason="x"), Conflict)
    other = draft(title="下一份")
    services.withdraw_consultation(world.actor("督察"), other, reason="不再需要")
    assert fresh(other).state == rules.WITHDRAWN
    with on(AFTER):
        refused(
            "not_possible", lambda: services.begin_consultation(world.actor("督察"), other, starts_on=AFTER, ends_on=IN_FORCE), Conflict
        )


def test_the_first_issue_is_put_to_opinions_whole_and_issued_after_signing(db: None) -> None:
    world = build_world(issued=False)
    with on():
        found = services.start_draft(world.actor("督察"), title="专项工作方案", reason="首次印发", audience="public")
        services.begin_consultation(world.actor("督察"), found, starts_on=TODAY, ends_on=ENDS)
        services.give_opinion(world.actor("队员"), found, clause="2.1.2", text="夏装时段合适", form_key=uuid.uuid4())
        services.answer_opinion(world.actor("局长"), Opinion.objects.get(), outcome="adopted", reason="保持")
        with pytest.raises(Conflict, match="正在进行"):
            rulebook_commands.issue_rulebook(world.actor("局长"), issued_on=TODAY, document_number="绕过")
    with on(AFTER):
        services.close_consultation(world.actor("督察"), found)
        services.send_for_signing(world.actor("督察"), found, users=[world.users[name].pk for name in ("大队长", "局长")])
    for name in ("大队长", "局长"):
        sign(world, found, name)
    publish(world, found, in_force_on=AFTER)
    assert rulebook.rule_values("findings.repeat", AFTER)["count"] == 3
    assert not RuleVersion.objects.filter(state="draft").exists()


def worded(world: World) -> None:
    """The plan's text of one clause, as an import leaves it."""
    Clause.objects.filter(pk="2.2.4").update(wording="每日执勤前后简单检查设备状态。\n严禁私自拆卸维修。")


def test_a_clause_is_worded_anew_from_its_day_and_the_plans_text_stays(world: World, draft: Made) -> None:
    worded(world)
    found, office = draft(changes=False), world.actor("督察")
    new = "每日执勤前后逐项检查设备状态并登记。\n严禁私自拆卸维修。"
    with on():
        services.change_values(office, found, rule="clause:2.2.4", values={"wording": new}, reason="检查要留痕")
        found = services.begin_consultation(office, found, starts_on=TODAY, ends_on=ENDS)
        refused(
            "draft_open",
            lambda: rulebook_commands.amend_clause(world.actor("局长"), "2.2.4", wording="别的", in_force_on=AFTER, document_number="x"),
            Conflict,
        )
    with on(AFTER):
        services.close_consultation(office, found)
        services.send_for_signing(office, found, users=[world.users[name].pk for name in ("大队长", "局长")])
    for name in ("大队长", "局长"):
        sign(world, found, name)
    publish(world, found)
    texts = [rulebook.book_on(day)["clause:2.2.4"] for day in (IN_FORCE - dt.timedelta(days=1), IN_FORCE)]
    assert [each.entries["wording"]["value"] == new for each in texts] == [False, True]
    assert [each.version for each in texts] == ["clause:2.2.4@0", "clause:2.2.4@1"]
    assert Clause.objects.get(pk="2.2.4").wording.startswith("每日执勤前后简单检查")
    page = world.client("队员").get("/rulebook/clauses/2.2.4/").content.decode()
    assert "逐项检查设备状态并登记" in page
    assert "简单检查设备状态" in page
    assert Entry.objects.get(action="rulebook.amended").subject == "clause:2.2.4"
    compared = world.client("队员").get(f"/consultations/compare/?from=2025-09-01&to={IN_FORCE}").content.decode()
    assert '<span class="words">每日执勤前后逐项检查设备状态并登记。' in compared
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        ClauseVersion.objects.update(wording="别的")


def test_a_wording_that_was_changed_since_or_is_the_same_is_not_published(world: World, draft: Made) -> None:
    worded(world)
    found, office, leader = draft(changes=False), world.actor("督察"), world.actor("局长")
    same = Clause.objects.get(pk="2.2.4").wording
    with on():
        refused("no_change", lambda: services.change_values(office, found, rule="clause:2.2.4", values={"wording": same}, reason="x"))
        services.change_values(office, found, rule="clause:2.2.4", values={"wording": "逐项检查。"}, reason="简化")
        for wording, day, code in ((same, TODAY, "no_change"), ("新条文", TODAY - dt.timedelta(days=1), "reaches_back")):
            refused(
                code,
                lambda w=wording, d=day: rulebook_commands.amend_clause(leader, "2.2.4", wording=w, in_force_on=d, document_number="x"),
            )  # type: ignore[misc]
        refused(
            "not_allowed",
            lambda: rulebook_commands.amend_clause(office, "2.2.4", wording="新条文", in_force_on=TODAY, document_number="x"),
            NotAllowed,
        )
        rulebook_commands.amend_clause(leader, "2.2.4", wording="新条文", in_force_on=TODAY, document_number="城管〔2026〕9号")
        refused("stale", lambda: services.begin_consultation(office, found, starts_on=TODAY, ends_on=ENDS), Conflict)


# --- proposals ---


def recurring(world: World, times: int = 5, quarters: tuple[int, ...] = (5, 8)) -> None:
    for month in quarters:
        for number in range(times):
            with on(dt.date(2026, month, 10 + number), 10):
                world.finding(person=("队员", "协管")[number % 2])


def test_a_problem_that_comes_every_quarter_is_nominated_once_with_its_figures(world: World) -> None:
    recurring(world)
    with on(dt.date(2026, 10, 8)):
        assert services.nominate_proposals(SYSTEM) == 1
        assert services.nominate_proposals(world.actor("督察")) == 0
        found = Proposal.objects.get()
        assert (found.clause, found.entry, found.state) == ("2.1.3", "attire.markings_missing", "waiting")
        assert (found.figures["count"], found.figures["before"], found.figures["persons"], found.figures["units"]) == (5, 5, 2, 1)
        assert "漏戴标识" in found.text
        assert "队员" not in found.text


def test_what_came_in_one_quarter_only_or_was_taken_back_is_not_nominated(world: World) -> None:
    recurring(world, quarters=(8,))
    with on(dt.date(2026, 10, 8)):
        assert services.nominate_proposals(SYSTEM) == 0
    assert not Entry.objects.filter(action="consultations.nominated").exists()


def test_a_proposal_is_taken_up_into_a_draft_or_dismissed_with_a_reason_once(world: World, draft: Made, opened: Made) -> None:
    recurring(world)
    with on(dt.date(2026, 10, 8)):
        services.nominate_proposals(SYSTEM)
    found, actor = Proposal.objects.get(), world.actor("督察")
    refused("not_allowed", lambda: services.dismiss_proposal(world.actor("队长"), found, reason="x"), NotAllowed)
    assert refused("too_short", lambda: services.dismiss_proposal(actor, found, reason=" ")).field == "reason"
    running = opened()
    refused("not_editable", lambda: services.take_up_proposal(actor, found, into=running), Conflict)
    made = services.take_up_proposal(actor, found)
    assert (made.state, made.reason) == (rules.PREPARING, found.text)
    refused("decided", lambda: services.dismiss_proposal(actor, found, reason="重复"), Conflict)
    refused("decided", lambda: services.take_up_proposal(actor, found), Conflict)
    Proposal.objects.update(state="waiting", decided_by=None, consultation=None)
    assert services.dismiss_proposal(actor, found, reason="加强培训即可").reason == "加强培训即可"


# --- what waits ---


def test_each_step_waits_for_who_may_take_it(world: World, opened: Made, said: Made) -> None:
    def waiting(name: str) -> list[str]:
        return [each.title.partition("：")[0] for each in selectors.work_waiting_for(world.actor(name))]

    found = opened()
    own, public = said(found, "督察"), said(found, None)
    with on():
        assert waiting("督察") == ["审核公众意见 1 条", "答复意见 1 条"]
        assert waiting("局长") == ["审核公众意见 1 条", "答复意见 2 条"]
        assert waiting("队员") == waiting("大队长") == []
        services.moderate_opinion(world.actor("督察"), public, is_shown=True)
        for opinion in (own, public):
            services.answer_opinion(world.actor("局长"), opinion, outcome="adopted", reason="好")
    with on(AFTER):
        assert waiting("督察") == ["办结征求意见"]
        services.close_consultation(world.actor("督察"), found)
        assert waiting("督察") == ["送会签"]
        services.send_for_signing(world.actor("督察"), found, users=[world.users[name].pk for name in ("大队长", "局长")])
        assert (waiting("大队长"), waiting("局长"), waiting("队长"), waiting("督察")) == (["会签"], ["会签"], [], [])
    for name in ("大队长", "局长"):
        sign(world, found, name)
    with on(AFTER):
        assert (waiting("大队长"), waiting("局长")) == ([], ["发布"])
