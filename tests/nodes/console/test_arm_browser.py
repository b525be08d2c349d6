"""The page of an arm in a real browser: the hand commands while it holds, and never longer."""

import time

import numpy as np
import pytest
from tests.nodes.console.fake_arm import FakeArm
from tests.nodes.console.test_console_browser import Tab
from untether_interfaces.msg import Mode
from untether_interfaces.srv import LabelEpisode

from untether_hardware.franka.description import FR3
from untether_hardware.franka.kinematics import find_tool
from untether_hardware.manipulation.registry import make_task

pytestmark = [pytest.mark.ros, pytest.mark.slow]

FINDS_SOCKET = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (this.url.includes("/arm/socket")) window.armSocket = this;
  return send.call(this, data);
};
"""
HAND_BACK = 0.2  # [s] within which control is handed back


@pytest.fixture(scope="module")
def arm(domain):
    made = FakeArm()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def console(make_console):
    return make_console()


@pytest.fixture
def open_tab(browser):
    """Open tabs on the arm's page, which are closed after the test."""
    made = []

    def open_one(url):
        made.append(Tab(browser, f"{url}/arm"))
        return made[-1]

    yield open_one
    for tab in made:
        if tab._handle in browser.window_handles:
            tab.close()


@pytest.fixture
def tab(console, arm, open_tab, wait):
    """A tab that shows the arm and commands."""
    made = open_tab(console.url)
    wait(lambda: panel(made, "connected") == "true", "the connection")
    wait(lambda: int(panel(made, "pictures")) > 4, "pictures")
    made.click("take command")
    wait(lambda: "you command" in made.text, "command")
    arm.clear()
    wait(lambda: panel(made, "mode") == "STANDBY", "the mode")
    wait(lambda: not made.run("return !!document.querySelector('.arm-jog.idle')"), "controls")
    yield made
    if made._handle in made.browser.window_handles:
        made.focus()
        made.run("window.dispatchEvent(new Event('blur'))")
        made.click("give back command")


def panel(tab, name):
    """Return what the page's panel says about itself."""
    script = "return document.querySelector('.arm-panel')?.dataset[arguments[0]]"
    return tab.run(script, name)


def key(tab, kind, code):
    tab.run(f"window.dispatchEvent(new KeyboardEvent('{kind}', {{code: '{code}'}}))")


def hold(tab, arm, wait):
    """Hold the space bar and R, until commands arrive; a browser that is slow lets go meanwhile."""

    def commands():
        if panel(tab, "held") == "false":
            for code in ("Space", "KeyR"):
                key(tab, "keyup", code)
                key(tab, "keydown", code)
        last = arm.last_command
        upwards = last is not None and last[1].twist.linear.z < 0.0
        return upwards and arm.mode == Mode.INTERVENTION and panel(tab, "held") == "true"

    wait(commands, "the take-over")
    arm.forget_calls()


def check_hand_back(arm, wait, since):
    """Check that commands ended and control was handed back in time."""
    handed = wait(lambda: arm.find("intervene", False), "the hand-back")
    assert handed - since < HAND_BACK
    last, _ = arm.last_command
    assert last - since < HAND_BACK
    time.sleep(0.3)  # in which a command that was left standing would be repeated
    assert arm.last_command[0] == last


def test_cameras_and_state_are_shown(tab):
    size = "const i = document.querySelector('[data-camera=wrist]'); return i.naturalWidth"
    assert tab.run(size) == 128
    assert "tool 0.500, 0.000, 0.000 m" in tab.text
    assert "fake_policy" in tab.text


def test_the_arm_is_commanded_while_a_key_is_held_and_no_longer(tab, arm, wait):
    def is_steady():
        """Return whether at least 20 commands came in the last second, none of them late."""
        hold(tab, arm, wait)
        came = np.array([at for at, _ in arm.commands])
        recent = came[came > came[-1] - 1.0]
        return len(recent) >= 20 and np.ptp(recent) > 0.9 and np.diff(recent).max() < 0.15

    wait(is_steady, "a second of commands")
    released = time.monotonic()
    key(tab, "keyup", "Space")
    check_hand_back(arm, wait, released)


