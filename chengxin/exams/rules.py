"""The rules of 考试 (2.4): what an item must be, how a paper is drawn, how it is marked, and what the numbers of an item mean.

Pure: the same bank, seed and person give the same paper; the same answers, voids and rule give the same points.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import string
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chengxin.rulekit.draws import canonical, ticket
from chengxin.rulekit.sheets import CellError, Check, read_sheet, text

SINGLE, MULTIPLE, TRUE_FALSE, FILL_IN = "single", "multiple", "true_false", "fill_in"
KINDS = {SINGLE: "单选题", MULTIPLE: "多选题", TRUE_FALSE: "判断题", FILL_IN: "填空题"}
DIFFICULTIES = {"1": "易", "2": "中", "3": "难"}
LETTERS = string.ascii_uppercase[:8]
TRUTH = ("对", "错")
MOST_ITEMS, LONGEST_ANSWER = 200, 200

# --- an item version's life: what it says never changes, a change is a new version ---

DRAFT, REVIEWED, IN_USE, RETIRED = "draft", "reviewed", "in_use", "retired"
STATES = {DRAFT: "待审核", REVIEWED: "已审核", IN_USE: "使用中", RETIRED: "已停用"}
REVIEW, RETURN, USE, RETIRE = "review", "return", "use", "retire"
TRANSITIONS: Mapping[tuple[str, str], str] = {
    (DRAFT, REVIEW): REVIEWED,
    (DRAFT, RETURN): RETIRED,
    (REVIEWED, USE): IN_USE,
    (DRAFT, RETIRE): RETIRED,
    (REVIEWED, RETIRE): RETIRED,
    (IN_USE, RETIRE): RETIRED,
}
REMEDIES = {
    REVIEW: "只有待审核的题目可以审核",
    RETURN: "只有待审核的题目可以退回",
    USE: "题目须先由编写人以外的人审核，才能启用",
    RETIRE: "题目已经停用",
}

# --- an exam's life ---

PLANNED, PUBLISHED, CANCELLED = "planned", "published", "cancelled"
EXAM_STATES = {PLANNED: "待发布", PUBLISHED: "已发布", CANCELLED: "已取消"}


class NotPossible(ValueError):
    """What was asked for is against a rule; the message says why, ``field`` where."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def after(state: str, action: str) -> str:
    """The state an action leads to. Raises NotPossible."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise NotPossible(f"{REMEDIES[action]}；现为“{STATES[state]}”。") from None


# --- what an item says ---


@dataclass(frozen=True)
class Content:
    """What an item asks. ``answer`` are letters of the options ("AC"), or for a fill-in the accepted answers."""

    kind: str
    stem: str
    options: tuple[str, ...]
    answer: tuple[str, ...]
    explanation: str
    clause: str
    difficulty: str

    @property
    def digest(self) -> str:
        """SHA-256 of what is asked and what is right; the explanation, clause and difficulty included."""
        return hashlib.sha256(canonical({**vars(self), "options": list(self.options), "answer": list(self.answer)})).hexdigest()


def content_of(*, kind: str, stem: str, options: Sequence[str], answer: str, explanation: str, clause: str, difficulty: str) -> Content:
    """An item as people write it: options in their order, the answer as letters, 对/错, or accepted answers parted by “|”.

    Raises NotPossible that names the field: an option twice, a letter without option, too few right answers.
    """
    if kind not in KINDS:
        raise NotPossible(f"题型应为{'、'.join(KINDS.values())}之一。", "kind")
    if difficulty not in DIFFICULTIES:
        raise NotPossible(f"难度应为{'、'.join(DIFFICULTIES.values())}之一。", "difficulty")
    if not stem.strip():
        raise NotPossible("请填写题干。", "stem")
    given = tuple(each.strip() for each in options if each.strip())
    used = _options(kind, given)
    return Content(kind, stem.strip(), used, _answer(kind, used, answer), explanation.strip(), clause, difficulty)


def _options(kind: str, given: tuple[str, ...]) -> tuple[str, ...]:
    if kind == TRUE_FALSE:
        return TRUTH
    if kind == FILL_IN:
        if given:
            raise NotPossible("填空题没有选项，请清空选项或改题型。", "options")
        return ()
    if not 2 <= len(given) <= len(LETTERS):
        raise NotPossible(f"{KINDS[kind]}应有 2 到 {len(LETTERS)} 个选项，每行一个。", "options")
    if len(set(map(normal, given))) < len(given):
        raise NotPossible("有两个选项相同，请改成不同的内容。", "options")
    return given


def _answer(kind: str, options: tuple[str, ...], answer: str) -> tuple[str, ...]:
    if kind == FILL_IN:
        accepted = tuple(dict.fromkeys(part.strip() for part in answer.replace("｜", "|").split("|") if normal(part)))
        if not accepted:
            raise NotPossible("请填写可接受的答案，多个答案用“|”隔开。", "answer")
        return accepted
    if kind == TRUE_FALSE:
        letters = {"对": "A", "正确": "A", "√": "A", "错": "B", "错误": "B", "×": "B"}.get(answer.strip(), answer.strip().upper())
    else:
        letters = "".join(sorted(set(unicodedata.normalize("NFKC", answer).upper()) - set(" ,，、")))
    allowed = LETTERS[: len(options)]
    if not letters or not set(letters) <= set(allowed):
        wanted = "“对”或“错”" if kind == TRUE_FALSE else f"{allowed[0]} 到 {allowed[-1]} 中的字母"
        raise NotPossible(f"答案应为{wanted}。", "answer")
    if kind != MULTIPLE and len(letters) > 1:
        raise NotPossible(f"{KINDS[kind]}只有一个正确答案。", "answer")
    if kind == MULTIPLE and len(letters) < 2:
        raise NotPossible("多选题至少有两个正确答案；只有一个的请改为单选题。", "answer")
    return tuple(letters)


def normal(answer: str) -> str:
    """A fill-in as it is compared: width, case, spaces and closing punctuation do not count."""
    return "".join(unicodedata.normalize("NFKC", answer).casefold().split()).rstrip("。.;；,，")


def why_not_review(*, actor: int | None, writer: int | None) -> str | None:
    """Who wrote an item does not review it."""
    return "题目须由编写人以外的人审核，请另一名审核人办理。" if actor is None or actor == writer else None


# --- import ---

OPTION_COLUMNS = tuple(f"选项{letter}" for letter in LETTERS[:6])
COLUMNS = ("题型", "条款", "难度", "题干", *OPTION_COLUMNS, "答案", "解析")
FIELD_COLUMNS = {
    "kind": "题型", "clause": "条款", "difficulty": "难度", "stem": "题干", "options": OPTION_COLUMNS[0], "answer": "答案",
}  # fmt: skip


def read_items(table: Sequence[Sequence[Any]], clauses: Collection[str]) -> tuple[list[Content], list[CellError]]:
    """A filled-in sheet as items, or everything that is wrong with it, by row and column."""

    def checks(given: Mapping[str, Any]) -> Iterable[Check]:
        clause, stem = _clause_cell(given["条款"]), text(given["题干"])
        yield "条款", clause in clauses, f"方案中没有条款“{clause}”，应写成 2.1.3 这样的条款号。"
        yield "题干", len(stem) <= 1000, "题干至多 1000 字。"
        try:
            _content(given)
        except NotPossible as refused:
            yield FIELD_COLUMNS[refused.field or "stem"], False, str(refused)

    return read_sheet(
        table, COLUMNS, checks, lambda _, given: _content(given), unique={"题干": lambda each: each.stem}, what="题目"
    )  # fmt: skip


def _clause_cell(cell: Any) -> str:
    return text(cell).strip()


def _content(given: Mapping[str, Any]) -> Content:
    kinds = {title: kind for kind, title in KINDS.items()} | {title.removesuffix("题"): kind for kind, title in KINDS.items()}
    levels = {title: level for level, title in DIFFICULTIES.items()}
    return content_of(
        kind=kinds.get(text(given["题型"]), ""), stem=text(given["题干"]), options=[text(given[name]) for name in OPTION_COLUMNS],
        answer=text(given["答案"]), explanation=text(given["解析"]), clause=_clause_cell(given["条款"]),
        difficulty=levels.get(text(given["难度"]), text(given["难度"])),
    )  # fmt: skip


# --- blueprint and paper ---


@dataclass(frozen=True)
class Line:
    """So many items of a kind from a clause and what lies under it, each worth so many points."""

    clause: str
    kind: str
    count: int
    points: int

    def takes(self, clause: str, kind: str) -> bool:
        return kind == self.kind and is_under(clause, self.clause)


@dataclass(frozen=True)
class Stock:
    """A version of the frozen bank: enough to draw and to shuffle it."""

    pk: int
    clause: str
    kind: str
    options: int
    digest: str


@dataclass(frozen=True)
class Question:
    """One place of a paper: the version, its points, and its options' own letters in the order in which this person sees them."""

    version: int
    points: int
    order: str


