from chengxin.evidence.models.copies import Copy, Damage, StoreCheck
from chengxin.evidence.models.coverage import Gap
from chengxin.evidence.models.keeping import Downgrade, ExpiryLine, ExpiryList, Hold, Matter, Viewing
from chengxin.evidence.models.recordings import PART_BYTES, Recording, RecordingQuerySet, RecordingStep
from chengxin.evidence.models.reviews import Review
from chengxin.evidence.models.uploads import Upload

__all__ = [
    "PART_BYTES", "Copy", "Damage", "Downgrade", "ExpiryLine", "ExpiryList", "Gap", "Hold", "Matter", "Recording", "RecordingQuerySet",
    "RecordingStep", "Review", "StoreCheck", "Upload", "Viewing",
]  # fmt: skip
