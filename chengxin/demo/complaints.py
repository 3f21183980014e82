"""The demo bureau's complaints: fourteen months of them, by every channel and at every hour, handled by the same commands as real ones."""

from __future__ import annotations

import datetime as dt
import io
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from chengxin.complaints import rules
from chengxin.complaints.models import Accused, Complaint, Validity
from chengxin.complaints.services import accused, following, handling, intake, vault
from chengxin.complaints.services.clocks import record_breaches
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.files.services import accept_photo
from chengxin.findings import services as findings
from chengxin.people.models import Person, Unit
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.workdays import WorkCalendar

ORDINARY = 350  # beside these come the ones that belong to others, and the told stories
OFF_DAY = 0.45  # how many come on a day off, compared with a working day
BY_HOUR = (2, 1, 1, 1, 1, 2, 6, 12, 20, 24, 22, 18, 14, 16, 20, 20, 18, 16, 14, 14, 12, 8, 5, 3)
CHANNELS = {"web": 28, "12345": 29, "hotline": 29, "visit": 7, "letter": 7}
NAMELESS = {"web": 0.5, "12345": 0.2, "hotline": 0.3, "visit": 0.1, "letter": 0.4}
RESULTS = {"resolved": 62, "partly": 14, "unfounded": 9, "unable": 6, "elsewhere": 9}
JOB_DAYS = 14  # a term that is met late is written down at once; the job finds those that are still open
IMPORTS = (9, 15)  # the hours at which the platform's orders are fetched
PERSONAL = ("执法态度", "执法程序", "着装仪容", "不作为")  # about somebody of a squadron: the brigade looks into it
PHOTOGRAPHED, PHOTOS_FROM = 3, 280  # how many of the ordinary ones have photos, from which on; two of the last days have some as well
PAUSED, NOT_PAUSED, REVEALED, TWICE = "paused", "not_paused", "revealed", "twice"


@dataclass(frozen=True)
class Subject:
    """What people complain of: the category it gets, their words, the bureau's paraphrase."""

    category: str
    text: str
    summary: str


