"""chengxin (城心): raising the quality of an urban-management enforcement team."""

__version__ = "0.1.0"
