"""Freeze, cast, replace. The chapter that draws asks for its own capability before it calls."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict, DomainError
from chengxin.draws import selectors
from chengxin.draws.models import Draw, Replacement
from chengxin.rulekit import draws


@transaction.atomic
def freeze_draw(
    actor: Actor, *, key: str, title: str, entries: Iterable[draws.Entry], quotas: Mapping[str, int], rule_version: str
) -> Draw:  # fmt: skip
    """Fix who may be drawn and how many of each stratum, before there is a seed.

    Raises DomainError when nobody could be drawn, Conflict when there is a draw of this key already.
    """
    frame = draws.frame_of(entries)
    text = draws.text_of(frame)
    if not any(not entry.excluded and quotas.get(entry.stratum, 0) for entry in frame):
        raise DomainError("empty_frame", "抽取范围是空的，没有可以抽取的对象。")
    try:
        with transaction.atomic():
            draw = Draw.objects.create(
                key=key, title=title, frame_text=text, quotas=dict(quotas), frame_sha256=draws.digest_of(text, quotas),
                rule_version=rule_version, frozen_at=clock.now(), frozen_by=actor.named_user, frozen_label=actor.label,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("drawn", f"“{title}”已经有抽取记录，不能重新抽取。") from error
    record(actor, "draws.frozen", f"draw:{draw.pk}", details={"key": key, "frame": len(frame), "sha256": draw.frame_sha256})
    return draw


@transaction.atomic
def cast_draw(actor: Actor, draw: Draw, *, public: str = "") -> Draw:
    """Make the seed of fresh randomness and a text spoken aloud, and draw. Once: a second cast is refused (Conflict), and so is
    one of a frame that is no longer as it was frozen.
    """
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    if draw.cast_at is not None:
        raise Conflict("cast", "已经抽取过，结果不能重来。")
    if draws.digest_of(draw.frame_text, draw.quotas) != draw.frame_sha256:
        raise Conflict("frame_changed", "抽取范围或名额与冻结时的摘要不符：冻结后被改动过，不能抽取，请报告审计管理员。")
    draw.secret, draw.public = secrets.token_hex(32), public.strip()
    draw.seed = draws.seed_of(draw.secret, draw.public)
    draw.drawn = draws.first_of(draws.tickets_of(draw.frame, draw.seed, draw.frame_sha256), draw.quotas)
    draw.cast_at, draw.cast_label = clock.now(), actor.label
    draw.save(update_fields=["secret", "public", "seed", "drawn", "cast_at", "cast_label"])  # the frame is not written anew
    record(actor, "draws.cast", f"draw:{draw.pk}", details={"key": draw.key, "seed": draw.seed, "drawn": len(draw.drawn)})
    return draw


@transaction.atomic
def replace_drawn(actor: Actor, draw: Draw, *, out: str, reason: str) -> Replacement:
    """Replace one of the drawn by the next ticket of its stratum, with a reason that stays. Raises DomainError, Conflict."""
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    if not reason.strip():
        raise DomainError("no_reason", "请写明替换理由。", field="reason")
    if out not in selectors.standing(draw):
        raise Conflict("not_drawn", "这一项没有被抽中，或已经替换。")
    earlier = list(draw.replacements.values_list("out", flat=True))
    _, came = draws.after_replacements(draw.entries, draw.quotas, draw.seed, [*earlier, out])
    made = Replacement.objects.create(
        draw=draw, out=out, into=came[-1], reason=reason.strip(), by_label=actor.label, at=clock.now()
    )  # fmt: skip
    record(actor, "draws.replaced", f"draw:{draw.pk}", details={"out": out, "in": came[-1], "reason": reason.strip()})
    return made