SUBJECTS = (
    Subject("占道经营", "{place}每天傍晚都有七八个烧烤摊占着人行道，油烟熏得窗户不敢开。", "烧烤摊占用人行道，油烟扰民"),
    Subject("占道经营", "{place}的水果店把货架摆到盲道上，推婴儿车只能走机动车道。", "水果店店外经营，占压盲道"),
    Subject("占道经营", "早上六点不到，{place}就有流动菜贩用喇叭叫卖，把路口堵得水泄不通。", "流动菜贩占道并使用扩音器"),
    Subject("占道经营", "{place}的修车铺把轮胎、工具全堆在路边，地上都是机油，老人差点滑倒。", "修车铺店外作业，地面油污"),
    Subject("占道经营", "{place}新开的奶茶店把桌椅摆出去三米多，行人要绕着走。", "奶茶店桌椅占道"),
    Subject("占道经营", "{place}放学时间小吃车扎堆，孩子过马路看不见来车，太危险了。", "放学时段小吃车聚集"),
    Subject("占道经营", "{place}有人每晚摆套圈、气枪摊，占了半个广场，跳舞的和摆摊的天天吵。", "夜间游艺摊占用广场"),
    Subject("市容环境", "{place}垃圾桶满了两天没人清，污水流到路上，味道很大。", "垃圾桶满溢，污水外流"),
    Subject("市容环境", "{place}电线杆和楼道口贴满小广告，撕了又贴，请派人清理。", "小广告反复张贴"),
    Subject("市容环境", "{place}有人夜里偷倒装修垃圾，已经堆成小山，砖头都滚到路上了。", "夜间偷倒装修垃圾"),
    Subject("市容环境", "{place}商场外墙大屏晚上十一点还亮着，卧室像开了灯一样睡不着。", "户外大屏夜间光照扰民"),
    Subject("市容环境", "{place}广告牌的一角已经松了，风一吹哐哐响，怕掉下来砸到人。", "户外广告牌松动"),
    Subject("市容环境", "{place}渣土车一路撒漏，早高峰全是灰，洒水车过后更是一地泥浆。", "渣土车撒漏"),
    Subject("市容环境", "{place}饭店的油烟管直接对着居民楼，一到饭点就没法开窗。", "餐饮油烟管朝向居民楼"),
    Subject("市容环境", "{place}绿化带里晾满被子和衣服，还有人种了葱，看着很乱。", "绿化带内晾晒、种菜"),
    Subject("市容环境", "{place}两家服装店开业对着街放音响，从早放到晚，说了也不听。", "商铺使用音响招揽顾客"),
    Subject("市容环境", "{place}工地凌晨两点还在打桩，连着三个晚上了，小孩一直哭。", "工地夜间施工噪声"),
    Subject("市容环境", "{place}有住户长期在楼下焚烧杂物，黑烟飘进教室。", "露天焚烧杂物"),
    Subject("停车秩序", "{place}人行道上停满了车，轮椅根本过不去，地砖也压碎了好几块。", "机动车占用人行道停放"),
    Subject("停车秩序", "{place}的共享单车堆了两三层，把公交站台都堵死了。", "共享单车乱堆放"),
    Subject("停车秩序", "{place}商户用锥桶、铁链私占公共车位，外人停车就来骂。", "商户私设障碍占用车位"),
    Subject("停车秩序", "{place}的停车线早磨没了，车停得横七竖八，骑车的只能往快车道上钻。", "非机动车道上乱停车"),
    Subject("停车秩序", "{place}电动车在消防通道乱停乱充，楼上飞线一大把，请来看看。", "电动车占用通道充电"),
    Subject("违法建设", "{place}顶楼住户在楼顶搭彩钢房，每天敲敲打打，楼下已经漏水。", "楼顶搭建彩钢房"),
    Subject("违法建设", "{place}一楼把院墙推到公共绿地，还安了铁门，这算不算违建？", "一楼占用绿地建院墙"),
    Subject("违法建设", "{place}底商私自打通承重墙开门，居民都很担心房子安全。", "底商破墙开门"),
    Subject("违法建设", "{place}半年前说要拆的棚子到现在还在，又往外加了一间。", "已认定的棚屋未拆且扩建"),
    Subject("违法建设", "{place}有人在消防通道上砌了一个储物间，消防车进不来。", "消防通道上砌储物间"),
    Subject("执法态度", "在{place}检查门头牌匾时，来的几个人说话很冲，问两句就不耐烦，也没说依据哪条。", "检查时语气生硬，未说明依据"),
    Subject("执法态度", "{place}的队员喊我挪三轮车，张口就是“哎，那个卖菜的”，不能好好说话吗？", "劝导时称呼不文明"),
    Subject("执法态度", "打电话到{place}的岗亭问事情，对方说“不归我管”就把电话挂了。", "接听电话态度冷淡"),
    Subject("执法程序", "{place}有人来收走了我的招牌，没给任何单子，我到哪里去要？", "暂扣物品未出具清单"),
    Subject("执法程序", "{place}两个人来检查，没有出示证件，问他们是哪个中队的也不讲。", "检查时未出示证件"),
    Subject("着装仪容", "在{place}看到穿制服的人一边走一边抽烟，帽子夹在胳膊底下，形象不好。", "着制服行走时吸烟"),
    Subject("不作为", "{place}的夜市噪声我打了三次电话，每次都说来，一次也没见人来。", "多次反映夜市噪声未处理"),
    Subject("不作为", "{place}的违停每天都有，巡逻车开过去看都不看一眼。", "巡查经过未处置违停"),
    Subject("其他", "{place}的便民服务点写着八点半开门，九点去了还锁着，白跑一趟。", "便民服务点未按时开门"),
    Subject("其他", "想问一下{place}摆个便民修鞋摊要去哪里办手续，网上没有查到。", "咨询便民摊点手续"),
)  # fmt: skip
BEYOND = (  # with where such a thing belongs
    (Subject("其他", "{place}的自来水这几天发黄，烧开了也有味。", "自来水发黄"), "供水服务热线"),
    (Subject("其他", "{place}的路灯坏了一排，晚上黑得看不见台阶。", "路灯不亮"), "路灯管理单位"),
    (Subject("其他", "{place}的公交车等了四十分钟才来，班次太少。", "公交班次少"), "公交公司服务热线"),
    (Subject("其他", "{place}的物业费涨价没有公示，找物业也不解释。", "物业费涨价未公示"), "住房主管部门"),
    (Subject("其他", "在{place}买的卤菜吃了拉肚子，店家不承认。", "食品安全问题"), "市场监管投诉热线"),
)
PLACES = (
    *(
        "某某路与幸福路演示段路口",
        "幸福路演示段中段",
        "演示市场东门",
        "某某小区三号楼下",
        "演示公园南广场",
        "某某学校门口",
        "演示车站出站口",
    ),
    *("某某路菜场旁", "演示广场地下通道口", "某某新村北门", "和美街演示段", "某某医院对面", "演示夜市西头", "某某花园沿街底商"),
)
OPENINGS = ("", "", "您好，", "领导好，", "反映一个问题：", "实在忍不住来反映：")
ENDINGS = ("", "", "请尽快处理。", "希望有人管一管。", "盼回复。", "谢谢你们。", "已经不是一天两天了。")
CALLED = tuple(f"演示市民{letter}" for letter in "甲乙丙丁戊己庚辛壬癸")