def test_a_pointer_holds_too_and_the_pad_moves_the_tool(tab, arm, wait):
    from selenium.webdriver.common.action_chains import ActionChains

    pad = tab.browser.find_element("css selector", ".arm-pad")

    def moves_forward():
        pointer = ActionChains(tab.browser)
        if panel(tab, "held") == "false":  # a browser that is slow lets go meanwhile
            pointer.release().move_to_element(pad).click_and_hold().move_by_offset(0, -40).perform()
        last = arm.last_command
        forward = last is not None and last[1].twist.linear.x > 0.02
        return forward and arm.mode == Mode.INTERVENTION and panel(tab, "held") == "true"

    wait(moves_forward, "a command forward")
    arm.forget_calls()
    ActionChains(tab.browser).release().perform()
    wait(lambda: arm.find("intervene", False), "the hand-back")
    assert panel(tab, "held") == "false"


@pytest.mark.parametrize("event", ["blur", "pagehide"])
def test_a_window_that_loses_the_focus_lets_go(tab, arm, wait, event):
    hold(tab, arm, wait)
    lost = time.monotonic()
    tab.run(f"window.dispatchEvent(new Event('{event}'))")
    check_hand_back(arm, wait, lost)


def test_a_tab_that_is_closed_lets_go(tab, arm, wait):
    hold(tab, arm, wait)
    closed = time.monotonic()
    tab.close()
    wait(lambda: arm.find("intervene", False), "the hand-back")
    # Closing takes the browser a while; the last sign of the hand is what counts.
    last, _ = arm.last_command
    assert arm.find("intervene", False) - last < HAND_BACK
    assert last - closed < 1.0


def test_a_lost_connection_lets_go_and_nothing_is_held_after_it(tab, arm, wait):
    tab.run(FINDS_SOCKET)
    hold(tab, arm, wait)
    before = int(panel(tab, "pictures"))
    lost = time.monotonic()
    tab.run("window.armSocket.close()")
    check_hand_back(arm, wait, lost)
    wait(lambda: panel(tab, "connected") == "true", "a new connection")
    wait(lambda: int(panel(tab, "pictures")) > before + 4, "pictures again")
    assert panel(tab, "held") == "false"


def test_a_browser_that_stands_still_lets_go_for_good(tab, arm, wait):
    hold(tab, arm, wait)
    tab.run("const end = performance.now() + 600; while (performance.now() < end);")
    handed = wait(lambda: arm.find("intervene", False), "the hand-back")
    last, _ = arm.last_command
    assert handed - last < HAND_BACK
    time.sleep(0.3)  # in which a key that is still down would command again
    assert arm.last_command[0] == last
    assert panel(tab, "held") == "false"


def test_after_a_fault_an_old_hand_takes_nothing_over(tab, arm, wait):
    hold(tab, arm, wait)
    arm.fail()
    wait(lambda: panel(tab, "mode") == "FAULT", "the fault on the page")
    wait(lambda: panel(tab, "held") == "false", "the end of the hold")
    wait(lambda: arm.find("intervene", False), "the hand-back")
    assert "press again" in tab.text
    arm.clear()
    wait(lambda: panel(tab, "mode") == "STANDBY", "the reset")
    time.sleep(0.3)  # in which a key that is still down would command
    assert arm.last_command is None
    hold(tab, arm, wait)


