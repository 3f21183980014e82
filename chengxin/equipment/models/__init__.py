"""Tables of the equipment chapter."""

from chengxin.equipment.models.counts import Count, CountDevice, CountDifference, CountLine, CountQuerySet, CountScan
from chengxin.equipment.models.custody import Card, Custody, CustodyQuerySet, KeeperTurn, Operation
from chengxin.equipment.models.faults import Fault, Liability
from chengxin.equipment.models.items import Item, ItemQuerySet, ItemStep
from chengxin.equipment.models.stock import SizeProfile, StockMovement, UniformIssue, UniformStock

__all__ = [
    "Card",
    "Count",
    "CountDevice",
    "CountDifference",
    "CountLine",
    "CountQuerySet",
    "CountScan",
    "Custody",
    "CustodyQuerySet",
    "Fault",
    "Item",
    "ItemQuerySet",
    "ItemStep",
    "KeeperTurn",
    "Liability",
    "Operation",
    "SizeProfile",
    "StockMovement",
    "UniformIssue",
    "UniformStock",
]
