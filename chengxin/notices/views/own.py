"""Doors of a user's own notices and of how the user wants to be told."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.notices import forms, rules, selectors, services
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other

POST = ("POST",)


@page("signed_in")
def notices(request: ActorRequest) -> HttpResponse:
    """通知: newest first, each as it stands now; looking marks nothing as read."""
    wanted = request.GET.get("page", "1")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 6 else 1
    shown, pages = selectors.notices_of(request.actor, page=number)
    context = {"shown": shown, "page": min(max(1, number), pages), "pages": pages, "kinds": rules.KINDS, "day": clock.today()}
    return render(request, "notices/own.html", context)


@page("signed_in", methods=POST)
def read_all(request: ActorRequest) -> HttpResponse:
    services.mark_read(request.actor)
    return see_other(reverse("notices:own"))


@page("signed_in", methods=POST)
def read(request: ActorRequest, pk: int) -> HttpResponse:
    services.mark_read(request.actor, selectors.notice_for(request.actor, pk))
    return see_other(reverse("notices:own"))


@page("signed_in", methods=("GET", "HEAD", "POST"))
def settings_page(request: ActorRequest) -> HttpResponse:
    """提醒设置."""
    form = _settings_form(request, bound=request.method == "POST")
    given = {"by_email": False}
    if form.carry_out(lambda cleaned: services.change_settings(request.actor, **{**given, **cleaned})):
        messages.success(request, "已保存。")
        return see_other(reverse("notices:settings"))
    return _settings(request, form=form)


@page("signed_in", methods=POST)
def address(request: ActorRequest) -> HttpResponse:
    """Send a code to an address."""
    form = forms.AddressForm(request.POST)
    if form.carry_out(lambda given: services.ask_code(request.actor, **given)):
        messages.success(request, "验证码已发出，请到邮箱里查看，再填在下面。")
        return see_other(reverse("notices:settings"))
    return _settings(request, address=form)


@page("signed_in", methods=POST)
def code(request: ActorRequest) -> HttpResponse:
    """Take the address whose code was typed."""
    form = forms.CodeForm(request.POST)
    if form.carry_out(lambda given: services.confirm_code(request.actor, **given)):
        messages.success(request, "邮箱已核实，每日汇总会同时发到邮箱。")
        return see_other(reverse("notices:settings"))
    return _settings(request, code=form)


@page("signed_in", methods=POST)
def remove_address(request: ActorRequest) -> HttpResponse:
    services.remove_address(request.actor)
    messages.success(request, "邮箱已删除。")
    return see_other(reverse("notices:settings"))


@page("signed_in", methods=POST)
def test_email(request: ActorRequest) -> HttpResponse:
    services.test_email(request.actor)
    messages.success(request, "试发已排队，一分钟内可在本页看到结果。")
    return see_other(reverse("notices:settings"))


def _settings_form(request: ActorRequest, *, bound: bool) -> forms.SettingsForm:
    values, preference = selectors.policy(), selectors.preference_of(request.actor.named_user)
    window = selectors.window_of(preference, values)
    initial = {
        "digest_hour": preference.digest_hour if preference.digest_hour is not None else values["digest_hour"],
        "quiet_from": window[0], "quiet_until": window[1], "urgent": preference.urgent, "on_days_off": preference.on_days_off,
        "by_email": preference.by_email,
    }  # fmt: skip
    return forms.SettingsForm(
        request.POST if bound else None, initial=initial, digest_hours=values["digest_hours"], civil_hours=values["civil_hours"],
        with_mail=bool(preference.email),
    )  # fmt: skip


def _settings(
    request: ActorRequest,
    *,
    form: forms.SettingsForm | None = None,
    address: forms.AddressForm | None = None,
    code: forms.CodeForm | None = None,
) -> HttpResponse:
    user_id = request.actor.named_user
    last = selectors.last_email(user_id)
    tries = list(last.attempts.order_by("number")) if last else []
    given: list[Form] = [each for each in (form, address, code) if each is not None]
    context = {
        "form": form or _settings_form(request, bound=False), "address": address or forms.AddressForm(), "code": code or forms.CodeForm(),
        "preference": selectors.preference_of(user_id), "offered": selectors.email_is_offered(), "states": rules.STATES,
        "outcomes": rules.OUTCOMES, "last": last, "last_try": tries[-1] if tries else None,
        "code_waits": code is not None or selectors.code_waits_for(user_id),
    }  # fmt: skip
    return render(request, "notices/settings.html", context, status=422 if any(each.errors for each in given) else 200)
