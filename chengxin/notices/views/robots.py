"""Doors of the robots of group chats."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError
from chengxin.notices import forms, rules, selectors, services
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other

POST = ("POST",)


@page("notices.robots", methods=("GET", "HEAD", "POST"))
def robots(request: ActorRequest) -> HttpResponse:
    """群机器人: 系统管理员 enters, 安全管理员 approves, either stops."""
    actor = request.actor
    if request.method == "POST":
        require(actor, "notices.robot")
    units = people.all_units()
    values = selectors.policy()
    form = forms.RobotForm(
        request.POST or None, units=[(str(unit.pk), unit.name) for unit in units], digest_hours=values["digest_hours"],
        initial={"hour": values["digest_hour"], "kind": rules.WECOM},
    )  # fmt: skip

    def add(given: dict[str, Any]) -> None:
        wanted = given.pop("unit")
        unit = next((unit for unit in units if str(unit.pk) == wanted), None)
        if unit is None:
            raise DomainError("no_unit", "请选择单位。", field="unit")
        services.add_robot(actor, unit=unit, **given)

    if form.carry_out(add):
        messages.success(request, "已登记，安全管理员批准后生效。")
        return see_other(reverse("notices:robots"))
    context = {
        "robots": selectors.robots(), "form": form, "kinds": rules.ROBOTS, "outcomes": rules.OUTCOMES,
        "may_add": actor.may("notices.robot"), "may_approve": actor.may("notices.approve"),
    }  # fmt: skip
    return render(request, "notices/robots.html", context, status=422 if form.errors else 200)


@page("notices.approve", methods=POST)
def approve(request: ActorRequest, pk: int) -> HttpResponse:
    services.approve_robot(request.actor, selectors.robot_for(pk))
    messages.success(request, "已批准。")
    return see_other(reverse("notices:robots"))


@page("notices.robots", methods=POST)
def stop(request: ActorRequest, pk: int) -> HttpResponse:
    services.stop_robot(request.actor, selectors.robot_for(pk))
    messages.success(request, "已停用，保存的地址已清除。")
    return see_other(reverse("notices:robots"))


@page("notices.robot", methods=POST)
def test(request: ActorRequest, pk: int) -> HttpResponse:
    services.test_robot(request.actor, selectors.robot_for(pk))
    messages.success(request, "试发已排队，一分钟内可在本页看到结果。")
    return see_other(reverse("notices:robots"))
