"""What is told of an episode's end is read back as it was."""

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from untether_interfaces.action import RunEpisode

from untether_hardware.datasets.errors import DatasetError
from untether_nodes.arm.episode import EpisodeCode, Outcome
from untether_nodes.arm.episode_notice import EpisodeNotice, read_notice, write_notice


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Outcome.SUCCESS, EpisodeCode.NONE), (Outcome.UNKNOWN, EpisodeCode.FAULT)],
)
def test_a_notice_is_read_as_it_was_written(outcome, code):
    result = RunEpisode.Result(
        error_code=int(code), error_msg="for people", outcome=int(outcome), steps=123456789
    )
    stamp = 1_764_100_000.123456789
    notice = read_notice(write_notice(result, stamp))
    assert notice == EpisodeNotice(notice.stamp, 123456789, outcome, int(code), "for people")
    assert notice.stamp == pytest.approx(stamp, abs=1e-6)


def test_something_else_is_refused():
    with pytest.raises(DatasetError, match="episode_end: expected one status"):
        read_notice(DiagnosticArray())
