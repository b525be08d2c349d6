"""The modes of a robot and the changes between them: a state machine without time or sensors."""

from enum import Enum, IntEnum, auto


class Mode(IntEnum):
    """Who commands the actuators; the values of ``untether_interfaces/msg/Mode``."""

    IDLE = 0
    STANDBY = 1
    POLICY = 2
    INTERVENTION = 3
    FAULT = 4


class Source(IntEnum):
    """Who computed a command; the values of ``untether_interfaces/msg/Command``."""

    NONE = 0
    POLICY = 1
    OPERATOR = 2
    FALLBACK = 3


class Request(Enum):
    """What asks for a change of mode."""

    ARM = auto()
    DISARM = auto()
    START_POLICY = auto()
    STOP_POLICY = auto()
    TAKE_OVER = auto()
    HAND_BACK = auto()
    LAND = auto()
    LANDED = auto()
    TRIP = auto()
    STOP = auto()
    RESET = auto()


_CHANGES = {
    (Mode.IDLE, Request.ARM): Mode.STANDBY,
    (Mode.STANDBY, Request.DISARM): Mode.IDLE,
    (Mode.STANDBY, Request.START_POLICY): Mode.POLICY,
    (Mode.POLICY, Request.START_POLICY): Mode.POLICY,
    (Mode.POLICY, Request.STOP_POLICY): Mode.STANDBY,
    (Mode.STANDBY, Request.STOP_POLICY): Mode.STANDBY,
    (Mode.INTERVENTION, Request.STOP_POLICY): Mode.INTERVENTION,
    (Mode.STANDBY, Request.TAKE_OVER): Mode.INTERVENTION,
    (Mode.POLICY, Request.TAKE_OVER): Mode.INTERVENTION,
    (Mode.INTERVENTION, Request.HAND_BACK): Mode.STANDBY,
    (Mode.STANDBY, Request.LAND): Mode.STANDBY,
    (Mode.POLICY, Request.LAND): Mode.STANDBY,
    (Mode.INTERVENTION, Request.LAND): Mode.STANDBY,
    (Mode.FAULT, Request.LAND): Mode.FAULT,
    (Mode.STANDBY, Request.LANDED): Mode.IDLE,
    (Mode.FAULT, Request.LANDED): Mode.FAULT,
    (Mode.STANDBY, Request.TRIP): Mode.FAULT,
    (Mode.POLICY, Request.TRIP): Mode.FAULT,
    (Mode.INTERVENTION, Request.TRIP): Mode.FAULT,
    (Mode.FAULT, Request.TRIP): Mode.FAULT,
    (Mode.FAULT, Request.RESET): Mode.IDLE,
}


def change_mode(mode: Mode, request: Request) -> Mode | None:
    """Return the mode that follows, or None when the request is not allowed in this mode.

    A landing on request is flown in STANDBY, which it leaves for IDLE once the robot has landed.
    FAULT is left only by RESET. STOP, the emergency stop, is allowed in every mode.
    """
    if request is Request.STOP:
        return Mode.FAULT
    return _CHANGES.get((mode, request))
