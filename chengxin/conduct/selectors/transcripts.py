"""Transcripts, and the moments a scan of them nominates (2.3.2)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from chengxin.conduct import rules
from chengxin.conduct.catalog import SECTION
from chengxin.conduct.models import Transcript, TranscriptWish, WatchMoment
from chengxin.conduct.rules.transcripts import Cue, parsed
from chengxin.conduct.selectors.reviews import in_reach
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.evidence.models import Recording
from chengxin.files import selectors as files
from chengxin.files.services import read_original
from chengxin.ui.together import Counted, Inquiry


def recording_for(actor: Actor, pk: int) -> Recording:
    """A recording whose conduct the actor may review. Raises NotFound."""
    found = Recording.objects.select_related("person", "unit").filter(pk=pk).first()
    if found is None or found.person_id is None or not actor.may("conduct.review", found.unit_id):
        raise NotFound("no_recording", "没有这段影像，或不在您的范围内。")
    return found


def recording_by_number(actor: Actor, text: str) -> Recording:
    """The same by what people type: 影0000012 or 12. Raises NotFound."""
    digits = text.strip().removeprefix("影")
    if not digits.isdecimal() or len(digits) > 12:
        raise NotFound("no_recording", "编号应形如 影0000012。")
    return recording_for(actor, int(digits))


def newest_of(recording: Recording) -> Transcript | None:
    """The transcript that nothing replaces."""
    return newest(recording).first()


def newest(recording: Recording) -> QuerySet[Transcript]:
    """The same as a question: one at most."""
    return Transcript.objects.filter(recording=recording, replaced_by=None)


def wishes(recording: Recording) -> QuerySet[TranscriptWish]:
    """Who wanted one made here, the last first, whatever came of it."""
    return TranscriptWish.objects.filter(recording=recording)


def transcript_for(actor: Actor, pk: int) -> Transcript:
    """A transcript whose recording the actor may review. Raises NotFound."""
    found = Transcript.objects.select_related("recording__person", "recording__unit").filter(pk=pk).first()
    if found is None or not actor.may("conduct.review", found.recording.unit_id):
        raise NotFound("no_transcript", "没有这份文字稿，或不在您的范围内。")
    return found


def cues_of(transcript: Transcript) -> list[Cue]:
    """The words of a transcript, read from its original."""
    kept = files.files_of(transcript.owner)
    return parsed(transcript.name, read_original(kept[0]))[0] if kept else []


def moment_for(actor: Actor, pk: int) -> WatchMoment:
    """A nominated moment within the actor's scope. Raises NotFound."""
    found = WatchMoment.objects.select_related("transcript", "recording__person", "recording__unit").filter(pk=pk).first()
    if found is None or not actor.may("conduct.review", found.recording.unit_id):
        raise NotFound("no_moment", "没有这个时刻，或不在您的范围内。")
    return found


def moments_visible_to(actor: Actor) -> QuerySet[WatchMoment]:
    """Moments of the units the reviewer reaches but the own one; what waited in a transcript that was replaced is left out."""
    seen = WatchMoment.objects.filter(in_reach(actor, "conduct.review", "recording__"))
    seen = seen.exclude(state=rules.WAITING, transcript__replaced_by__isnull=False).exclude(recording__person_id=actor.person_id or 0)
    return seen if actor.unit_id is None else seen.exclude(recording__unit_id=actor.unit_id)


def moments_of(recording: Recording) -> QuerySet[WatchMoment]:
    """What is nominated in a recording, and what people said to it."""
    return WatchMoment.objects.filter(recording=recording).exclude(state=rules.WAITING, transcript__replaced_by__isnull=False)


def waiting_moments(actor: Actor) -> Inquiry[list[Waiting]]:
    """Nominated moments that nobody has watched."""
    if not actor.may("conduct.review"):
        return []
    count = Counted(moments_visible_to(actor).filter(state=rules.WAITING))
    yield count
    address = f"{reverse('conduct:moments')}?state=waiting"
    return [Waiting(f"观看文字稿提示的时刻 {count.n} 处", address, SECTION, "conduct.moment", count=count.n)] if count.n else []