def test_the_view_shows_joints_setpoint_and_workspace(tab, arm, wait):
    def find_hand():
        """Return where the browser draws the hand, (4, 4) [m] base."""
        matrix = tab.run(
            """const view = getElement(document.querySelector(".arm-view"));
            const hand = view?.links?.find((link) => link.name === "fr3_hand");
            hand?.updateWorldMatrix(true, false);
            return hand?.matrixWorld.elements;"""
        )
        return np.reshape(matrix, (4, 4)).T

    def is_at(joints):
        hand, (tool, _) = find_hand(), find_tool(FR3, np.array(joints))
        reached = hand @ [0.0, 0.0, FR3.hand.tool_offset, 1.0]
        turned = np.abs(hand[:3, :3] - tool.rotation).max()
        return np.abs(reached[:3] - tool.position).max() < 1e-3 and turned < 1e-3

    wait(lambda: is_at(FR3.home), "the arm in its home position")
    before = tab.browser.find_element("css selector", ".arm-view canvas").screenshot_as_png
    arm.joints = tuple(np.add(FR3.home, (0.4, 0.1, -0.2, 0.3, 0.1, -0.2, 0.5)))
    wait(lambda: is_at(arm.joints), "the motion")
    canvas = tab.browser.find_element("css selector", ".arm-view canvas")
    wait(lambda: canvas.screenshot_as_png != before, "another picture")
    view = 'const view = getElement(document.querySelector(".arm-view"));'
    setpoint = tab.run(f"{view} return view.setpoint.position.toArray()")
    assert setpoint == pytest.approx([0.5, 0.0, 0.2])
    box = make_task("peg").config.workspace
    wait(lambda: tab.run(f"{view} return view.workspace.visible"), "the workspace")
    size = tab.run(f"{view} return view.workspace.scale.toArray()")
    assert size == pytest.approx(np.subtract(box.upper, box.lower))


def find_points(tab):
    """Return the points of each chart, by its curve's name."""
    return tab.run(
        """const charts = [...document.querySelectorAll(".arm-curves > *")];
        const series = charts.map((chart) => getElement(chart).chart.getOption().series[0]);
        return Object.fromEntries(series.map(({ name, data }) => [name, data]));"""
    )


def test_who_watches_holds_nothing(tab, arm, console, open_tab, wait):
    watcher = open_tab(console.url)
    wait(lambda: panel(watcher, "connected") == "true", "the second tab")
    key(watcher, "keydown", "Space")
    key(watcher, "keydown", "KeyR")
    time.sleep(0.4)
    assert arm.last_command is None
    assert panel(watcher, "held") == "false"
    watcher.run(
        """const socket = new WebSocket(`ws://${location.host}/arm/socket?client=guess`);
        socket.onopen = () => socket.send(JSON.stringify(
            {held: true, linear: [1, 0, 0], angular: [0, 0, 0], gripper: 0}));"""
    )
    time.sleep(0.3)
    assert arm.last_command is None
    tab.focus()


def test_buttons_ask_the_nodes(tab, arm, wait):
    tab.click("start episode")
    wait(lambda: arm.find("run", True), "the episode")
    wait(lambda: "episode: success after 12 steps" in tab.text, "its result")
    wait(lambda: find_points(tab)["success"] == [[1.0, 1.0]], "a point of the curve")
    assert find_points(tab)["intervention rate"] == [[1.0, 0.25]]
    tab.click("failure")
    wait(lambda: arm.find("label", LabelEpisode.Request.FAILURE), "the label")
    tab.click("disarm")
    wait(lambda: arm.find("arm", False), "disarming")


def test_a_learner_s_episodes_are_drawn_as_curves(tab, arm, wait):
    def is_drawn(points):
        episode, q = points[-1]
        arm.tell_learning(episode=episode, q=q, **{"latency [s]": 0.02})
        return find_points(tab)["q"] == points

    wait(lambda: is_drawn([[40.0, 0.4]]), "the first episode")
    wait(lambda: is_drawn([[40.0, 0.4], [41.0, 0.5]]), "the second")
    assert find_points(tab)["latency [s]"] == [[40.0, 0.02], [41.0, 0.02]]
    assert find_points(tab)["success"] == []


def test_the_emergency_stop_works_from_the_other_page(tab, arm, console, open_tab, wait):
    tab.run("location.href = '/'")
    wait(lambda: tab.run("return document.readyState === 'complete'"), "the swarm's page")
    wait(lambda: tab.run("return !!document.getElementById('emergency')"), "the button")
    tab.run("document.getElementById('emergency').click()")
    wait(lambda: arm.find("stop"), "the stop")
    wait(lambda: "EMERGENCY STOP of the arm" in tab.text, "what came of it")
    assert arm.mode == Mode.FAULT
    tab.run("location.href = '/arm'")
    wait(lambda: panel(tab, "mode") == "FAULT", "the fault on the page")
    tab.click("take command")
    wait(lambda: "you command" in tab.text, "command")