RESPONSES = (
    "您好，您反映的情况已收到，正在安排人员到现场核实，办理结果会告诉您。",
    "您好，我们已和属地社区联系，今天到现场查看，结果在期限内答复。",
    "感谢您的反映。承办人员已到过现场，正在核实当事人，请留意后续答复。",
    "您好，情况已了解，给您带来不便很抱歉，我们会尽快处理并告知结果。",
)
REPLIES = {
    "resolved": (
        "经现场核实，情况属实。已责令当事人当场整改并清理完毕，今后纳入每日巡查。如有反复，可凭回执码要求重新办理。",
        "已到现场处理，问题已消除，并与当事人签订门前责任告知。感谢您的监督。",
        "已安排人员处置完毕，并调整了巡查时段。如仍有问题，可凭回执码继续反映。",
    ),
    "partly": (
        "经核实，部分情况属实。店外物品已清理，其余涉及的设施需由产权单位改造，已发函督促。",
        "现场已规范，但高峰时段仍可能反复，已增加定点值守，改造工作列入计划。",
    ),
    "unfounded": (
        "我们在不同时段三次到现场查看，并走访了周边住户，没有发现所反映的情况。如有照片或时间线索，可凭回执码补充。",
        "经调阅当时的记录并询问在场人员，所反映的情况与事实不符，特此说明。如有异议，可以要求重新办理。",
    ),
    "unable": (
        "经多次到现场，当事人无法联系，且房屋权属尚在争议中，目前无法处理；已记录在案，具备条件时继续办理。",
        "所反映的设施系历史形成，需待统一改造解决，目前没有立即处理的条件，请您谅解。",
    ),
    "elsewhere": ("您反映的事项不属本局职责，建议向下述单位反映；我们已将情况一并转告。",),
}
REPLIES_OF_CONDUCT = {
    "resolved": (
        "已调阅当时的记录并向在场人员核实，工作确有不到位之处，已批评提醒并改进，向您致歉。",
        "情况属实，已责令有关人员改正，并在全队班前会上重申规范。感谢您的监督。",
    ),
    "partly": ("经核实，部分情况属实，已对有关人员提醒教育；其余情节双方说法不一，现有材料不能认定，特此说明。",),
    "unfounded": ("经调阅当日勤务安排和影像，没有发现所反映的情形。如有时间、人员线索，可凭回执码补充。",),
    "unable": ("因没有具体时间和人员线索，走访后仍无法核实到人，已在全队开展提醒。如有线索，可凭回执码补充。",),
}
REPLIES_OF_OTHERS = {
    "resolved": ("已核实并调整，有关安排已在现场张贴公示；需要办理的材料和地点已一并写明，如有不清楚可以再次联系。",),
    "partly": ("您反映的情况已核实，开放时间已调整；增设点位需要统一规划，已记录建议。",),
    "unfounded": ("经核对当日值守记录，服务点按时开放，可能是临时外出所致，已要求张贴去向牌。",),
    "unable": ("目前该处不在准许设置的范围内，暂不能办理，请您谅解；可选择就近的疏导点。",),
}
NOTES = (
    "已到现场拍照，当事人承诺今晚收摊后清理。", "社区网格员反映此处是老问题，建议错时巡查。",
    "走访了三户，说法不一致，明天早高峰再去看一次。", "当事人不在场，已留告知书。", "与相邻中队核对了辖区界线，由我队办理。",
)  # fmt: skip
UNSOLVED = ("当天是好了，第二天又和原来一样。", "答复说已处理，我今天去看还是老样子。", "只来问了一句，根本没有解决，请重新处理。")
REMARKS = {
    (True, True): ("处理得很快，谢谢。", "态度很好。", ""), (True, False): ("是解决了，就是等得太久。", "解决了，但是来的人说话太冲。"),
    (False, True): ("虽然一时解决不了，解释得很清楚，理解。",), (False, False): ("还是老样子。", "没有解决，不满意。"),
}  # fmt: skip
FURTHER = ("补充一下：刚才去看，比昨天更多了。", "补充：一般是晚上七点以后最严重。", "又拍不到照片，大概位置在东侧第二个门面。")
WAITING_FOR = ("等待第三方检测噪声值。", "等待产权单位出具权属证明。", "需等待规划部门认定建设性质。")


@dataclass
class Case:
    """One complaint and what is to become of it."""

    moment: dt.datetime  # of first receipt
    channel: str
    subject: Subject
    place: str
    text: str
    contact: dict[str, str] | None
    unit: str  # code of the unit that handles it
    result: str
    fate: str = ""  # what surely happens to it
    photos: int = 0
    where_to: str = ""
    happened_on: dt.date | None = None
    earlier: Complaint | None = None
    reopened: int = 0
    code: str = ""
    complaint: Complaint = field(init=False)

    @property
    def by(self) -> str:
        """The account of who handles it."""
        return self.unit.replace("squadron", "captain")


@dataclass(frozen=True)
class Accusation:
    """A complaint about somebody with an account: how many working days ago, who it is, and how it goes."""

    ago: int
    username: str
    unit: str  # that handles it, never the person's own
    text: str
    told: str
    reply: str = ""
    outcome: str = ""
    reasons: str = ""
    act: str = ""
    is_decided: bool = True


