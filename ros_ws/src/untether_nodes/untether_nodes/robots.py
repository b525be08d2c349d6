"""The robots that the nodes know, by the name that a bundle's contract gives."""

from collections.abc import Mapping
from types import MappingProxyType

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription

ROBOTS: Mapping[str, QuadrotorDescription] = MappingProxyType({CRAZYFLIE.name: CRAZYFLIE})
"""Descriptions by name."""
