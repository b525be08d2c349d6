import pytest

from untether_hardware.datasets.reader import DatasetReader
from untether_training.commands.classifier import main


def test_train_and_report_say_what_came_out(write_recording, tmp_path, capsys):
    out, plot = tmp_path / "pick.npz", tmp_path / "plot.png"
    assert main(["train", str(write_recording("first")), str(out), "--steps", "60"]) == 0
    said = capsys.readouterr().out
    assert "trained on 90 frames, 30 with success" in said
    assert "30 frames of 3 other episodes" in said
    second = write_recording("second", seed=1)
    assert main(["report", str(out), str(second), "--plot", str(plot)]) == 0
    said = capsys.readouterr().out
    assert "8 of 8" in said
    assert "expected calibration error" in said
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_record_writes_what_it_says(tmp_path, capsys):
    folder = tmp_path / "recorded"
    assert main(["record", "pick", str(folder), "--episodes", "1", "--seed", "5"]) == 0
    frames = DatasetReader(folder).frame_count
    assert f"1 episodes, {frames} frames, 8 with success" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["record", "fly", "x"], ["record", "pick", "x", "--seed=-1"]]
)
def test_wrong_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "error: argument" in capsys.readouterr().err
