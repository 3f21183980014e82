"""Commands of 文明言行: sign, review, scan, coach."""

from chengxin.conduct.services.cards import sign_off
from chengxin.conduct.services.coaching import close_coaching, draw_follow_up, record_coaching
from chengxin.conduct.services.sheets import add_remark, correct_sheet, finish_sheet, nominate_finding, open_recording, save_sheet
from chengxin.conduct.services.speech import ask_transcript
from chengxin.conduct.services.transcripts import decide_moment, import_transcript, keep_transcript

__all__ = [
    "add_remark",
    "ask_transcript",
    "close_coaching",
    "correct_sheet",
    "decide_moment",
    "draw_follow_up",
    "finish_sheet",
    "import_transcript",
    "keep_transcript",
    "nominate_finding",
    "open_recording",
    "record_coaching",
    "save_sheet",
    "sign_off",
]
