"""Commands about drafts of the rulebook (3.3)."""

from chengxin.consultations.services.drafts import (
    begin_consultation,
    change_values,
    close_consultation,
    drop_change,
    start_draft,
    withdraw_consultation,
)
from chengxin.consultations.services.opinions import answer_opinion, find_by_code, give_opinion, moderate_opinion, send_opinion
from chengxin.consultations.services.proposals import dismiss_proposal, nominate_proposals, take_up_proposal
from chengxin.consultations.services.signing import publish_draft, recall_round, send_for_signing, sign_draft

__all__ = [
    "answer_opinion",
    "begin_consultation",
    "change_values",
    "close_consultation",
    "dismiss_proposal",
    "drop_change",
    "find_by_code",
    "give_opinion",
    "moderate_opinion",
    "nominate_proposals",
    "publish_draft",
    "recall_round",
    "send_for_signing",
    "send_opinion",
    "sign_draft",
    "start_draft",
    "take_up_proposal",
    "withdraw_consultation",
]
