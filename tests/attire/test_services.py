"""Orders, exemptions, roll-calls, hand-back, disposal: what happens and what a refusal leaves untouched."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chengxin.attire import selectors, services
from chengxin.attire.models import DisposedIssue, Exemption, HandBackEntry, RollCall, RollCallLine, SeasonOrder, UniformDisposal
from chengxin.attire.services import SeenException
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment.models import UniformIssue
from chengxin.equipment.services.stock import issue_uniform, move_stock, take_back_uniform
from chengxin.files.models import StoredFile
from chengxin.findings.models import Finding
from chengxin.findings.services import withdraw_finding
from chengxin.people import services as people
from tests.world import World

TODAY = dt.date(2026, 9, 30)
TABLES = (SeasonOrder, Exemption, RollCall, RollCallLine, HandBackEntry, UniformDisposal, Finding, Entry)


@pytest.fixture(autouse=True)
def a_day_in_september() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 8)):
        yield


@contextmanager
def refused(error: type[DomainError], message: str) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """The block raises and leaves no row of this chapter, no finding, no audit entry."""
    before = [model.objects.count() for model in TABLES]
    with pytest.raises(error, match=message) as raised:
        yield raised
    assert [model.objects.count() for model in TABLES] == before


def order(world: World, by: str = "局长", **more: object) -> SeasonOrder:
    given = {
        "season": "spring_autumn", "starts_on": TODAY, "ends_on": TODAY + dt.timedelta(days=3), "reason": "降温",
        "signer": "局长", "document_number": "换1号",
    }  # fmt: skip
    return services.issue_season_order(world.actor(by), **{**given, **more})  # type: ignore[arg-type]


def exempt(world: World, name: str = "女队员", days: int = 30) -> Exemption:
    until = TODAY + dt.timedelta(days=days)
    return services.grant_exemption(world.actor("人事"), world.persons[name], starts_on=TODAY, until=until, approved_by="局长")


def seen(world: World, name: str, *codes: str, spot: bool = True, **more: object) -> SeenException:
    return SeenException(world.persons[name].pk, codes or ("attire.markings_missing",), spot, **more)  # type: ignore[arg-type]


def test_an_order_overrides_the_month_for_its_days_only(world: World) -> None:
    assert selectors.season_on(TODAY).label == "夏装"
    made = order(world)
    answer = selectors.season_on(TODAY)
    assert (answer.label, answer.order, answer.clause) == ("春秋装", "换1号", "2.1.2")
    assert selectors.season_on(TODAY - dt.timedelta(days=1)).label == "夏装"
    assert selectors.season_on(dt.date(2026, 10, 4)).label == "夏装"
    services.withdraw_season_order(world.actor("局长"), made, reason="回暖")
    assert selectors.season_on(TODAY).label == "夏装"
    with refused(Conflict, "已经撤回"):
        services.withdraw_season_order(world.actor("局长"), made, reason="再次")


def test_orders_that_are_refused(world: World) -> None:
    with refused(NotAllowed, "录入换装令"):
        order(world, by="队长")
    with refused(DomainError, "不能早于今天"):
        order(world, starts_on=TODAY - dt.timedelta(days=1))
    with refused(DomainError, "结束日早于起始日"):
        order(world, ends_on=TODAY - dt.timedelta(days=1))
    order(world)
    with refused(Conflict, "文号已经录入过"):
        order(world)


def test_an_exemption_keeps_no_reason_and_comes_before_any_finding(world: World) -> None:
    exempt(world)
    assert {field.name for field in Exemption._meta.get_fields()} & {"reason", "situation", "note", "kind"} == set()
    with refused(DomainError, "豁免至 2026-10-30"):
        world.finding(person="女队员", facts={"act": "应着装而未着制服", "entry": "attire.not_in_uniform"})
    with refused(DomainError, "豁免至 2026-10-30"):
        world.roll_call(exceptions=[seen(world, "女队员")])
    with refused(Conflict, "不能重叠"):
        exempt(world, days=5)
    with clock.frozen(clock.at(dt.date(2026, 10, 31), 8)):
        world.finding(person="女队员")


def test_an_exemption_ends_today_when_somebody_ends_it(world: World) -> None:
    made = exempt(world)
    services.end_exemption(world.actor("人事"), made)
    assert selectors.exemption_on(world.persons["女队员"], TODAY) is not None
    assert selectors.exemption_on(world.persons["女队员"], TODAY + dt.timedelta(days=1)) is None
    with refused(Conflict, "已经结束|到期"):
        services.end_exemption(world.actor("人事"), made)


def test_a_roll_call_passes_everybody_but_the_exceptions(world: World) -> None:
    exempt(world)
    made = world.roll_call(
        exceptions=[seen(world, "队员", "attire.markings_missing", "attire.beard", photos=(world.photo(world.actor("队长")),))],
        absent=[world.persons["协管"].pk],
    )
    lines = {line.person.name: (line.expected, line.outcome) for line in made.lines.select_related("person")}
    assert lines == {
        "装备员": ("must_wear", "checked"),
        "队员": ("must_wear", "checked"),
        "女队员": ("exempt", "absent"),
        "协管": ("must_wear", "absent"),
    }
    found = Finding.objects.order_by("pk")
    assert [(each.text, each.state, each.self_check) for each in found] == [("漏戴标识", "closed", True), ("蓄胡须", "closed", True)]
    assert {each.sources.get().described for each in found} == {"2026-09-30 早班班前点验"}
    assert StoredFile.objects.get().owner == f"finding:{found[0].pk}"
    assert (made.season, made.season_rule) == ("summer", "attire.season@1")


def test_a_roll_call_sent_twice_is_one_roll_call(world: World) -> None:
    key = uuid.uuid4()
    first = world.roll_call(client_key=key, exceptions=[seen(world, "队员")])
    before = [model.objects.count() for model in TABLES]
    assert world.roll_call(client_key=key, exceptions=[seen(world, "队员")]) == first
    assert [model.objects.count() for model in TABLES] == before


def test_a_second_roll_call_of_the_same_session_names_who_was_first(world: World) -> None:
    world.roll_call(by="大队长")
    with refused(Conflict, "已由大队长于 09-30 08:00 点验"):
        world.roll_call()
    world.roll_call(session="evening")


@pytest.mark.parametrize(
    ("held_on", "message"),
    [(TODAY + dt.timedelta(days=1), "不能晚于今天"), (TODAY - dt.timedelta(days=3), "须在 2 天内送达")],
)
def test_a_roll_call_of_another_day(world: World, held_on: dt.date, message: str) -> None:
    with refused(DomainError, message):
        world.roll_call(held_on=held_on)
    assert world.roll_call(held_on=TODAY - dt.timedelta(days=2)).held_on == dt.date(2026, 9, 28)


def test_roll_calls_that_are_refused_leave_nothing(world: World) -> None:
    with refused(NotAllowed, "班前点验"):
        world.roll_call(by="外队长")
    with refused(DomainError, "不在本单位"):
        world.roll_call(exceptions=[seen(world, "外人")])
    with refused(DomainError, "不能既“未到”又有"):
        world.roll_call(exceptions=[seen(world, "队员")], absent=[world.persons["队员"].pk])
    with refused(DomainError, "队员：请从目录中选择"):
        world.roll_call(exceptions=[seen(world, "队员", "conduct.pointing")])
    with refused(DomainError, "队长：不能给自己登记"):
        world.roll_call(exceptions=[seen(world, "队长")])
    with refused(DomainError, "协管：“披散头发”只适用于女性"):
        world.roll_call(exceptions=[seen(world, "队员"), seen(world, "协管", "attire.loose_hair")])
    with refused(DomainError, "请选择班次"):
        world.roll_call(session="noon")


def test_wearing_the_uniform_while_suspended_is_a_finding_and_not_wearing_it_is_right(world: World) -> None:
    people.set_status(world.actor("人事"), world.persons["队员"], status="suspended", starts_on=TODAY, ends_on=None, approved_by="局长")
    with refused(DomainError, "当日停职"):
        world.roll_call(exceptions=[seen(world, "队员", "attire.not_in_uniform")])
    world.roll_call(exceptions=[seen(world, "队员", "attire.worn_while_suspended")])
    finding = Finding.objects.get()
    assert (finding.kind, finding.clause, finding.rule_label) == ("attire.unsuitable", "2.1.4", "attire.exemption@1")


def test_other_staff_in_marked_uniform_is_a_finding(world: World) -> None:
    finding = world.finding(
        person="职员", kind="attire.unentitled", facts={"act": "非着装人员穿着带标识的制式服装", "entry": "attire.unentitled_wear"}
    )
    assert (finding.clause, finding.person_class) == ("2.1.1", "other")


def test_the_rate_counts_persons_checked_and_forgets_reversed_findings(world: World) -> None:
    world.roll_call(exceptions=[seen(world, "队员", spot=False)])
    leader, day = world.actor("局长"), TODAY

    def rate() -> tuple[int, int]:
        found = selectors.dress_compliance(leader, day, day)[0].rate
        return found.good, found.n

    assert rate() == (3, 4)
    assert selectors.dress_compliance(world.actor("外队长"), day, day)[0].rate.n == 0
    assert {each.group: each.rate.n for each in selectors.dress_compliance(leader, day, day)[2]} == {"在编": 3, "协管": 1}
    withdraw_finding(leader, Finding.objects.get(), reason="登记错人")
    assert rate() == (4, 4)


def test_what_a_leaver_hands_back_is_kept_entry_by_entry(world: World) -> None:
    keeper, gone = world.actor("装备员"), world.persons["队员"]
    with refused(DomainError, "仍在队"):
        services.record_hand_back(keeper, gone, outcomes={"badges": "returned"})
    people.record_departure(world.actor("人事"), gone, left_on=TODAY)
    gone.refresh_from_db()
    assert [item.kind for item in selectors.work_waiting_for(keeper)] == ["attire.hand_back"]
    assert services.record_hand_back(keeper, gone, outcomes={"badges": "returned", "winter": "missing"}) == 2
    assert services.record_hand_back(keeper, gone, outcomes={"badges": "returned", "winter": "returned"}) == 1
    assert list(HandBackEntry.objects.filter(item="winter").order_by("pk").values_list("outcome", flat=True)) == ["missing", "returned"]
    assert services.record_hand_back(keeper, gone, outcomes={"winter": "returned"}) == 0
    with refused(DomainError, "清单已变化"):
        services.record_hand_back(keeper, gone, outcomes={"gun": "returned"})
    items = [line.item for line in selectors.hand_back_list(gone)]
    services.record_hand_back(keeper, gone, outcomes=dict.fromkeys(items, "returned"))
    assert selectors.work_waiting_for(keeper) == []


def test_a_disposal_needs_the_photo_of_the_removed_markings(world: World) -> None:
    keeper = world.actor("装备员")
    given = {"unit": world.units["一中队"], "description": "旧夏装", "pieces": 2, "manner": "销毁", "disposed_on": TODAY}
    with refused(DomainError, "请添加照片"):
        services.record_disposal(keeper, **given, witness="队长", photos=[])  # type: ignore[arg-type]
    photo = world.photo(keeper)
    with refused(DomainError, "见证人应是经办人以外"):
        services.record_disposal(keeper, **given, witness="装备员", photos=[photo])  # type: ignore[arg-type]
    with refused(NotAllowed, "旧制服处置"):
        services.record_disposal(keeper, **{**given, "unit": world.units["二中队"]}, witness="队长", photos=[photo])  # type: ignore[arg-type]
    made = services.record_disposal(keeper, **given, witness="队长", photos=[photo])  # type: ignore[arg-type]
    assert [file.pk for file in selectors.disposal_photos(keeper, made.pk)] == [photo]


@pytest.fixture
def shirts(world: World) -> UniformIssue:
    """Three shirts issued to an officer by the book."""
    finance = world.actor("人事")
    move_stock(finance, style="shirt_short", size="40", sex="male", person_class="established", kind="received", change=5)
    return issue_uniform(finance, world.persons["队员"], style="shirt_short", size="40", quantity=3)


def test_what_the_book_issued_comes_back_with_the_leaver_and_goes_to_disposal_once(world: World, shirts: UniformIssue) -> None:
    keeper, gone = world.actor("装备员"), world.persons["队员"]
    people.record_departure(world.actor("人事"), gone, left_on=TODAY)
    gone.refresh_from_db()
    line = next(line for line in selectors.hand_back_list(gone) if line.item == "summer")
    assert (line.pieces_out, [issue.pk for issue in line.issued]) == (3, [shirts.pk])
    with refused(DomainError, "不能记为“未发放”") as error:
        services.record_hand_back(keeper, gone, outcomes={"summer": "never_issued"})
    assert error.value.field == "item-summer"
    services.record_hand_back(keeper, gone, outcomes={"summer": "missing", "badges": "never_issued"})
    assert UniformIssue.objects.worn().count() == 1
    services.record_hand_back(keeper, gone, outcomes={"summer": "returned"})
    assert UniformIssue.objects.worn().count() == 0
    assert Entry.objects.filter(action="equipment.uniform_taken_back", person_id=gone.pk).count() == 1
    assert [issue.pk for issue in selectors.issues_to_dispose(keeper)] == [shirts.pk]
    assert selectors.issues_to_dispose(world.actor("外队长")) == []
    given = {"unit": world.units["一中队"], "description": "短袖", "manner": "销毁", "disposed_on": TODAY, "witness": "队长"}
    with refused(DomainError, "请选择已收回待处置的制服"):
        services.record_disposal(keeper, **given, pieces=0, photos=[world.photo(keeper)])  # type: ignore[arg-type]
    made = services.record_disposal(keeper, **given, pieces=2, photos=[world.photo(keeper)], issues=[shirts.pk])  # type: ignore[arg-type]
    assert (made.pieces, DisposedIssue.objects.get().issue) == (5, shirts)
    assert selectors.issues_to_dispose(keeper) == []
    with refused(Conflict, "已经处置"):
        services.record_disposal(keeper, **given, pieces=0, photos=[world.photo(keeper)], issues=[shirts.pk])  # type: ignore[arg-type]
    assert UniformDisposal.objects.count() == 1


def test_what_went_back_into_the_store_is_not_to_be_disposed_of(world: World, shirts: UniformIssue) -> None:
    take_back_uniform(world.actor("人事"), shirts, into_stock=True)
    assert selectors.issues_to_dispose(world.actor("人事")) == []
    with refused(Conflict, "已经处置"):
        services.record_disposal(
            world.actor("人事"), unit=world.units["一中队"], description="短袖", pieces=0, manner="销毁", witness="队长", disposed_on=TODAY,
            photos=[world.photo(world.actor("人事"))], issues=[shirts.pk],
        )  # fmt: skip


def test_the_roll_call_waits_for_the_captain_until_it_is_held(world: World) -> None:
    captain = world.actor("队长")
    assert [item.kind for item in selectors.work_waiting_for(captain)] == ["attire.roll_call"]
    world.roll_call()
    assert selectors.work_waiting_for(captain) == []
    with clock.frozen(clock.at(dt.date(2026, 10, 1), 8)):  # a day off
        assert selectors.work_waiting_for(captain) == []


@pytest.mark.parametrize(("day", "asked"), [(dt.date(2026, 9, 30), True), (dt.date(2026, 10, 3), False), (dt.date(2026, 10, 10), True)])
def test_the_captain_is_asked_for_a_roll_call_on_every_workday_and_on_no_day_off(world: World, day: dt.date, asked: bool) -> None:
    """The tenth of October is a Saturday on which is worked, the third lies in the holiday."""
    with clock.frozen(clock.at(day, 7)):
        waiting = selectors.work_waiting_for(world.actor("队长"))
        assert [each.title for each in waiting if each.kind == "attire.roll_call"] == ["班前点验：一中队"] * asked
        assert [each for each in selectors.work_waiting_for(world.actor("队员")) if each.kind == "attire.roll_call"] == []
