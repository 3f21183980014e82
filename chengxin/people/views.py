"""Doors of the people chapter: roster, units, users and grants, tokens, the staff list."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import F, OuterRef, Subquery, Value
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError, NotFound
from chengxin.files import selectors as files
from chengxin.files.forms import upload_sheet
from chengxin.people import forms, rules, selectors, services
from chengxin.people.catalog import ROLE_BY_CODE
from chengxin.people.models import ApiToken, Assignment, Person, PersonClass, SignInGuard, Unit, User, whole
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import sheet_template
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage


@page("people.read")
def persons(request: ActorRequest) -> HttpResponse:
    """人员名册 within the reader's scope."""
    now = Assignment.objects.filter(person=OuterRef("pk"), period__contains=clock.today())
    query = (
        Person.objects.all()
        .visible_to(request.actor)
        .annotate(
            unit_name=Subquery(now.values("unit__name")[:1]),
            unit_now=Subquery(now.values("unit_id")[:1]),
            post=Subquery(now.values("post_title")[:1]),
        )
    )
    listing = ListPage(
        request,
        query.values("pk", "number", "name", "sex", "person_class", "unit_name", "post", "badge_number", "left_on"),
        (
            Column("number", "工号", "number"), Column("name", "姓名", "name_key"), Column("person_class", "类别", "person_class"),
            Column("unit_name", "单位", "unit_name"), Column("post", "职务"), Column("badge_number", "胸号", "badge_number"),
            Column("left_on", "离队", "left_on"),
        ),
        (
            Filter("name", "姓名", "name__contains", kind="text"),
            Filter("initials", "拼音首字母", "initials__startswith", kind="text"),
            Filter("unit", "单位", "unit_now", selectors.unit_choices(request.actor)),
            Filter("class", "类别", "person_class", PersonClass.choices),
            Filter("left", "在队", "left_on__isnull", (("True", "在队"), ("False", "已离队"))),
        ),
        default_sort="name_key",
    )  # fmt: skip
    context = {"listing": listing, "classes": dict(PersonClass.choices), "may_change": request.actor.may("people.change")}
    return listing.export() or render(request, "people/persons.html", context)


@page("people.change", methods=("GET", "HEAD", "POST"))
def add_person(request: ActorRequest) -> HttpResponse:
    form = forms.PersonForm(request.POST or None, units=selectors.unit_choices(request.actor))

    def add(given: dict[str, Any]) -> None:
        unit = selectors.unit_for(request.actor, int(given.pop("unit")), "people.change")
        services.add_person(request.actor, unit=unit, **given)

    if form.carry_out(add):
        messages.success(request, f"已新增 {form.cleaned_data['name']}。")
        return see_other(reverse("people:persons"))
    context = {"form": form, "title": "新增人员", "button": "新增", "back": reverse("people:persons")}
    return render(request, "people/form.html", context, status=422 if form.errors else 200)


@page("people.change", methods=("GET", "HEAD", "POST"))
def person(request: ActorRequest, pk: int) -> HttpResponse:
    """任职、状态和离队 of one person: three forms, each its own gesture."""
    found = selectors.person_for(request.actor, pk)
    asked = request.POST.get("gesture", "")
    units = selectors.unit_choices(request.actor)
    assign = forms.AssignForm(request.POST if asked == "assign" else None, units=units, prefix="assign")
    status = forms.StatusForm(request.POST if asked == "status" else None, prefix="status")
    departure = forms.DepartureForm(request.POST if asked == "departure" else None, prefix="departure")

    def move(given: dict[str, Any]) -> None:
        unit = selectors.unit_for(request.actor, int(given.pop("unit")), "people.change")
        services.assign_person(request.actor, found, unit=unit, **given)

    if (
        assign.carry_out(move)
        or status.carry_out(lambda given: services.set_status(request.actor, found, **given))
        or departure.carry_out(lambda given: services.record_departure(request.actor, found, **given))
    ):
        messages.success(request, "已保存。")
        return see_other(reverse("people:person", args=[pk]))
    gestures = [("assign", "调整任职", assign), ("status", "停职或长期休假", status), ("departure", "办理离队", departure)]
    context = {
        "person": found,
        "assignments": [(whole(each.period), each) for each in found.assignments.select_related("unit").order_by("-period")],
        "statuses": [(whole(each.period), each) for each in found.status_periods.order_by("-period")],
        "gestures": gestures,
    }
    failed = any(form.errors for _, _, form in gestures)
    return render(request, "people/person.html", context, status=422 if failed else 200)


