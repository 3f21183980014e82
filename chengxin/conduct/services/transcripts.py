"""A transcript kept as it came and scanned; what the scan nominates is watched by a person (2.3.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from chengxin.audit.services import record
from chengxin.conduct import rules, selectors
from chengxin.conduct.models import Transcript, WatchMoment
from chengxin.conduct.rules.scanning import Hit, Scanner
from chengxin.conduct.rules.transcripts import BadTranscript, Cue, parsed
from chengxin.conduct.selectors import reviews as looks
from chengxin.conduct.selectors import transcripts as questions
from chengxin.conduct.services.sheets import require_reviewer
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict, DomainError
from chengxin.evidence.models import Recording
from chengxin.files.services import accept_text, claim

GRACE_MS = 10_000  # a transcript may end a little after the recording: clocks and rounding


@transaction.atomic
def import_transcript(actor: Actor, recording: Recording, uploaded: UploadedFile, *, scene: str = "") -> Transcript:
    """Keep a transcript of a recording (.srt, .vtt, .json) and scan it; the same file for the same scene is the same transcript.

    Raises DomainError (field "file") that names the line that cannot be understood, NotAllowed for a recording of the own unit.
    """
    require_reviewer(actor, recording)
    return keep_transcript(actor, recording, uploaded, scene=scene)


def keep_transcript(
    actor: Actor, recording: Recording, uploaded: UploadedFile, *, scene: str = "", origin: str = Transcript.IMPORTED
) -> Transcript:  # fmt: skip
    """The same for whoever made the transcript. ``scene`` "" is unknown: then nothing is said to be missing."""
    recording = Recording.objects.select_for_update(of=("self",)).get(pk=recording.pk)
    if scene and scene not in rules.SCENES:
        raise DomainError("bad_scene", "请从列表中选择场景。", field="scene")
    name, content = (uploaded.name or "")[-200:], uploaded.read()
    uploaded.seek(0)
    cues, form, encoding = _understood(name, content, recording)
    sha256 = hashlib.sha256(content).hexdigest()
    kept = Transcript.objects.filter(recording=recording, sha256=sha256, scene=scene).first()
    if kept is not None:
        return kept
    policy = selectors.conduct_policy_at(clock.local_day(recording.started_at))
    hits = Scanner(policy.phrases(), homophones_from=policy.homophones_from).scan(cues, gap_ms=policy.gap_ms)
    made = Transcript.objects.create(
        recording=recording, replaces=questions.newest_of(recording), origin=origin, name=name, sha256=sha256, format=form,
        encoding=encoding, cues=len(cues), scene=scene, elements=_elements(hits, cues), rule_version=policy.version,
        imported_at=clock.now(), imported_by=actor.user_id, imported_label=actor.label,
    )  # fmt: skip
    stored = _accepted(actor, uploaded)
    claim(actor, [stored], made.owner)
    found = WatchMoment.objects.bulk_create(_moments(made, policy, hits, cues), ignore_conflicts=True)
    record(
        actor, "conduct.transcribed", f"recording:{recording.pk}", unit_id=recording.unit_id, person_id=recording.person_id,
        details={"transcript": made.pk, "sha256": sha256, "moments": len(found), "rule": policy.version},
    )  # fmt: skip
    return made


def _understood(name: str, content: bytes, recording: Recording) -> tuple[list[Cue], str, str]:
    if not content:
        raise DomainError("empty_file", f"“{name}”是空文件，请重新选择。", field="file")
    try:
        cues, form, encoding = parsed(name, content)
    except BadTranscript as error:
        raise DomainError("bad_transcript", f"“{name}”{error}", field="file") from error
    length = recording.duration_ms or int((recording.ended_at - recording.started_at).total_seconds() * 1000)
    late = next((cue for cue in cues if cue.start_ms > length + GRACE_MS), None)
    if late is not None:
        told = f"“{name}”里有 {rules.moment_text(late.start_ms)} 的话，而 {recording.number} 只有 {rules.moment_text(length)}"
        raise DomainError("other_recording", f"{told}，请核对是不是这段影像的文字稿。", field="file")
    return cues, form, encoding


def _accepted(actor: Actor, uploaded: UploadedFile) -> UUID:
    try:
        return accept_text(actor, uploaded).pk
    except DomainError as error:
        raise DomainError(error.code, error.message, field="file") from error


def _elements(hits: Iterable[Hit], cues: Sequence[Cue]) -> dict[str, list[int]]:
    """Where each required element was heard."""
    found: dict[str, set[int]] = {}
    for hit in hits:
        if hit.phrase.kind == rules.REQUIRED:
            found.setdefault(hit.phrase.code, set()).add(cues[hit.first].start_ms)
    return {code: sorted(moments) for code, moments in sorted(found.items())}


def _moments(made: Transcript, policy: rules.ConductPolicy, hits: Iterable[Hit], cues: Sequence[Cue]) -> Iterator[WatchMoment]:
    """What a person has to watch: everything that sounds like a prohibited phrase, and what the scene asks for and nobody heard."""
    for hit in hits:
        if hit.phrase.kind == rules.PROHIBITED:
            yield WatchMoment(
                transcript=made, recording=made.recording, kind=rules.PROHIBITED, code=hit.phrase.code, phrase=hit.phrase.text,
                heard=" ".join(cue.text for cue in cues[hit.first : hit.last + 1])[:400], is_exact=hit.is_exact,
                at_ms=cues[hit.first].start_ms,
            )  # fmt: skip
    scene = policy.scene(made.scene)
    for element in rules.missing(scene, made.elements) if scene is not None else ():
        yield WatchMoment(
            transcript=made, recording=made.recording, kind=rules.MISSING, code=element.code, phrase=element.title, at_ms=cues[0].start_ms
        )


@transaction.atomic
def decide_moment(actor: Actor, moment: WatchMoment, *, is_true: bool, note: str = "") -> WatchMoment:
    """Say of a nominated moment, after watching the recording, whether it is so. A finding is another step, by a named reviewer.

    Raises NotAllowed (own unit), DomainError (not watched since it was nominated), Conflict when somebody else decided it otherwise.
    """
    moment = WatchMoment.objects.select_for_update(of=("self",)).select_related("transcript", "recording__person").get(pk=moment.pk)
    require_reviewer(actor, moment.recording)
    wanted = rules.CONFIRMED if is_true else rules.DISMISSED
    if moment.state == wanted and moment.decided_by == actor.user_id:
        return moment
    if moment.state != rules.WAITING:
        raise Conflict("decided", f"{moment.decided_label} 已认定为“{rules.MOMENT_STATES[moment.state]}”。")
    if not looks.has_looked_since(actor, moment.recording, moment.transcript.imported_at):
        raise DomainError("not_looked", "文字稿只是提示，请先观看影像的这一刻，再认定。")
    moment.state, moment.note, moment.decided_by = wanted, note.strip()[:300], actor.named_user
    moment.decided_label, moment.decided_at = actor.label, clock.now()
    moment.save()
    record(
        actor, "conduct.moment_decided", f"moment:{moment.pk}", unit_id=moment.recording.unit_id, person_id=moment.recording.person_id,
        details={"state": wanted, "phrase": moment.phrase},
    )  # fmt: skip
    return moment
