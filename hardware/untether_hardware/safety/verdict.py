"""The answers of the safety stage to requests; the codes are those of the ROS services."""

from dataclasses import dataclass
from enum import IntEnum


class ArmCode(IntEnum):
    """Codes of ``untether_interfaces/srv/Arm``."""

    OK = 0
    WRONG_MODE = 1
    NO_STATE = 2
    DUPLICATE_PUBLISHER = 3
    NOT_LEVEL = 4
    AIRBORNE = 5


class PolicyCode(IntEnum):
    """Codes of ``untether_interfaces/srv/SelectPolicy``."""

    OK = 0
    WRONG_MODE = 1
    CONTRACT_REFUSED = 2


class InterveneCode(IntEnum):
    """Codes of ``untether_interfaces/srv/Intervene``."""

    OK = 0
    WRONG_MODE = 1
    NO_COMMAND = 2


class LandCode(IntEnum):
    """Codes of ``untether_interfaces/srv/Land``."""

    OK = 0
    WRONG_MODE = 1


class ResetCode(IntEnum):
    """Codes of ``untether_interfaces/srv/ResetFault``."""

    OK = 0
    WRONG_MODE = 1
    CAUSE_PERSISTS = 2
    AIRBORNE = 3


@dataclass(frozen=True)
class Verdict:
    """Whether a request was granted.

    Attributes:
        error_code: 0 when granted, else a code of the service that asks.
        message: expected, got and fix when refused; what happens now when granted.
    """

    error_code: int
    message: str

    @property
    def granted(self) -> bool:
        """Whether the request was granted."""
        return self.error_code == 0