def is_under(clause: str, group: str) -> bool:
    return clause == group or clause.startswith(f"{group}.")


def full_points(blueprint: Iterable[Line]) -> int:
    return sum(line.count * line.points for line in blueprint)


def check_blueprint(blueprint: Sequence[Line]) -> None:
    """Raises NotPossible: no line, numbers out of range, or two lines that could draw the same item."""
    if not blueprint:
        raise NotPossible("请至少填写一行：条款、题型、题数、每题分值。", "blueprint")
    for line in blueprint:
        if not (1 <= line.count <= MOST_ITEMS and 1 <= line.points <= 100):
            raise NotPossible(f"{line.clause} {KINDS[line.kind]}：题数应为 1 到 {MOST_ITEMS}，分值应为 1 到 100。", "blueprint")
    for place, line in enumerate(blueprint):
        for other in blueprint[:place]:
            if line.kind == other.kind and (is_under(line.clause, other.clause) or is_under(other.clause, line.clause)):
                raise NotPossible(f"{other.clause} 与 {line.clause} 的{KINDS[line.kind]}范围重叠，请合并成一行。", "blueprint")
    if sum(line.count for line in blueprint) > MOST_ITEMS:
        raise NotPossible(f"一份试卷至多 {MOST_ITEMS} 题。", "blueprint")


