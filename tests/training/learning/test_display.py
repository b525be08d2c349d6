"""Progress where there is no terminal."""

import io

from rich.console import Console

from untether_training.learning.display import TrainingDisplay


def test_lines_tell_time_left_success_and_reward(reports):
    text = io.StringIO()
    with TrainingDisplay(Console(file=text, width=40), "training hover") as display:
        display.show(reports[-1], 0.05)
        display.show(reports[-1], 0.06)
    lines = text.getvalue().splitlines()
    assert len(lines) == 1  # not one for every iteration
    for word in ("training hover", "5 %", "1:06 left", "200 k/s", "success 50 %", "reward 0.70"):
        assert word in lines[0]


def test_bar_in_a_terminal(reports):
    text = io.StringIO()
    console = Console(file=text, width=120, force_terminal=True)
    with TrainingDisplay(console, "training hover") as display:
        display.show(reports[-1], 0.5)
    assert "training hover" in text.getvalue()
