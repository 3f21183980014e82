from chengxin.bulletins.models.afterwards import Acknowledgement, Erratum, NoErratum, Task
from chengxin.bulletins.models.bulletins import Bulletin, BulletinQuerySet, Snapshot
from chengxin.bulletins.models.templates import Template

__all__ = ["Acknowledgement", "Bulletin", "BulletinQuerySet", "Erratum", "NoErratum", "Snapshot", "Task", "Template"]