def shortages(blueprint: Sequence[Line], bank: Sequence[Stock]) -> list[str]:
    """The lines the bank cannot fill, in words."""
    found = []
    for line in blueprint:
        n = sum(line.takes(each.clause, each.kind) for each in bank)
        if n < line.count:
            found.append(f"{line.clause} {KINDS[line.kind]}需要 {line.count} 题，题库中使用中的只有 {n} 题。")
    return found


def frame_of(blueprint: Sequence[Line], bank: Iterable[Stock]) -> list[Stock]:
    """The part of the bank that the blueprint draws from, in its one order."""
    return sorted((each for each in bank if any(line.takes(each.clause, each.kind) for line in blueprint)), key=lambda each: each.pk)


def frame_digest(blueprint: Sequence[Line], frame: Sequence[Stock]) -> str:
    """SHA-256 over blueprint and frozen bank: both are fixed before there is a seed."""
    lines, bank = [list(vars(line).values()) for line in blueprint], [[each.pk, each.digest] for each in frame]
    content = {"blueprint": lines, "bank": bank, "version": 1}
    return hashlib.sha256(canonical(content)).hexdigest()


def paper_for(blueprint: Sequence[Line], frame: Sequence[Stock], seed: str, number: str, attempt: int = 1) -> list[Question]:
    """The paper of a person (工号) in an attempt: of each line the items with the smallest tickets, options shuffled by ticket too.

    Anybody who knows frame and seed can draw it again. True/false keeps its order.
    """
    digest = frame_digest(blueprint, frame)
    own = ticket(seed, digest, f"paper:{number}:{attempt}")
    questions = []
    for line in blueprint:
        fitting = (each for each in frame if line.takes(each.clause, each.kind))
        first = sorted(fitting, key=lambda each: ticket(own, digest, f"item:{each.pk}"))[: line.count]
        questions += [Question(each.pk, line.points, _shuffled(each, own, digest)) for each in first]
    return questions


def _shuffled(each: Stock, seed: str, digest: str) -> str:
    letters = LETTERS[: each.options]
    if each.kind == TRUE_FALSE:
        return letters
    return "".join(sorted(letters, key=lambda letter: ticket(seed, digest, f"option:{each.pk}:{letter}")))


# --- time ---


def deadline(started_at: dt.datetime, minutes: int, closes_at: dt.datetime) -> dt.datetime:
    """Until when answers count: the duration from the start, never beyond the window."""
    return min(started_at + dt.timedelta(minutes=minutes), closes_at)


