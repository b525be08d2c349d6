"""The parts of the swarm's page that the browser draws by itself from the stream."""

from nicegui import ui

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mode_style import find_mode_style
from untether_hardware.safety import Mode
from untether_nodes.console.swarm_picture import UNKNOWN_MODE
from untether_nodes.console.swarm_stream import STALE_AGE, STREAM_PATH
from untether_nodes.console.three import THREE


def _describe_modes() -> dict[int, dict[str, str]]:
    """Return name and colour of each mode."""
    styles = {value: find_mode_style(value) for value in (*Mode, UNKNOWN_MODE)}
    return {
        int(value): {"name": style.name, "color": "#{:02x}{:02x}{:02x}".format(*style.color)}
        for value, style in styles.items()
    }


class SwarmView(ui.element, component="static/swarm_view.js", esm=THREE):
    """The room in 3-D: columns, drones coloured by mode, their trails and goals."""

    def __init__(self) -> None:
        super().__init__()
        self._props["stream"] = STREAM_PATH
        self._props["stale"] = STALE_AGE
        self._props["modes"] = _describe_modes()
        self._props["rotors"] = CRAZYFLIE.rotor_positions
        self._props["radius"] = CRAZYFLIE.rotor_radius


class DroneTable(ui.element, component="static/drone_table.js"):
    """One row a drone: mode and reason, position, speed, distance to the goal, and buttons.

    Emits ``land`` with the name of a drone that is to land.
    """

    def __init__(self) -> None:
        super().__init__()
        self._props["stream"] = STREAM_PATH
        self._props["stale"] = STALE_AGE
        self._props["modes"] = _describe_modes()
