"""The random review of a month's footage: drawn with quotas, looked at first, by nobody of the own unit."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest

from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.evidence.models import Recording, Review
from chengxin.evidence.selectors import reviews as questions
from chengxin.evidence.services import reviews, viewing
from chengxin.rulekit import draws
from tests.evidence.conftest import Film
from tests.world import World

SEPTEMBER = dt.date(2026, 9, 1)


@pytest.fixture(autouse=True)
def an_evening() -> Iterator[None]:
    with clock.frozen(clock.at(dt.date(2026, 9, 30), 20)):
        yield


@pytest.fixture
def month(world: World, film: Film) -> list[Recording]:
    """Five recordings of an officer; one cannot be read, one is nobody's."""
    made = [film(number) for number in range(1, 6)]
    film(6, name="X-9_20260930083000_0006.mp4")
    Recording.objects.filter(pk=made[4].pk).update(trouble="不能解码")
    return made


def october() -> object:
    return clock.frozen(clock.at(dt.date(2026, 10, 8), 9))


def test_a_month_is_drawn_once_it_is_over_and_only_once(world: World, month: list[Recording]) -> None:
    supervisor = world.actor("督察")
    with pytest.raises(DomainError, match="还没有结束"):
        reviews.freeze_month(supervisor, SEPTEMBER)
    with pytest.raises(NotAllowed, match="随机抽查"):
        reviews.freeze_month(world.actor("队长"), SEPTEMBER)
    with october():  # type: ignore[attr-defined]
        draw = reviews.freeze_month(supervisor, SEPTEMBER)
        assert draw.quotas == {"一中队 在编": 2}
        assert [row[2] for row in draw.frame] == ["", "", "", "", "读取有问题"]
        with pytest.raises(Conflict, match="不能重新抽取"):
            reviews.freeze_month(supervisor, SEPTEMBER)
        reviews.cast_month(supervisor, draw, public="四 二 六")
        rows = questions.reviews_of(questions.draw_of(SEPTEMBER))  # type: ignore[arg-type]
    assert len(rows) == 2
    assert month[4] not in [row.recording for row in rows]


def test_a_reviewer_looks_first_and_is_of_another_unit(world: World, month: list[Recording]) -> None:
    supervisor = world.actor("督察")
    with october():  # type: ignore[attr-defined]
        draw = reviews.cast_month(supervisor, reviews.freeze_month(supervisor, SEPTEMBER), public="")
        first, second = questions.reviews_of(draw)
        with pytest.raises(DomainError, match="请先观看"):
            reviews.record_review(supervisor, first, outcome="fine")
        viewing.open_viewing(supervisor, first.recording, reason="随机抽查")
        with pytest.raises(DomainError, match="请写明发现的问题"):
            reviews.record_review(supervisor, first, outcome="problem")
        assert Review.objects.filter(outcome="").count() == 2
        reviews.record_review(supervisor, first, outcome="problem", note="没有使用规范用语")
        with pytest.raises(Conflict, match="督察 已经审查"):
            reviews.record_review(supervisor, first, outcome="fine")
        with pytest.raises(Conflict, match="不能替换"):
            reviews.replace_review(supervisor, first, reason="换一段")
        reviews.replace_review(supervisor, second, reason="画面全黑")
        now = questions.reviews_of(draw)
    assert (first in now, second in now, len(now)) == (True, False, 2)


def test_the_pages_lead_from_the_frame_to_the_result(world: World, month: list[Recording]) -> None:
    client = world.client("督察")
    with october():  # type: ignore[attr-defined]
        address = "/evidence/reviews/2026/9/"
        assert "冻结范围" in client.get(address).content.decode()
        client.post(address)
        client.post(address, {"public": "四 二 六"})
        page = client.get(address).content.decode()
        assert "待审查" in page
        review = Review.objects.order_by("pk")[0]
        one = f"/evidence/reviews/one/{review.pk}/"
        assert client.post(one, {"outcome": "fine"}).status_code == 422
        assert client.post(one, {"look": "yes"}).headers["Location"].startswith("/evidence/viewings/")
        assert client.post(one, {"outcome": "fine"}).status_code == 303
        told = json.loads(client.get(f"{address}file/").content)
        assert client.get("/evidence/reviews/2026/13/").status_code == 404
    assert draws.verify(told) == []
    assert told["public"] == "四 二 六"
