from chengxin.complaints.models.afterwards import Answer, Validity
from chengxin.complaints.models.clocks import Breach, Clock, Pause
from chengxin.complaints.models.complaints import Complaint, ComplaintQuerySet, ComplaintStep, ImportProfile, Sight, Throttle
from chengxin.complaints.models.threads import Accused, Attempt, Message
from chengxin.complaints.models.vault import Contact, Reveal

__all__ = [
    "Accused", "Answer", "Attempt", "Breach", "Clock", "Complaint", "ComplaintQuerySet", "ComplaintStep", "Contact", "ImportProfile",
    "Message", "Pause", "Reveal", "Sight", "Throttle", "Validity",
]  # fmt: skip
