"""The round of signing and the publication."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from chengxin.consultations import forms, selectors, services
from chengxin.consultations.views.page import carry_out, send_form
from chengxin.ui.doors import ActorRequest, page


@page("consultations.prepare", methods=("POST",))
def send(request: ActorRequest, pk: int) -> HttpResponse:
    found = selectors.consultation_for(request.actor, pk)
    form = send_form(request.actor, found, request.POST)

    def command(given: dict[str, Any]) -> None:
        services.send_for_signing(request.actor, found, users=[int(user) for user in given["users"]])

    return carry_out(request, found, "send", form, command, "已送会签；草案再有改动，会签作废重来。")


@page("consultations.sign", methods=("POST",))
def sign(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.consultation_for(request.actor, pk), forms.SignForm(request.POST, auto_id="sign_%s")

    def command(given: dict[str, Any]) -> None:
        services.sign_draft(request.actor, found, agrees=given["agrees"] == "yes", reason=given["reason"], sha256=given["sha256"])

    return carry_out(request, found, "sign", form, command, "已会签。")


@page("consultations.prepare", methods=("POST",))
def recall(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.consultation_for(request.actor, pk), forms.ReasonForm(request.POST, auto_id="recall_%s")
    return carry_out(request, found, "recall", form, lambda given: services.recall_round(request.actor, found, **given), "已收回会签。")


@page("consultations.publish", methods=("POST",))
def publish(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.consultation_for(request.actor, pk), forms.PublishForm(request.POST, auto_id="publish_%s")
    return carry_out(
        request, found, "publish", form, lambda given: services.publish_draft(request.actor, found, **given), "已发布，自施行日起适用。"
    )
