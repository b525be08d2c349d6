"""The console in a real browser, against a swarm that hovers and answers."""

import pytest
from untether_interfaces.action import RunSwarm
from untether_interfaces.srv import SwarmRequest

OPENS_WEBSOCKET = """
const [path, done] = arguments;
const socket = new WebSocket(`ws://${location.host}${path}`);
socket.onopen = () => done(true);
socket.onerror = () => done(false);
"""
# In one go, as the page may be replaced between two.
LOGS_IN = """
const field = document.getElementById("token");
if (field) {
  field.value = arguments[0];
  field.form.requestSubmit();
}
"""
TOKEN = "correct horse battery staple"

pytestmark = [pytest.mark.ros, pytest.mark.slow]


class Tab:
    """A tab of the browser that shows a console."""

    def __init__(self, browser, url):
        browser.switch_to.new_window("tab")
        self.browser = browser
        self._handle = browser.current_window_handle
        browser.get(url)

    def focus(self):
        self.browser.switch_to.window(self._handle)

    def close(self):
        self.focus()
        self.browser.close()
        self.browser.switch_to.window(self.browser.window_handles[0])

    def run(self, script, *arguments):
        """Run JavaScript in the tab and return its value."""
        return self.browser.execute_script(script, *arguments)

    @property
    def text(self):
        return self.run("return document.body?.innerText ?? ''")

    def find(self, selector):
        """Return the value of an attribute, or the text, of the first match."""
        return self.run("return document.querySelector(arguments[0])?.innerText", selector)

    def data(self, name):
        """Return what the live view has drawn."""
        script = "return document.querySelector('.swarm-canvas')?.dataset[arguments[0]]"
        return self.run(script, name)

    def click(self, text):
        """Press a button as a pointer does."""
        self.focus()
        path = f"//button[normalize-space(.)='{text}' or .//*[normalize-space(.)='{text}']]"
        self.browser.find_element("xpath", path).click()


@pytest.fixture(scope="module")
def console(make_console):
    return make_console()


@pytest.fixture
def open_tab(browser):
    """Open tabs, which are closed after the test."""
    made = []

    def open_one(url):
        made.append(Tab(browser, url))
        return made[-1]

    yield open_one
    for tab in made:
        tab.close()


@pytest.fixture
def tab(console, swarm, open_tab, wait):
    """A tab that shows the swarm."""
    made = open_tab(console.url)
    wait(lambda: made.data("drones") == str(len(swarm.names)), "drones in the live view")
    swarm.refusals.clear()
    swarm.take_calls()
    return made


def test_the_page_shows_drones_and_columns_and_greys_them_when_states_stop(swarm, tab, wait):
    wait(lambda: tab.data("columns") == str(swarm.columns), "columns in the live view")
    assert tab.data("stale") == "false"
    rows = wait(lambda: tab.find(".drone-table tbody"), "rows of the table")
    assert [row.split()[0] for row in rows.splitlines() if row.startswith("cf")] == swarm.names
    wait(lambda: "fake_policy" in tab.text, "the policy's name")
    swarm.tell_event("tilted by 95 degrees")
    wait(lambda: "cf1: TILT: tilted by 95 degrees" in tab.text, "the safety event")
    swarm.silent = True
    try:
        wait(lambda: tab.data("stale") == "true", "grey drones")
        wait(lambda: "NO STATES FOR" in tab.text, "the age of the states")
    finally:
        swarm.silent = False
    wait(lambda: tab.data("stale") == "false", "drones in colour")


def test_buttons_ask_the_nodes_and_tell_what_came_of_it(swarm, tab, wait):
    tab.click("take command")
    wait(lambda: "you command" in tab.text, "command")
    swarm.refusals["cf3"] = "battery empty"
    tab.click("take off")
    wait(lambda: ("takeoff", 1.0) in swarm.calls, "take-off")
    tab.click("start")
    wait(lambda: ("run", RunSwarm.Goal.RANDOM, 20.0) in swarm.calls, "start")
    wait(lambda: "4 of 4 arrived" in tab.text, "the result of the run")
    tab.click("land")
    wait(lambda: ("request", SwarmRequest.Request.LAND, ()) in swarm.calls, "landing")
    wait(lambda: "land: granted by cf1, cf2, cf4" in tab.text, "who landed")
    wait(lambda: "land: refused by cf3: battery empty" in tab.text, "who did not")
    tab.run("document.querySelector('[data-drone=cf2] .stop').click()")
    stop = ("request", SwarmRequest.Request.EMERGENCY, ("cf2",))
    wait(lambda: stop in swarm.calls, "emergency stop of one")
    tab.click("give back command")


def test_who_watches_cannot_command_but_can_stop_all(swarm, tab, console, open_tab, wait):
    tab.click("take command")
    wait(lambda: "you command" in tab.text, "command")
    watcher = open_tab(console.url)
    wait(lambda: watcher.data("drones"), "the live view of the second tab")
    wait(lambda: "tab" in watcher.text and "commands" in watcher.text, "who commands")
    watcher.run("document.querySelector('[data-drone=cf1] .land').click()")
    wait(lambda: "take command first" in watcher.text, "refusal")
    assert swarm.take_calls() == []
    watcher.run(
        "dispatchEvent(new KeyboardEvent('keydown',"
        " {code: 'Space', ctrlKey: true, shiftKey: true}))"
    )
    wait(lambda: ("emergency",) in swarm.calls, "emergency stop by key")
    swarm.take_calls()
    watcher.click("EMERGENCY")
    wait(lambda: ("emergency",) in swarm.calls, "emergency stop by button")
    told = "return document.getElementById('emergency-told').innerText"
    wait(lambda: "all 4 drones are in mode FAULT" in watcher.run(told), "outcome")


def test_without_a_graph_the_page_says_how_to_start_it_and_then_comes_alive(
    swarm, console, open_tab, wait
):
    swarm.close()
    try:
        tab = open_tab(console.url)
        wait(lambda: "Not there: states" in tab.text, "what is missing")
        assert "untether launch swarm" in tab.text
    finally:
        swarm.start()
    wait(lambda: "Not there" not in tab.text, "the graph")
    wait(lambda: tab.data("stale") == "false", "drones in colour")


def test_a_console_with_a_token_opens_only_to_who_knows_it(make_console, swarm, open_tab, wait):
    console = make_console(environment={"UNTETHER_CONSOLE_TOKEN": TOKEN})
    tab = open_tab(console.url)
    assert tab.run("return location.pathname") == "/login"

    def log_in(token):
        tab.run(LOGS_IN, token)

    log_in("wrong horse battery staple")
    wait(lambda: "not the console's token" in tab.text, "refusal")
    for path in ("/swarm/stream", "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"):
        assert tab.browser.execute_async_script(OPENS_WEBSOCKET, path) is False
    wait(lambda: _try_again(tab, log_in, wait), "login")
    wait(lambda: tab.data("drones") == "4", "drones in the live view")
    assert tab.browser.execute_async_script(OPENS_WEBSOCKET, "/swarm/stream") is True
    assert tab.run("return document.cookie") == ""  # HttpOnly
    status, duration, output = console.stop()
    assert status == 0
    assert duration < 2.0
    assert TOKEN not in output


def _try_again(tab, log_in, wait):
    """Log in with the right token, as soon as that is allowed again."""
    if tab.run("return location.pathname") == "/login" and tab.find("#token") is not None:
        log_in(TOKEN)
    return tab.run("return location.pathname") == "/"
