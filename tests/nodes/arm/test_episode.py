"""An episode ends for the right reason, and counts what people did."""

import pytest

from untether_hardware.safety.modes import Mode
from untether_nodes.arm.episode import Episode, EpisodeCode, Outcome, Phase


def start(mode=Mode.STANDBY, **changes):
    """Return an episode that acts."""
    episode = Episode(**{"reset": False, "max_duration": 10.0, "mode": mode, **changes})
    while not episode.acting:
        episode.advance()
    episode.change_mode(Mode.POLICY, "policy")
    return episode


def test_a_scene_is_reset_while_the_arm_is_disarmed():
    episode = Episode(reset=True, max_duration=1.0, mode=Mode.STANDBY)
    phases = []
    while not episode.acting:
        phases.append(episode.phase)
        episode.advance()
    assert phases == [Phase.DISARM, Phase.RESET, Phase.ARM, Phase.SELECT]
    assert Episode(reset=False, max_duration=1.0, mode=Mode.STANDBY).phase is Phase.SELECT


@pytest.mark.parametrize(
    ("phase", "code"),
    [(Phase.RESET, EpisodeCode.RESET_FAILED), (Phase.SELECT, EpisodeCode.NOT_ARMED)],
)
def test_a_refused_request_ends_it_with_the_reason(phase, code):
    episode = Episode(reset=True, max_duration=1.0, mode=Mode.STANDBY)
    while episode.phase is not phase:
        episode.advance()
    ending = episode.refuse("no")
    assert (ending.code, ending.text) == (code, "no")
    assert episode.phase is Phase.OVER


def test_corrections_are_counted_and_do_not_end_it():
    episode = start()
    modes = [Mode.POLICY, Mode.INTERVENTION, Mode.INTERVENTION, Mode.POLICY, Mode.INTERVENTION]
    for number, mode in enumerate(modes):
        assert episode.change_mode(mode, "") is None
        assert episode.act(0.1 * number) is None
    assert (episode.steps, episode.corrected, episode.corrections) == (5, 3, 2)


def test_the_deadline_counts_from_the_first_action():
    episode = start(max_duration=0.5)
    times = [7.0 + 0.1 * number for number in range(6)]
    endings = [episode.act(time) for time in times]
    assert endings[:5] == [None] * 5
    ending = endings[5]
    assert (ending.code, ending.outcome, ending.timed_out) == (
        EpisodeCode.NONE,
        Outcome.FAILURE,
        True,
    )
    assert episode.steps == 5
    assert episode.elapsed == pytest.approx(0.5)


def test_success_needs_an_action():
    episode = start()
    assert episode.succeed("the simulator") is None
    episode.act(0.0)
    assert episode.succeed("the simulator").outcome is Outcome.SUCCESS
    assert episode.succeed("the simulator") is None


@pytest.mark.parametrize("label", [Outcome.SUCCESS, Outcome.FAILURE, Outcome.DISCARDED])
def test_a_person_s_label_ends_it(label):
    episode = start()
    assert episode.label(label).outcome is label
    assert episode.label(label) is None


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (Mode.FAULT, EpisodeCode.FAULT),
        (Mode.IDLE, EpisodeCode.NOT_ARMED),
        (Mode.STANDBY, EpisodeCode.NOT_ARMED),
    ],
)
def test_a_mode_in_which_nobody_acts_ends_it(mode, code):
    assert start().change_mode(mode, "why").code is code


def test_handing_back_does_not_end_it():
    episode = start()
    episode.change_mode(Mode.INTERVENTION, "")
    assert episode.change_mode(Mode.STANDBY, "handed back") is None  # POLICY follows at once
    assert episode.change_mode(Mode.POLICY, "") is None
