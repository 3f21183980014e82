"""What the year's package says of case-file reviews: final rounds with n, a third quarter that lacks nothing, open rounds listed (2.4)."""

from __future__ import annotations

from chengxin.casereviews import rules, services
from chengxin.casereviews.models import Review
from chengxin.core import clock
from chengxin.reports.selectors import sections
from tests.reports.conftest import on
from tests.reports.test_sections import rows, section
from tests.world import World


def open_keys() -> list[str]:
    return [item.key for item in sections.open_items_of(sections.content_of(2026, clock.now()))]


def reviewed(world: World) -> None:
    """Two cases of the first squadron, reviewed to the end in May."""
    may = clock.today().replace(year=2026, month=5, day=20)
    actor = world.actor("督察")
    with on(may):
        for number in ("甲", "乙"):
            services.register_case(
                actor, number=f"城管罚〔2026〕{number}号", title="占道经营案", unit=world.units["一中队"], handlers=[world.persons["队员"]],
                closed_on=may, procedure=rules.ORDINARY,
            )  # fmt: skip
        found = services.cast_round(actor, services.freeze_round(actor, year=2026, quarter=2), public="六")
        found = services.assign_reviewers(actor, found, public="六")
        names = {person.pk: name for name, person in world.persons.items()}
        for review in Review.objects.all():
            given = [rules.Deduction("proof", 35, "照片没有注明拍摄时间", "第 5 页")]
            services.submit_review(world.actor(names[review.person_id]), review, deductions=given)
        services.tell_results(actor, found)
        assert section(2026, "casereviews")["tables"][0]["rows"][0][3] is None  # no score before the end
        assert "casereview:2026-2" in open_keys()
    with on(may.replace(month=6, day=10)):
        services.finalise_round(actor, found)


def test_a_final_round_stands_with_its_mean_its_grades_and_what_cost_most(world: World) -> None:
    with on():
        assert section(2026, "casereviews")["paragraphs"] == ["本年度系统中尚无记录。"]
    reviewed(world)
    with on():
        found = section(2026, "casereviews")
        assert rows(found, "案卷评查") == [["第二季度", "已定稿", 2, 2, 96.5, 2, 0, 0, 2, 0]]
        assert rows(found, "扣分最多的项目") == [["第二季度", "证据收集与固定", 2, 3.5]]
        assert found["charts"][0]["categories"] == ["第二季度"]
        assert [key for key in open_keys() if key.startswith("casereview")] == []
        quarters = rows(section(2026, "activities"), "季度主题活动")
    assert [row[-1] for row in quarters] == ["尚无记录", "已定稿", "方案不安排", "尚无记录"]