def _chosen(units: list[Unit], pk: str) -> Unit | None:
    """The unit chosen in a form; None where the whole bureau was."""
    return next((unit for unit in units if str(unit.pk) == pk), None)


@page("people.units", methods=("GET", "HEAD", "POST"))
def units(request: ActorRequest) -> HttpResponse:
    every = selectors.all_units()
    form = forms.UnitForm(request.POST or None, units=[(str(unit.pk), unit.name) for unit in every])

    def add(given: dict[str, Any]) -> None:
        parent = _chosen(every, given.pop("parent"))
        if any(unit.code == given["code"] for unit in every):
            raise DomainError("code_taken", f"代码 {given['code']} 已被使用，请换一个。", field="code")
        services.add_unit(request.actor, parent=parent, **given)

    if form.carry_out(add):
        messages.success(request, "已新增单位。")
        return see_other(reverse("people:units"))
    return render(request, "people/units.html", {"units": every, "form": form}, status=422 if form.errors else 200)


@page("people.grant", methods=("GET", "HEAD", "POST"))
def users(request: ActorRequest) -> HttpResponse:
    """用户与授权."""
    form = forms.UserForm(request.POST or None)

    def create(given: dict[str, Any]) -> None:
        number = given.pop("person").split()
        found = Person.objects.filter(number=number[0]).first() if number else None
        if number and found is None:
            raise DomainError("no_person", f"没有工号 {number[0]}，请核对。", field="person")
        if found is not None and User.objects.filter(person=found).exists():
            raise DomainError("has_user", f"{found.name} 已有用户，请在列表中查找。", field="person")
        services.create_user(request.actor, person=found, **given)

    if form.carry_out(create):
        messages.success(request, "已新增用户。")
        return see_other(reverse("people:users"))
    query = User.objects.annotate(
        person_name=F("person__name"), roles=StringAgg("grants__role", Value(" "), default=Value(""), distinct=True)
    )
    titles = {role.code: role.title for role in ROLE_BY_CODE.values()}
    listing = ListPage(
        request,
        query.values("pk", "username", "person_name", "roles", "is_active"),
        (
            Column("username", "用户名", "username"), Column("person_name", "人员", "person__name_key"),
            Column("roles", "曾授角色", words=lambda codes: "、".join(titles[code] for code in codes.split()) or "按人员类别"),
            Column("is_active", "状态", words={True: "可登录", False: "已停用"}),
        ),
        (Filter("username", "用户名", "username__contains", kind="text"), Filter("person", "人员", "person__name__contains", kind="text")),
        default_sort="username",
    )  # fmt: skip
    context = {"listing": listing, "form": form, "titles": titles}
    return listing.export() or render(request, "people/users.html", context, status=422 if form.errors else 200)


@page("people.grant", methods=("GET", "HEAD", "POST"))
def user(request: ActorRequest, pk: int) -> HttpResponse:
    """One user: grants, lock, password."""
    found = selectors.user_for(pk)
    asked = request.POST.get("gesture", "")
    every = selectors.all_units()
    grant = forms.GrantForm(request.POST if asked == "grant" else None, units=[(str(u.pk), u.name) for u in every], prefix="grant")
    password = forms.PasswordForm(request.POST if asked == "password" else None, prefix="password")

    def give(given: dict[str, Any]) -> None:
        chosen = _chosen(every, given.pop("unit"))
        services.grant_role(request.actor, found, unit=chosen, **given)

    if grant.carry_out(give) or password.carry_out(lambda given: services.reset_password(request.actor, found, **given)):
        messages.success(request, "已保存。")
        return see_other(reverse("people:user", args=[pk]))
    locked = SignInGuard.objects.filter(username=found.username, locked_until__gt=clock.now()).first()
    grants = found.grants.exclude(period__isempty=True).select_related("unit").order_by("-period")
    context = {
        "user": found,
        "grants": [(whole(each.period), each, ROLE_BY_CODE[each.role].title) for each in grants],
        "today": clock.today(), "locked": locked,
        "gestures": [("grant", "授予角色", grant), ("password", "重置口令", password)],
    }  # fmt: skip
    return render(request, "people/user.html", context, status=422 if grant.errors or password.errors else 200)


