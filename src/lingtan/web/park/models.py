"""Models of the room, for Django to find."""

from lingtan.web.park.boundary import Boundary, Member
from lingtan.web.park.commodity import Commodity
from lingtan.web.park.contact import Contact
from lingtan.web.park.fact import Fact
from lingtan.web.park.node import Node
from lingtan.web.park.park import Park
from lingtan.web.park.sheet import Sheet
from lingtan.web.park.stock import Stock

__all__ = ["Boundary", "Commodity", "Contact", "Fact", "Member", "Node", "Park", "Sheet", "Stock"]
