"""Commands of measures and commendations."""

from chengxin.measures.services.commendations import decide_commendation, propose_commendation, revoke_commendation
from chengxin.measures.services.ladder import propose_measures
from chengxin.measures.services.life import (
    decide_measure,
    decide_objection,
    dismiss_measure,
    file_objection,
    propose_measure,
    reverse_measure,
)
from chengxin.measures.services.witnesses import WITNESSES

__all__ = [
    "WITNESSES",
    "decide_commendation",
    "decide_measure",
    "decide_objection",
    "dismiss_measure",
    "file_objection",
    "propose_commendation",
    "propose_measure",
    "propose_measures",
    "reverse_measure",
    "revoke_commendation",
]
