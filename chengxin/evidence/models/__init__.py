from chengxin.evidence.models.recordings import PART_BYTES, Recording, RecordingQuerySet, RecordingStep
from chengxin.evidence.models.uploads import Upload

__all__ = ["PART_BYTES", "Recording", "RecordingQuerySet", "RecordingStep", "Upload"]