ACCUSATIONS = (
    Accusation(
        21, "officer3", "squadron2",
        "昨天上午在演示市场东门，一名在编队员劝我收摊时用手指着我的鼻子，还说“再不走就别想在这条街上混”。",
        "有群众反映您在劝导收摊时有指点动作并说了不恰当的话，请就当时的经过作出说明。",
        "当时现场嘈杂，我确实抬手示意过，声音也大，话说得不妥，愿意当面道歉。", "true",
        "本人承认，现场影像可以看到抬手指点的动作，两名在场商户的说法一致。", "劝导时用手指点当事人并使用不当言语",
    ),
    Accusation(
        18, "auxiliary1", "squadron4",
        "前天下午在和美街演示段，一名协管把我的菜筐拎起来就往车上放，我问为什么，他理都不理。",
        "有群众反映您在清理占道物品时没有先行告知，请说明当时的做法。",
        "", "partly",
        "搬动物品属实，但此前已由同组人员口头告知过一次；不理睬询问一节，影像中有一次未回应。", "清理占道物品时未回应当事人询问",
    ),
    Accusation(
        15, "keeper1", "brigade",
        "上周五打电话到中队问暂扣的三轮车，接电话的人说了一句烦死了就把电话挂断。",
        "有来电人反映您接听电话时语气不耐烦并先行挂断，请说明。",
        "当天值班电话由我接听，通话记录显示是线路中断，我随后回拨了两次没有接通。", "untrue",
        "话务记录显示线路中断，其后有两次回拨，与本人说明一致。",
    ),
    Accusation(
        4, "officer2", "squadron5",
        "昨天上午检查门头时，带队的人让我站好了听，旁边的人都在看，我觉得很没有面子。",
        "有商户反映您在检查时用命令的口气说话，请说明当时的情形。",
        "我说的是请您站到里面来，外面有车，可能语气急了些。", "partly",
        "影像中语气偏急，但内容是提醒避让车辆，命令口气一节不能完全认定。", "", False,
    ),
    Accusation(
        1, "officer1", "squadron3",
        "刚才在某某路菜场旁，一名队员说我是老赖，让大家都别买我的东西。",
        "有摊主反映您当众使用了贬损性的称呼，请在期限内说明经过。",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """An open complaint of the last days: since how many working days, with whom, answered or not, and what waits."""

    ago: int
    hour: int
    channel: str
    unit: str
    is_answered: bool
    wait: str = ""
    photos: int = 0


SCENES = (
    Scene(6, 10, "hotline", "squadron4", True, "note"),  # the result is overdue
    Scene(1, 9, "web", "squadron5", False),  # nobody has answered, overdue
    Scene(2, 9, "hotline", "squadron6", True, PAUSED),
    Scene(0, 16, "hotline", "squadron2", True, "pause"),
    Scene(0, 11, "visit", "squadron3", True, "reveal"),
    Scene(0, 10, "web", "squadron1", True, "", 2),
    Scene(0, 14, "12345", "brigade", True, "note"),
)


@dataclass
class Complaints:
    """The complaints desk while the demo is being built. Its chances are its own, so that nothing else of the demo changes with it."""

    units: Mapping[str, Unit]
    persons: Mapping[str, Sequence[Person]]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: random.Random = field(default_factory=lambda: random.Random(32))
    sent: int = 0
    photographed: int = 0
    calendar: WorkCalendar = field(default_factory=rulebook.work_calendar)

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        """The ordinary ones of the whole history, the told stories, and what is open today."""
        days = [first_day + dt.timedelta(days=offset) for offset in range((today - first_day).days)]
        past = [day for day in reversed(days) if self.calendar.is_workday(day)]
        cases = [self._draw(day) for day in self._days_of_receipt(days)]
        for case in [*cases, *self._surely(past)]:
            self._later(self._registered(case), lambda case=case: self._arrive(case))  # type: ignore[misc]
        for day in days[-JOB_DAYS:]:
            self.at(day, 7, 5, record_breaches)
        for accusation in ACCUSATIONS:
            self._plan_accusation(accusation, past)
        for scene in SCENES:
            self._plan_scene(scene, past[scene.ago])
        self._plan_routed(past[12])
        self._plan_unassigned(today)

    def _days_of_receipt(self, days: Sequence[dt.date]) -> list[dt.date]:
        """One on every make-up workday and every holiday of the week, the others by chance."""
        special = [day for day in days if self.calendar.is_workday(day) != (day.weekday() < 5)]
        weights = [1 if self.calendar.is_workday(day) else OFF_DAY for day in days]
        return sorted(special + self.chance.choices(days, weights, k=ORDINARY - len(special)))

    def _surely(self, past: Sequence[dt.date]) -> list[Case]:
        """What chance might leave out."""
        cases = [self._draw(past[place], "hotline", SUBJECTS[place], 10) for place in (9, 12, 14, 20)]
        for case, fate in zip(cases, (REVEALED, NOT_PAUSED, PAUSED, TWICE), strict=True):
            case.fate, case.contact = fate, {"name": CALLED[2], "phone": "000-0000-0003"}
        return cases

    # --- what a complaint is like ---

    def _draw(self, day: dt.date, channel: str = "", subject: Subject | None = None, hour: int | None = None) -> Case:
        hour = self._pick_hour() if hour is None else hour
        channel = channel or self._pick_channel(day, hour)
        result, where_to = self.chance.choices(list(RESULTS), list(RESULTS.values()))[0], ""
        if subject is None:
            subject = self.chance.choice(SUBJECTS)
            if result == "elsewhere":
                subject, where_to = self.chance.choice(BEYOND)
        elif result == "elsewhere":
            result = "resolved"
        place = self.chance.choice(PLACES)
        text = self.chance.choice(OPENINGS) + subject.text.format(place=place) + self.chance.choice(ENDINGS)
        moment = clock.at(day, hour, self.chance.randrange(60))
        unit = "brigade" if subject.category in PERSONAL or self.chance.random() < 0.05 else f"squadron{1 + self.chance.randrange(6)}"
        happened_on = day if self.chance.random() < 0.4 else None
        return Case(
            moment, channel, subject, place, text, self._contact(channel), unit, result, where_to=where_to, happened_on=happened_on
        )  # fmt: skip

    def _pick_hour(self) -> int:
        return self.chance.choices(range(24), BY_HOUR)[0]

    def _pick_channel(self, day: dt.date, hour: int) -> str:
        channel = self.chance.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        in_office = self.calendar.is_workday(day) and 9 <= hour < 17
        return channel if in_office or channel not in ("visit", "letter") else "web"

    def _contact(self, channel: str) -> dict[str, str] | None:
        if self.chance.random() < NAMELESS[channel]:
            return None
        return {"name": self.chance.choice(CALLED), "phone": f"000-0000-{self.chance.randrange(1, 1000):04d}"}

    def _registered(self, case: Case) -> dt.datetime:
        """When the bureau has it: from the web at once, an order at the next import, a call or letter when it was typed."""
        if case.channel == "web":
            return case.moment
        if case.channel == "12345":
            day = clock.local_day(case.moment)
            fetched = [clock.at(day + dt.timedelta(days=offset), hour, 5) for offset in (0, 1) for hour in IMPORTS]
            return next(moment for moment in fetched if moment >= case.moment)
        return self._civil(case.moment + self._minutes(4, 90))

    # --- time ---

    def _later(self, moment: dt.datetime, happen: Callable[[], Any]) -> None:
        local = moment.astimezone(clock.SHANGHAI)
        self.at(local.date(), local.hour, local.minute, happen)

    def _minutes(self, least: int, most: int) -> dt.timedelta:
        return dt.timedelta(minutes=self.chance.randrange(least, most))

    def _civil(self, moment: dt.datetime) -> dt.datetime:
        """At once in the daytime, else some time after eight the next morning."""
        shown = moment.astimezone(clock.SHANGHAI)
        found = rules.civil(shown, 8, 20)
        return found if found == shown else found + self._minutes(5, 55)

    def _workday(self, day: dt.date, count: int) -> dt.date:
        return self.calendar.nth_workday_after(day, count).day

    # --- how it comes in ---

    def _take(self, case: Case) -> None:
        self.sent += 1
        said = intake.Said(case.text, case.place, case.happened_on, case.contact)
        key = uuid.UUID(int=self.chance.getrandbits(128), version=4)
        if case.channel == "web":
            receipt = intake.submit_complaint(said, form_key=key, who=f"demo-{self.sent}", photos=self._photos(case))
        elif case.channel == "12345":
            number = f"演示{case.moment:%Y%m%d}{self.sent:05d}"
            receipt = intake.take_order(self.actor("supervisor"), said, number=number, received_at=case.moment)
        else:
            clerk = self.actor("brigade" if self.chance.random() < 0.2 else "supervisor2")
            receipt = intake.register_complaint(clerk, said, form_key=key, channel=case.channel, received_at=case.moment)
        case.complaint, case.code = receipt.complaint, receipt.code

    def _photos(self, case: Case) -> list[uuid.UUID]:
        if not case.photos and self.sent >= PHOTOS_FROM and self.photographed < PHOTOGRAPHED:
            self.photographed += 1
            case.photos = 1
        shots = [SimpleUploadedFile("演示照片.jpg", _picture(self.chance)) for _ in range(case.photos)]
        return [accept_photo(intake.PUBLIC, shot, is_unnamed=True).pk for shot in shots]

    def _arrive(self, case: Case) -> None:
        """An ordinary one comes in; some are complained of by others as well."""
        self._take(case)
        if case.earlier is not None:
            handling.link_repeat(self.actor("supervisor"), case.complaint, earlier=case.earlier)
        if case.where_to:
            self._later(self._civil(clock.now() + self._minutes(15, 240)), lambda: self._pass_on(case))
            return
        self._plan_handling(case)
        if case.channel == "web" and self.chance.random() < 0.08:
            self._later(clock.now() + self._minutes(20, 300), lambda: self._add(case))
        if case.earlier is None and case.subject.category not in (*PERSONAL, "其他") and self.chance.random() < 0.05:
            self._later(clock.now() + self._minutes(60, 600), lambda: self._twin(case))

    def _pass_on(self, case: Case) -> None:
        supervisor, reply = self.actor("supervisor"), self.chance.choice(REPLIES["elsewhere"])
        handling.close_complaint(supervisor, case.complaint, result="elsewhere", where_to=case.where_to, reply=reply)

    def _add(self, case: Case) -> None:
        found = following.find_by_code(case.code, who=f"demo-{case.complaint.pk}")
        if found.is_open:
            following.add_facts(found, text=self.chance.choice(FURTHER))

    def _twin(self, first: Case) -> None:
        """Somebody else about the same thing."""
        twin = self._draw(clock.today(), "web", first.subject, clock.now().hour)
        twin.moment, twin.place, twin.unit = clock.now(), first.place, first.unit
        twin.text = f"我也住在{first.place}附近，{first.subject.summary}的情况我也看到了，请一并处理。"
        self._take(twin)
        self._later(self._civil(clock.now() + self._minutes(20, 100)), lambda: self._join(first, twin))

    def _join(self, first: Case, twin: Case) -> None:
        supervisor = self.actor("supervisor")
        if Complaint.objects.get(pk=first.complaint.pk).is_open:
            handling.merge_complaints(supervisor, twin.complaint, into=first.complaint, reason="同一地点、同一时段的同一问题，并案办理。")
            handling.respond(supervisor, first.complaint, text="您反映的与其他群众反映的是同一问题，已并案办理，结果会一并告知。")
        else:
            handling.link_repeat(supervisor, twin.complaint, earlier=first.complaint)
            self._plan_handling(twin)

    # --- how it is handled ---

    def _plan_handling(self, case: Case) -> None:
        """Assigned and answered within hours, closed within three working days; a minority late in the one or the other."""
        brisk = case.channel == "12345"  # part of its time is over when it comes in
        assigned = self._civil(clock.now() + self._minutes(8, 45 if brisk else 150))
        slow = self.chance.random() < 0.05
        answered = case.moment + self._minutes(1500, 2700) if slow else assigned + self._minutes(20, 150)
        answered = self._civil(max(answered, assigned))
        closed = max(self._closing(case), answered + self._minutes(25, 60))
        self._later(assigned, lambda: self._assign(case))
        fate = case.fate or self.chance.choices(("", PAUSED, NOT_PAUSED, REVEALED), (94, 3, 1, 2))[0]
        if fate in (PAUSED, NOT_PAUSED):
            day = self._workday(clock.local_day(answered), 1)
            closed = max(closed, self._plan_pause(case, day, granted=fate == PAUSED))
        elif fate == REVEALED and case.contact:
            self._plan_reveal(case, answered, closed)
        if fate or slow or clock.local_day(closed) > clock.local_day(case.moment):  # else the result is the first word
            self._later(answered, lambda: self._answer(case))
        self._later(closed, lambda: self._close(case))

    def _closing(self, case: Case) -> dt.datetime:
        late = self.chance.random() < 0.08
        days = self.chance.randrange(4, 9) if late else self.chance.choices(range(4), (26, 34, 25, 15))[0]
        day = clock.local_day(case.moment)
        return clock.at(self._workday(day, days), 9 + self.chance.randrange(8), self.chance.randrange(60)) if days else case.moment

    def _assign(self, case: Case) -> None:
        assign = partial(
            handling.assign_complaint, self.actor("supervisor"), case.complaint, category=case.subject.category,
            summary=f"{case.place}：{case.subject.summary}",
        )  # fmt: skip
        if case.unit != "brigade" and self.chance.random() < 0.06:  # first to the neighbours, who say that it is not theirs
            number = 1 + int(case.unit[-1]) % 6
            assign(unit=self.units[f"squadron{number}"])
            handling.add_note(self.actor(f"captain{number}"), case.complaint, text="核对界线，该处不在我队辖区，请改分。")
        assign(unit=self.units[case.unit], handler=self.persons[case.unit][0] if self.chance.random() < 0.3 else None)

    def _answer(self, case: Case) -> None:
        actor = self.actor(case.by)
        if case.channel == "12345" and self.chance.random() < 0.4:
            outcome = "reached" if self.chance.random() < 0.7 else "not_reached"
            handling.record_attempt(actor, case.complaint, way="phone", outcome=outcome, note="经 12345 平台转接")
            if outcome == "reached":
                return
        handling.respond(actor, case.complaint, text=self.chance.choice(RESPONSES))
        if self.chance.random() < 0.15:
            handling.add_note(actor, case.complaint, text=self.chance.choice(NOTES))

    def _plan_pause(self, case: Case, day: dt.date, *, granted: bool) -> dt.datetime:
        """Asked for and decided by another; when it may be closed at the earliest."""
        by = self.chance.choice(("leader", "supervisor"))
        self.at(day, 9, 40, lambda: handling.ask_pause(self.actor(case.by), case.complaint, reason=self.chance.choice(WAITING_FOR)))
        self.at(day, 11, 20, lambda: self._decide_pause(case, by, granted=granted))
        if not granted:
            return clock.at(day, 14, 30)
        self.at(self._workday(day, 2), 15, 30, lambda: handling.resume(self.actor(case.by), case.complaint))
        return clock.at(self._workday(day, 3), 10, 15)

    def _decide_pause(self, case: Case, by: str, *, granted: bool) -> None:
        note = "" if granted else "可以先按现有证据答复，不必等待。"
        handling.decide_pause(self.actor(by), case.complaint.pauses.get(granted=None), granted=granted, note=note)

    def _plan_reveal(self, case: Case, answered: dt.datetime, closed: dt.datetime) -> None:
        """Asked for, agreed to by another, looked at once, all before it is closed."""
        step = min((closed - answered) / 4, dt.timedelta(minutes=40))
        reason = "需要与投诉人约定到户查看的时间。"
        captain = self.actor(case.by)
        self._later(answered + step, lambda: vault.ask_reveal(captain, case.complaint, reason=reason))
        self._later(answered + 2 * step, lambda: vault.decide_reveal(
            self.actor("supervisor2"), case.complaint.reveals.get(granted=None), granted=True))  # fmt: skip
        self._later(answered + 3 * step, lambda: vault.read_contact(captain, case.complaint))

    def _close(self, case: Case) -> None:
        category = case.subject.category
        replies = REPLIES_OF_CONDUCT if category in PERSONAL else REPLIES_OF_OTHERS if category == "其他" else REPLIES
        reply = self.chance.choice(replies[case.result])
        handling.close_complaint(self.actor(case.by), case.complaint, result=case.result, reply=reply)
        self._afterwards(case, again=1 if case.fate == TWICE else 0.07)

    # --- what comes afterwards ---

    def _afterwards(self, case: Case, *, again: float) -> None:
        if case.channel == "12345":  # the platform asks its callers itself
            return
        fate = self.chance.random()
        if fate < again:
            self._later(clock.now() + self._minutes(900, 5000), lambda: self._reopen(case))
        elif fate < again + 0.45:
            self._later(clock.now() + self._minutes(120, 4300), lambda: self._rate(case))
        elif fate > 0.96:
            self._later(clock.now() + self._minutes(9 * 1440, 30 * 1440), lambda: self._once_more(case))

    def _rate(self, case: Case) -> None:
        weights = (74, 14, 4, 8) if case.result == "resolved" else (16, 12, 26, 46)
        solved, satisfied = self.chance.choices(list(REMARKS), weights)[0]
        note = self.chance.choice(REMARKS[solved, satisfied])
        following.answer_questions(case.complaint, solved=solved, satisfied=satisfied, note=note)

    def _reopen(self, case: Case) -> None:
        following.reopen_complaint(case.complaint, reason=self.chance.choice(UNSOLVED))
        case.result, case.reopened = "resolved", case.reopened + 1
        answered = self._civil(clock.now() + self._minutes(60, 300))
        day = self._workday(clock.today(), 1 + self.chance.randrange(2))
        self._later(answered, lambda: handling.respond(self.actor(case.by), case.complaint, text=self.chance.choice(RESPONSES)))
        self.at(day, 14 + self.chance.randrange(4), self.chance.randrange(60), lambda: self._close_again(case))

    def _close_again(self, case: Case) -> None:
        reply = "已由另一组人员重新核实办理，落实专人跟进，并约定了复查时间。"
        handling.close_complaint(self.actor(case.by), case.complaint, result=case.result, reply=reply)
        again = 1 if case.fate == TWICE else 0.25
        self._afterwards(case, again=again if case.reopened < 2 else 0)

    def _once_more(self, case: Case) -> None:
        """Weeks later the same again, as a complaint of its own."""
        second = self._draw(clock.today(), "hotline", case.subject, clock.now().hour)
        second.moment, second.place, second.text, second.earlier = clock.now(), case.place, case.text, case.complaint
        self._arrive(second)

    # --- told stories ---

    def _staged(self, day: dt.date, hour: int, channel: str, unit: str, text: str = "", category: str = "") -> Case:
        subject = Subject(category, text, "言行问题") if text else self.chance.choice(SUBJECTS[:28])
        case = self._draw(day, channel, subject, hour)
        case.unit, case.result, case.text = unit, "partly", text or case.text
        case.moment = clock.at(day, hour, 10)
        case.happened_on = None if text else case.happened_on
        self._later(case.moment, lambda: self._take(case))
        return case

    def _plan_accusation(self, told: Accusation, past: Sequence[dt.date]) -> None:
        """Received, given to another unit, named, told, heard, proposed, decided; as far as it has come by today."""
        case = self._staged(past[told.ago], 9, "hotline", told.unit, told.text, "执法态度")
        case.contact = case.contact or {"name": CALLED[0], "phone": "000-0000-0001"}
        by, when = case.by, dict(enumerate(reversed(past[: told.ago + 1])))
        named: list[Accused] = []
        self.at(when[0], 10, 0, lambda: self._assign(case))
        self.at(when[0], 10, 20, lambda: named.append(accused.name_accused(
            self.actor("supervisor"), case.complaint, person=self._whose(told.username))))  # fmt: skip
        self.at(when[0], 10, 40, lambda: self._answer(case))
        self.at(when[0], 14, 0, lambda: accused.tell_accused(self.actor(by), named[0], text=told.told))
        if told.reply:
            self.at(when[1], 15, 0, lambda: accused.reply_as_accused(self.actor(told.username), named[0], text=told.reply))
        if told.outcome:
            self.at(when[2], 16, 30, lambda: self._close_personal(case, told))
            self._plan_judgement(told, by, named, when)

    def _whose(self, username: str) -> Person:
        """The person of an account, as the demo's cast has them."""
        return Person.objects.get(pk=self.actor(username).person_id or 0)

    def _close_personal(self, case: Case, told: Accusation) -> None:
        result = "unfounded" if told.outcome == "untrue" else "partly"
        reply = "已核实当时的经过并听取有关人员说明；对个人的认定按规定程序办理，办理情况可凭回执码查询。"
        handling.close_complaint(self.actor(case.by), case.complaint, result=result, reply=reply)

    def _plan_judgement(self, told: Accusation, by: str, named: list[Accused], when: Mapping[int, dt.date]) -> None:
        """Proposed after the reply or its term; the one of a finding is sent back once before it is decided."""
        start = 3 if told.reply else 6
        made: list[Validity] = []

        def propose() -> None:
            made.append(accused.propose_validity(self.actor(by), named[0], outcome=told.outcome, reasons=told.reasons))

        self.at(when[start], 10, 0, propose)
        if not told.is_decided:
            return
        if told.outcome == "true":
            self.at(when[start], 15, 0, lambda: accused.decide_validity(
                self.actor("supervisor2"), made[0], agreed=False, note="请补充在场人员的说法。"))  # fmt: skip
            self.at(when[start + 1], 10, 0, propose)
        self.at(when[start + 2], 16, 0, lambda: self._decide(made[-1], told))
        if told.act:
            self._plan_rectification(told, made, when, start + 3)

    def _decide(self, validity: Validity, told: Accusation) -> None:
        accused.decide_validity(self.actor("leader"), validity, agreed=True, note="同意。", act=told.act)

    def _plan_rectification(self, told: Accusation, made: list[Validity], when: Mapping[int, dt.date], day: int) -> None:
        """The person puts it right; one waits for its re-check."""
        own, text = partial(self.actor, told.username), "已当面向当事人道歉，并在队内班前会上作了说明。"
        self.at(when[day], 9, 20, lambda: findings.acknowledge_finding(own(), _finding_of(made[-1])))
        self.at(when[day + 2], 16, 0, lambda: findings.submit_rectification(own(), _finding_of(made[-1]), text=text))
        if told.outcome == "true":
            self.at(when[day + 3], 10, 0, lambda: findings.recheck_finding(
                self.actor("supervisor"), _finding_of(made[-1]), passed=True, note="回访当事人，已接受道歉。"))  # fmt: skip

    def _plan_scene(self, scene: Scene, day: dt.date) -> None:
        case = self._staged(day, scene.hour, scene.channel, scene.unit)
        case.photos = scene.photos
        case.contact = case.contact or {"name": CALLED[1], "phone": "000-0000-0002"}
        self.at(day, scene.hour, 40, lambda: self._assign(case))
        if scene.is_answered:
            self.at(day, scene.hour + 1, 20, lambda: handling.respond(self.actor(case.by), case.complaint, text=RESPONSES[0]))
        if scene.wait:
            self.at(day, scene.hour + 1, 40, lambda: self._wait(case, scene.wait))
        if scene.wait == PAUSED:
            self.at(day, 15, 0, lambda: self._decide_pause(case, "supervisor", granted=True))

    def _wait(self, case: Case, what: str) -> None:
        """What has been said or asked for in it and is not decided."""
        captain = self.actor(case.by)
        if what == "note":
            handling.add_note(captain, case.complaint, text=self.chance.choice(NOTES))
        elif what == "reveal":
            vault.ask_reveal(captain, case.complaint, reason="需要约投诉人到现场指认位置。")
        else:
            handling.ask_pause(captain, case.complaint, reason=WAITING_FOR[0])

    def _plan_routed(self, day: dt.date) -> None:
        text = "有人多次在某某路的店里白拿烟酒，说是打点过就不查，希望纪检部门查一查。"
        case = self._staged(day, 22, "web", "brigade", text)
        case.contact = None
        reason = "内容涉及廉洁问题，按规定移送有权机关，本局不作调查。"
        self.at(day + dt.timedelta(days=1), 8, 40, lambda: handling.route_out(
            self.actor("supervisor"), case.complaint, where_to="纪检监察机关", reason=reason))  # fmt: skip

    def _plan_unassigned(self, today: dt.date) -> None:
        """What came in last evening and this morning and waits to be assigned."""
        yesterday = today - dt.timedelta(days=1)
        for day, hour, channel in ((yesterday, 20, "web"), (yesterday, 22, "web"), (today, 6, "web"), (today, 8, "hotline")):
            case = self._staged(day, hour, channel, "brigade")
            case.photos = 1 if hour == 20 else 0


def _finding_of(validity: Validity) -> Any:
    return Validity.objects.select_related("finding").get(pk=validity.pk).finding


def _picture(chance: random.Random) -> bytes:
    """A drawn stand-in for a photo: a pavement, a stall, nobody."""
    picture = Image.new("RGB", (480, 360), (chance.randrange(150, 210), chance.randrange(170, 220), chance.randrange(190, 235)))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 240, 480, 360), fill=(128, 128, 124))
    left = chance.randrange(60, 200)
    draw.polygon(((left - 20, 150), (left + 110, 110), (left + 240, 150)), fill=(190, 70, 60))
    draw.rectangle((left, 150, left + 220, 260), fill=(205, 180, 140))
    for place in range(4):
        draw.ellipse((left + 15 + place * 50, 170, left + 50 + place * 50, 205), fill=(220, 140 - place * 20, 60))
    draw.text((12, 10), f"DEMO {clock.now():%Y-%m-%d %H:%M}", fill=(255, 255, 255))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=70)
    return content.getvalue()
