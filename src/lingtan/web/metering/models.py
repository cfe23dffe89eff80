"""Models of the room, for Django to find."""

from lingtan.web.metering.meter import Meter, VirtualPoint
from lingtan.web.metering.price import Price, Property
from lingtan.web.metering.stream import Stream

__all__ = ["Meter", "Price", "Property", "Stream", "VirtualPoint"]
