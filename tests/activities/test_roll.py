"""The code at the door, the roll, reasons, corrections, scores."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from chengxin.activities import rules, selectors, services
from chengxin.activities.models import Activity, LineEntry, RosterLine
from chengxin.activities.services import keys
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from tests.activities.conftest import MORNING, close, ticket
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("october")]


def line(activity: Activity, world: World, name: str) -> RosterLine:
    return RosterLine.objects.select_related("activity").get(activity=activity, person=world.persons[name])


def test_who_scans_the_code_at_the_door_is_present(world: World, held: Activity) -> None:
    for name in ("队员", "协管"):
        services.check_in(world.actor(name), held.pk, ticket=ticket(world, name, held))
        assert (line(held, world, name).presence, line(held, world, name).way) == ("present", "code")
    again = services.check_in(world.actor("队员"), held.pk, ticket=ticket(world, "队员", held))
    assert again.arrived_at == MORNING
    assert Entry.objects.filter(action="activities.checked_in").count() == LineEntry.objects.filter(title="扫码到场").count() == 2


def test_an_old_a_forged_and_anothers_code_are_refused_plainly(world: World, held: Activity) -> None:
    code, seconds = services.code_now(world.actor("队长"), held)
    officer = world.actor("队员")
    with clock.frozen(MORNING + dt.timedelta(seconds=2 * seconds)), pytest.raises(DomainError, match="已过期。请重新扫描"):
        services.ticket_for(officer, held.pk, code)
    for forged in ("submit", code[:-1] + ("0" if code[-1] != "0" else "1"), rules.door_code(keys.door_key(), held.pk + 1, 1)):
        with pytest.raises(DomainError, match="不是本次活动的二维码"):
            services.ticket_for(officer, held.pk, forged)
    good = services.ticket_for(officer, held.pk, code)
    with pytest.raises(DomainError, match="不是您本人"):
        services.check_in(world.actor("女队员"), held.pk, ticket=good)
    with pytest.raises(DomainError, match="凭据无效"):
        services.check_in(officer, held.pk, ticket="x")
    with clock.frozen(MORNING + dt.timedelta(minutes=3)), pytest.raises(DomainError, match="太久没有确认"):
        services.check_in(officer, held.pk, ticket=good)
    assert RosterLine.objects.filter(presence="present").count() == LineEntry.objects.count() == 0


def test_a_stranger_and_a_latecomer_are_told_what_to_do(world: World, held: Activity) -> None:
    with pytest.raises(NotAllowed, match="不在这次活动的应到名单中"):
        services.check_in(world.actor("外人"), held.pk, ticket=ticket(world, "外人", held))
    late = ticket(world, "队员", held)
    close(world, held, "队员")
    with pytest.raises(Conflict, match="已经办结"):
        services.check_in(world.actor("队员"), held.pk, ticket=late)
    with pytest.raises(Conflict):
        services.code_now(world.actor("队长"), held)


def test_the_roll_finds_everybody_present_but_the_exceptions(world: World, held: Activity) -> None:
    services.check_in(world.actor("协管"), held.pk, ticket=ticket(world, "协管", held))
    key = uuid.uuid4()
    closed = close(world, held, "女队员", reason="on_duty", key=key, note="学习条例。")
    assert (closed.state, closed.note) == ("closed", "学习条例。")
    assert (line(held, world, "协管").way, line(held, world, "队员").way) == ("code", "roll")
    absent = line(held, world, "女队员")
    assert (absent.presence, absent.reason, absent.reason_state) == ("absent", "on_duty", "accepted")
    assert close(world, held, "队员", key=key).pk == held.pk  # a second click
    assert line(held, world, "队员").presence == "present"
    with pytest.raises(Conflict, match="队长 已经办结"):
        close(world, held, "队员", by="大队长")
    count = selectors.count_of_activity(held)
    assert (count.due, count.present, count.excused, count.absent) == (4, 4, 1, 0)


def test_a_sheet_with_strangers_or_unknown_reasons_changes_nothing(world: World, held: Activity) -> None:
    for sheet in ({world.persons["外人"].pk: ""}, {world.persons["队员"].pk: "whim"}):
        with pytest.raises(DomainError, match="刷新后重试"):
            services.close_activity(world.actor("队长"), held, key=uuid.uuid4(), absent=sheet)
    with pytest.raises(NotAllowed):
        close(world, held, by="外队长")
    held.refresh_from_db()
    assert (held.state, Entry.objects.filter(action="activities.closed").count()) == ("held", 0)


def test_an_absence_is_explained_by_its_person_and_accepted_by_another(world: World, held: Activity) -> None:
    close(world, held, "队员", "队长", by="大队长")
    mine = line(held, world, "队员")
    services.state_reason(world.actor("队员"), mine, reason="official", note="送文件")
    services.state_reason(world.actor("队员"), mine, reason="official")
    assert LineEntry.objects.filter(line=mine, title="说明事由").count() == 1
    with pytest.raises(NotAllowed):
        services.state_reason(world.actor("女队员"), mine, reason="official")
    with pytest.raises(DomainError) as refused:
        services.state_reason(world.actor("队长"), line(held, world, "队长"), reason="none")
    assert refused.value.field == "reason"
    services.state_reason(world.actor("队长"), line(held, world, "队长"), reason="training")
    with pytest.raises(NotAllowed, match="不能认可自己的"):
        services.decide_reason(world.actor("队长"), line(held, world, "队长"), accepted=True)
    with pytest.raises(DomainError) as refused:
        services.decide_reason(world.actor("队长"), mine, accepted=False)
    assert refused.value.field == "note"
    services.decide_reason(world.actor("队长"), mine, accepted=True)
    with pytest.raises(Conflict):
        services.decide_reason(world.actor("大队长"), mine, accepted=False, note="不同意")
    assert line(held, world, "队员").reason_state == "accepted"


def test_a_mistake_is_put_right_by_a_new_entry_and_never_by_oneself(world: World, held: Activity) -> None:
    close(world, held, "队员")
    wrong = line(held, world, "队员")
    with pytest.raises(DomainError) as refused:
        services.correct_line(world.actor("队长"), wrong, presence="present", note="")
    assert refused.value.field == "note"
    services.correct_line(world.actor("队长"), wrong, presence="present", note="漏看，照片为证")
    assert line(held, world, "队员").presence == "present"
    titles = list(LineEntry.objects.filter(line=wrong).values_list("title", flat=True))
    assert titles == ["缺席", "更正：缺席→到场"]
    with pytest.raises(NotAllowed, match="不能更正自己的"):
        services.correct_line(world.actor("队长"), line(held, world, "队长"), presence="absent", note="x")
    with pytest.raises(NotAllowed):
        services.correct_line(world.actor("队员"), wrong, presence="present", note="x")


def test_scores_are_kept_for_who_was_present_and_changes_are_entries(world: World, held: Activity) -> None:
    close(world, held, "协管")
    actor, officer = world.actor("队长"), world.persons["队员"].pk
    assert services.score_lines(actor, held, scores={officer: Decimal("88.5")}) == 1
    assert services.score_lines(actor, held, scores={officer: Decimal("88.5")}) == 0
    services.score_lines(actor, held, scores={officer: Decimal(90)})
    texts = list(LineEntry.objects.filter(line__person_id=officer, title="成绩").values_list("text", flat=True))
    assert texts == ["现 88.5", "原 88.5，现 90"]
    for person, score in ((officer, "101"), (officer, "80.2"), (world.persons["协管"].pk, "60"), (world.persons["外人"].pk, "60")):
        with pytest.raises(DomainError) as refused:
            services.score_lines(actor, held, scores={person: Decimal(score)})
        assert refused.value.field == f"score-{person}"
    with pytest.raises(NotAllowed):
        services.score_lines(actor, held, scores={world.persons["队长"].pk: Decimal(100)})
    assert line(held, world, "队员").score == 90


def test_known_leave_stands_unless_the_person_came(world: World, held: Activity) -> None:
    RosterLine.objects.filter(activity=held, person=world.persons["队员"]).update(presence="absent", reason="leave", reason_state="known")
    services.close_activity(world.actor("队长"), held, key=uuid.uuid4(), came=frozenset({world.persons["队员"].pk}))
    assert (line(held, world, "队员").presence, line(held, world, "队员").reason) == ("present", "")
    assert LineEntry.objects.get(line=line(held, world, "队员")).text == "已准假，仍到场"
