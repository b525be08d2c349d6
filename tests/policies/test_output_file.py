import argparse
from pathlib import Path

import pytest

from untether_policies.errors import BundleError
from untether_policies.output_file import output_file, require_writable


@pytest.mark.parametrize("name", ["new.json", "old.json", "new/folders/figures.json"])
def test_file_that_can_be_written_is_accepted_and_not_touched(name, tmp_path):
    (tmp_path / "old.json").write_text("precious")
    assert output_file(str(tmp_path / name)) == tmp_path / name
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert (tmp_path / "old.json").read_text() == "precious"


@pytest.mark.parametrize(
    "path", ["/proc/figures.json", "/proc/new/figures.json", "file/figures.json", "n" * 300]
)
def test_place_that_takes_no_file_is_refused(path, tmp_path, refused):
    (tmp_path / "file").touch()
    with refused(BundleError, what=path, fix="path"):
        require_writable(tmp_path / path)
    with pytest.raises(argparse.ArgumentTypeError, match="expected a file that can be written"):
        output_file(str(tmp_path / path))


@pytest.mark.parametrize("path", [".", "/", "/dev/null"])
def test_what_is_no_file_is_refused(path):
    with pytest.raises(argparse.ArgumentTypeError, match="expected a file"):
        output_file(path)
    assert Path(path).exists()
