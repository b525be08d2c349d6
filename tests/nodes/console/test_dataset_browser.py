"""The page of datasets in a real browser: opened, played, and edited by who commands alone."""

import pytest
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
)
from tests.hardware.datasets.conftest import FRONT, SCHEMA, WRIST, add_frames
from tests.nodes.console.test_console_browser import Tab

from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.datasets.writer import DatasetWriter

pytestmark = [pytest.mark.ros, pytest.mark.slow]

LENGTHS = (5, 4, 12, 6)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with a dataset of four episodes, and a damaged one."""
    folder = tmp_path_factory.mktemp("runs")
    with DatasetWriter.create(folder / "peg" / "demos", SCHEMA) as writer:
        for episode, length in enumerate(LENGTHS):
            add_frames(writer, episode, length, terminated=True)
            writer.finish_episode(f"task {episode}")
    damaged = folder / "broken" / "meta"
    damaged.mkdir(parents=True)
    (damaged / "info.json").write_text("{")
    return folder


@pytest.fixture(scope="module")
def console(make_console, root):
    return make_console("--datasets", str(root))


@pytest.fixture
def open_tab(browser, console, wait):
    """Open tabs on the page of datasets, which are closed after the test."""
    made = []

    def open_one():
        made.append(tab := Tab(browser, f"{console.url}/datasets"))
        wait(lambda: "peg/demos" in tab.text, "the list of datasets")
        return tab

    yield open_one
    for tab in made:
        tab.close()


@pytest.fixture
def tab(open_tab, wait):
    """A tab that shows the episodes."""
    made = open_tab()
    choose(made, "peg/demos")
    wait(lambda: rows(made), "the episodes")
    yield made
    made.focus()
    if "you command" in made.text:
        made.click("give back command")


def choose(tab, name):
    tab.run("document.querySelector(`[data-dataset='${arguments[0]}']`).click()", name)


def rows(tab):
    """Return the cells of the table of episodes."""
    script = """return [...document.querySelectorAll(".dataset-table tbody tr")]
        .map((row) => [...row.cells].map((cell) => cell.innerText))"""
    return tab.run(script)


def player(tab, name):
    """Return what the player says about itself."""
    script = "return document.querySelector('.dataset-player')?.dataset[arguments[0]]"
    return tab.run(script, name)


def fact(tab, name):
    return tab.find(f"[data-fact={name}]")


def press(tab, step):
    tab.run("document.querySelector(`[data-step=${arguments[0]}]`).click()", step)


def open_episode(tab, task, wait):
    """Press the row of an episode, and wait for its first pictures."""
    script = """[...document.querySelectorAll(".dataset-table tbody tr")]
        .find((row) => row.innerText.includes(arguments[0])).click()"""
    index = next(row[0] for row in rows(tab) if row[1] == task)
    tab.run(script, task)
    wait(lambda: player(tab, "episode") == index, "the player")
    wait(lambda: player(tab, "frame") == "0", "the first pictures")


def ask_to_delete(tab, wait):
    """Press the button that deletes, and wait for the question, which slides in."""
    tab.click("delete episode 1")
    wait(lambda: "Delete episode 1 of peg/demos for good?" in tab.text, "the question")


def answer(tab, text, wait):
    """Answer the question as soon as its buttons stand still."""

    def press_button():
        try:
            tab.click(text)
        except (ElementNotInteractableException, ElementClickInterceptedException):
            return False
        return True

    wait(press_button, "the button")
    wait(lambda: not tab.run("return !!document.querySelector('.q-dialog__backdrop')"), "its end")


def seek(tab, frame):
    tab.run(
        """const slider = document.querySelector(".dataset-slider input");
        slider.value = arguments[0]; slider.dispatchEvent(new Event("input"));""",
        frame,
    )


def pixel(tab, camera):
    """Return the blue of a corner of the picture that a camera shows."""
    script = """const image = document.querySelector(`[data-camera='${arguments[0]}']`);
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, 1, 1).data[2]"""
    return tab.run(script, camera)


def test_episodes_are_listed_with_how_they_went(tab):
    assert rows(tab)[0] == ["0", "task 0", "5", "0.5", "success", "40"]
    assert [row[2] for row in rows(tab)] == list(map(str, LENGTHS))


def test_a_damaged_dataset_is_told_with_the_reason(tab, wait):
    assert tab.find("[data-dataset=broken]").splitlines() == ["broken", "damaged"]
    choose(tab, "broken")
    wait(lambda: "restore it from a copy" in tab.text, "the reason")
    choose(tab, "peg/demos")
    wait(lambda: rows(tab), "the episodes of the other one")
    assert "restore it from a copy" not in tab.text


def test_an_episode_is_stepped_through_and_played(tab, wait):
    open_episode(tab, "task 2", wait)
    assert pixel(tab, WRIST) == pytest.approx(14, abs=4)
    assert (fact(tab, "commander"), fact(tab, "reward")) == ("policy", "0")
    press(tab, "forward")
    wait(lambda: player(tab, "frame") == "1", "the second frame")
    assert fact(tab, "commander") == "operator"
    assert "(correction)" in tab.text
    assert "dx 0.1000" in fact(tab, "action")
    seek(tab, 11)
    wait(lambda: player(tab, "frame") == "11", "the last frame")
    assert fact(tab, "reward") == "1"
    assert pixel(tab, WRIST) == pytest.approx(14 + 11, abs=4)
    assert pixel(tab, FRONT) == pytest.approx(20 + 55, abs=12)
    press(tab, "forward")
    press(tab, "back")
    wait(lambda: player(tab, "frame") == "10", "the frame before")
    press(tab, "first")
    wait(lambda: player(tab, "frame") == "0", "the first frame")
    press(tab, "play")
    wait(lambda: player(tab, "playing") == "true", "playing")
    wait(lambda: player(tab, "frame") == "11" and player(tab, "playing") == "false", "the end")
    assert not player(tab, "problem")


def test_an_episode_is_deleted_after_a_confirmation_by_who_commands(tab, open_tab, root, wait):
    folder = root / "peg" / "demos"
    other = open_tab()
    choose(other, "peg/demos")
    wait(lambda: rows(other), "the episodes in the other tab")
    open_episode(other, "task 3", wait)
    tab.focus()
    open_episode(tab, "task 1", wait)
    tab.click("delete episode 1")
    wait(lambda: "take command first" in tab.text, "the refusal")
    assert "for good" not in tab.text
    tab.click("take command")
    wait(lambda: "you command" in tab.text, "command")
    ask_to_delete(tab, wait)
    answer(tab, "keep it", wait)
    assert DatasetReader(folder).episode_count == len(LENGTHS)

    # Command is lost while the question is open.
    ask_to_delete(tab, wait)
    other.click("take command")
    wait(lambda: "you command" in other.text, "command of the other tab")
    tab.focus()
    wait(lambda: "take command first" not in tab.text, "the end of the first refusal")
    answer(tab, "delete for good", wait)
    wait(lambda: "take command first" in tab.text, "the refusal")
    assert DatasetReader(folder).episode_count == len(LENGTHS)

    tab.click("take command")
    wait(lambda: "you command" in tab.text, "command")
    ask_to_delete(tab, wait)
    answer(tab, "delete for good", wait)
    wait(lambda: len(rows(tab)) == len(LENGTHS) - 1, "the table without it")
    assert DatasetReader(folder).tasks == ["task 0", "task 2", "task 3"]
    assert not any(finding.problems for finding in check_dataset(folder))
    # The other tab showed an episode by a number that means another one now.
    other.focus()
    wait(lambda: len(rows(other)) == len(LENGTHS) - 1, "the table of the other tab")
    wait(lambda: player(other, "episode") is None, "the end of the player")
    open_episode(other, "task 3", wait)
