"""Who moves orders in tests."""

from models.identity import OwnerId
from models.order import Mover

AN_ADMIN = Mover(OwnerId("u:ad0000000000000000000000"), "admin")
