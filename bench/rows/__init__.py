"""The rows of the report: what each needs measured, and how it is judged beside its peers."""

from bench.rows.fanout import FANOUT
from bench.rows.growth import GROWTH
from bench.rows.row import Row
from bench.rows.shop import SHOP

ROWS: tuple[Row, ...] = (*FANOUT, *SHOP, GROWTH)

__all__ = ["ROWS", "Row"]