def ended_at(handed_in_at: dt.datetime | None, deadline_at: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """When a sitting ended: handed in, or at its deadline once that has passed – whether or not any job ran. None while it goes on."""
    if handed_in_at is not None:
        return handed_in_at
    return deadline_at if deadline_at is not None and now > deadline_at else None


# --- marking ---


@dataclass(frozen=True)
class Key:
    """What is right for a version."""

    kind: str
    answer: tuple[str, ...]


def own_letters(response: str, order: str) -> str:
    """The option letters of the item that a response in a person's own order stands for, sorted; letters without option are kept as ?."""
    letters = {order[LETTERS.index(each)] if each in LETTERS[: len(order)] else "?" for each in response.upper() if not each.isspace()}
    return "".join(sorted(letters))


def mark(key: Key, question: Question, response: str, partial_percent: int) -> Decimal:
    """The points of one answer, to a tenth. A multiple choice that misses some and has none wrong gets the rule's part."""
    full = Decimal(question.points)
    if key.kind == FILL_IN:
        return full if normal(response) and normal(response) in {normal(each) for each in key.answer} else Decimal(0)
    chosen, right = set(own_letters(response, question.order)), set(key.answer)
    if chosen == right:
        return full
    if key.kind == MULTIPLE and chosen and chosen < right:
        return Decimal(question.points * partial_percent // 10) / 10
    return Decimal(0)


@dataclass(frozen=True)
class Marks:
    """A marked paper: the points of each place, what they add up to, and whether the mark is reached."""

    by_place: tuple[Decimal, ...]
    points: Decimal
    full: int
    passed: bool

    @property
    def percent(self) -> Decimal:
        return (self.points * 100 / self.full).quantize(Decimal("0.1")) if self.full else Decimal(0)


def mark_paper(
    questions: Sequence[Question], responses: Mapping[int, str], keys: Mapping[int, Key], voided: Collection[int], *,
    pass_percent: int, partial_percent: int,
) -> Marks:  # fmt: skip
    """Mark a whole paper. A voided item counts in full for everybody who has it: voiding never costs anybody a point."""
    by_place = tuple(
        Decimal(each.points) if each.version in voided else mark(keys[each.version], each, responses.get(place, ""), partial_percent)
        for place, each in enumerate(questions, start=1)
    )
    full, points = sum(each.points for each in questions), sum(by_place, Decimal(0))
    return Marks(by_place, points, full, points * 100 >= pass_percent * full)


# --- what the numbers of an item say ---


@dataclass(frozen=True)
class Reached:
    """One person's answer to one item: what part of the points, the whole paper's part, and the option letters chosen."""

    rate: float
    paper_rate: float
    chosen: str


@dataclass(frozen=True)
class ItemFigures:
    """``difficulty``: mean part of the points (high is easy). ``discrimination``: that of the best papers less that of the weakest
    (27 % each), -1..1; None below the least n. ``frequencies``: how often each option was chosen."""

    n: int
    difficulty: float | None
    discrimination: float | None
    frequencies: Mapping[str, int]


def item_figures(answers: Sequence[Reached], least_n: int) -> ItemFigures:
    n = len(answers)
    if not n:
        return ItemFigures(0, None, None, {})
    counted = Counter(letter for each in answers for letter in each.chosen)
    return ItemFigures(n, _mean(answers), _discrimination(answers) if n >= max(2, least_n) else None, dict(sorted(counted.items())))


def _mean(answers: Sequence[Reached]) -> float:
    return sum(each.rate for each in answers) / len(answers)


def _discrimination(answers: Sequence[Reached]) -> float:
    size = max(1, round(len(answers) * 0.27))
    ranked = sorted(answers, key=lambda each: each.paper_rate)
    return _mean(ranked[-size:]) - _mean(ranked[:size])


@dataclass(frozen=True)
class WeakPoint:
    """A clause whose items were answered badly: the part of the points reached (0..1) and how many answers that rests on."""

    clause: str
    title: str
    rate: float
    n: int


def weak_points(reached: Iterable[tuple[str, Decimal, int]], titles: Mapping[str, str], weak_percent: int) -> list[WeakPoint]:
    """The clauses below the rule's rate, weakest first, from (clause, points reached, points possible) of every answer."""
    sums: dict[str, list[Decimal | int]] = {}
    for clause, points, full in reached:
        total = sums.setdefault(clause, [Decimal(0), 0, 0])
        total[0] += points
        total[1] += full
        total[2] += 1
    found = [
        WeakPoint(clause, titles.get(clause, clause), float(points / full), int(n))
        for clause, (points, full, n) in sums.items()
        if full and points * 100 < weak_percent * full
    ]
    return sorted(found, key=lambda each: (each.rate, each.clause))
