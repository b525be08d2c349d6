"""The history file survives kills."""

import pytest

from untether_training.learning.history import History, read_history
from untether_training.learning.session import IterationReport


def test_rows_after_the_checkpoint_are_cut_off(tmp_path, reports):
    path = tmp_path / "progress.csv"
    with History(IterationReport, path, tmp_path / "log") as history:
        for report in reports:
            history.append(report)
    assert read_history(IterationReport, path) == reports
    with History(IterationReport, path, tmp_path / "log", last=3) as history:
        history.append(reports[3])
    assert read_history(IterationReport, path) == reports[:4]


def test_a_row_cut_short_by_a_kill_is_left_out(tmp_path, reports):
    path = tmp_path / "progress.csv"
    with History(IterationReport, path, tmp_path / "log") as history:
        for report in reports:
            history.append(report)
    path.write_text(path.read_text()[:-30])
    assert read_history(IterationReport, path) == reports[:-1]


def test_rows_are_kept_when_rewriting_them_fails(tmp_path, reports):
    path = tmp_path / "progress.csv"
    with History(IterationReport, path, tmp_path / "log") as history:
        for report in reports:
            history.append(report)
    history = History(IterationReport, path, tmp_path / "log", last=7)
    history.reports.append("no report")
    with pytest.raises(TypeError):
        history.__enter__()
    assert read_history(IterationReport, path) == reports


def test_no_file_is_no_history(tmp_path):
    assert read_history(IterationReport, tmp_path / "none.csv") == []
