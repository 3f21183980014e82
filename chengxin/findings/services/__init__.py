"""Commands of findings: their life from the notice to the end, and what detectors propose."""

from chengxin.findings.services.life import (
    acknowledge_finding,
    decide_extension,
    decide_objection,
    file_objection,
    finder_of,
    merge_findings,
    party,
    raise_finding,
    recheck_finding,
    recompute_dues,
    record_look_back,
    request_extension,
    submit_rectification,
    withdraw_finding,
)
from chengxin.findings.services.proposals import accept_proposal, dismiss_proposal, propose_finding

__all__ = [
    "accept_proposal",
    "acknowledge_finding",
    "decide_extension",
    "decide_objection",
    "dismiss_proposal",
    "file_objection",
    "finder_of",
    "merge_findings",
    "party",
    "propose_finding",
    "raise_finding",
    "recheck_finding",
    "recompute_dues",
    "record_look_back",
    "request_extension",
    "submit_rectification",
    "withdraw_finding",
]
