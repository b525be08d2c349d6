"""The arm in 3-D, which the browser moves by itself with what the arm's websocket tells."""

from nicegui import ui

from untether_nodes.console.arm_model import describe_arm
from untether_nodes.console.arm_socket import ARM_PATH
from untether_nodes.console.three import THREE


class ArmView(ui.element, component="static/arm_view.js", esm=THREE):
    """Arm, table, the box of the workspace and the setpoint of the tool."""

    def __init__(self, client: str) -> None:
        """Create it.

        Args:
            client: The tab.
        """
        super().__init__()
        self._props["path"] = ARM_PATH
        self._props["client"] = client
        self._props["bodies"] = describe_arm()
