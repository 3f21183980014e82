"""The ledger, the year's round, exemplary titles."""

from chengxin.appraisal.models.ledger import LedgerEntry
from chengxin.appraisal.models.rounds import Correction, Nomination, PanelNote, Round, Snapshot
from chengxin.appraisal.models.titles import ExemplaryTitle, PublicObjection

__all__ = ["Correction", "ExemplaryTitle", "LedgerEntry", "Nomination", "PanelNote", "PublicObjection", "Round", "Snapshot"]