@page("people.grant", methods=("POST",))
def revoke_grant(request: ActorRequest, pk: int) -> HttpResponse:
    grant = selectors.grant_for(pk)
    services.revoke_grant(request.actor, grant)
    messages.success(request, "已收回。")
    return see_other(reverse("people:user", args=[grant.user_id]))


@page("people.grant", methods=("POST",))
def unlock(request: ActorRequest, pk: int) -> HttpResponse:
    services.unlock_sign_in(request.actor, selectors.user_for(pk))
    messages.success(request, "已解除锁定。")
    return see_other(reverse("people:user", args=[pk]))


@page("people.tokens", methods=("GET", "HEAD", "POST"))
def tokens(request: ActorRequest) -> HttpResponse:
    """接口令牌: 系统管理员 issues, 安全管理员 approves, either revokes."""
    every = selectors.all_units()
    may_issue = request.actor.may("people.token")
    if request.method == "POST":
        require(request.actor, "people.token")
    form = forms.TokenForm(request.POST or None, units=[(str(unit.pk), unit.name) for unit in every])
    issued: list[str] = []

    def issue(given: dict[str, Any]) -> None:
        chosen = _chosen(every, given.pop("unit"))
        issued.append(services.issue_token(request.actor, unit=chosen, **given))

    form.carry_out(issue)
    context = {
        "tokens": ApiToken.objects.select_related("unit").order_by("-pk"),
        "form": forms.TokenForm(units=[(str(unit.pk), unit.name) for unit in every]) if issued else form,
        "may_issue": may_issue, "may_approve": request.actor.may("people.grant"), "issued": issued, "today": clock.today(),
    }  # fmt: skip
    return render(request, "people/tokens.html", context, status=422 if form.errors else 200)


@page("people.tokens", methods=("POST",))
def settle_token(request: ActorRequest, pk: int, verb: str) -> HttpResponse:
    token = selectors.token_for(pk)
    commands = {"approve": services.approve_token, "revoke": services.revoke_token}
    if verb not in commands:
        raise NotFound("no_step", "没有这个操作。")
    commands[verb](request.actor, token)
    return see_other(reverse("people:tokens"))


@page("people.import", methods=("GET", "HEAD", "POST"))
def staff_list(request: ActorRequest) -> HttpResponse:
    """名册导入: understood whole or refused cell by cell; nothing is written before the preview is confirmed."""
    upload = upload_sheet(
        request,
        lambda table: rules.read_staff_list(table, selectors.unit_names()),
        lambda name, content, rows: services.preview_import(request.actor, file_name=name, content=content, rows=rows),
    )
    if upload.number is not None:
        return see_other(reverse("people:import_preview", args=[upload.number]))
    context = {"title": "名册导入", "template": reverse("people:import_template"), "form": upload.form, "errors": upload.errors}
    return render(request, "ui/import.html", context, status=upload.status)


@page("people.import", methods=("GET", "HEAD", "POST"))
def import_preview(request: ActorRequest, pk: int) -> HttpResponse:
    found = files.sheet_for(request.actor, services.SHEET, pk)
    if request.method == "POST":
        counts = services.apply_import(request.actor, found.pk)
        messages.success(request, f"已导入：新增 {counts['added']} 人，修改 {counts['changed']} 人，{counts['unchanged']} 人无变化。")
        return see_other(reverse("people:persons"))
    effects = selectors.import_effects(found.rows)
    columns = {"number": "工号", "name": "姓名", "unit": "单位", "badge_number": "胸号"}
    context = {"title": "名册导入", "sheet": found, "effects": effects, "columns": columns, "again": reverse("people:import")}
    return render(request, "ui/import_preview.html", context)


@page("people.import")
def import_template(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    """An empty staff list with the headings and the lists to choose from."""
    choices = {"性别": list(rules.SEXES), "人员类别": list(rules.CLASSES), "单位": selectors.unit_names()}
    return sheet_template("staff-list", rules.COLUMNS, choices)


@page("public", methods=("GET", "HEAD", "POST"))
def not_offered(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    """Where the sign-in library would let people register or reset a password by themselves."""
    raise NotFound("not_offered", "账号和口令由安全管理员办理，请联系本局安全管理员。")
