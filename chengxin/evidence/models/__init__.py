from chengxin.evidence.models.copies import Copy, Damage, StoreCheck
from chengxin.evidence.models.coverage import Gap
from chengxin.evidence.models.keeping import Downgrade, ExpiryLine, ExpiryList, Hold, Matter, Viewing
from chengxin.evidence.models.recordings import PART_BYTES, Recording, RecordingQuerySet, RecordingStep
from chengxin.evidence.models.releases import Derivative, Download, Release
from chengxin.evidence.models.reviews import ReasonReview, Review
from chengxin.evidence.models.uploads import Upload

__all__ = [
    "PART_BYTES", "Copy", "Damage", "Derivative", "Downgrade", "Download", "ExpiryLine", "ExpiryList", "Gap", "Hold", "Matter",
    "ReasonReview", "Recording", "RecordingQuerySet", "RecordingStep", "Release", "Review", "StoreCheck", "Upload", "Viewing",
]  # fmt: skip
