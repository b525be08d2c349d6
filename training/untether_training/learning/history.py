"""What happened in each iteration, as a CSV file and a TensorBoard log."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untether_policies.folder import write_atomically
from untether_training.learning.session import IterationReport

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

COLUMNS = tuple(field.name for field in fields(IterationReport))
_GROUPS = {
    "reward": "flight",
    "success_rate": "flight",
    "crash_rate": "flight",
    "legs": "flight",
    "elapsed": "time",
    "steps": "time",
    "steps_per_second": "time",
}


class History:
    """Appends reports to a run's files; use it as a context manager.

    Args:
        path: The CSV file; rows after `iteration` are cut off.
        tensorboard: Folder of the TensorBoard log.
        iteration: Iterations that were done already, for a run that goes on.
    """

    def __init__(self, path: Path, tensorboard: Path, iteration: int = 0) -> None:
        self.reports = [r for r in read_history(path) if r.iteration <= iteration]
        """All iterations so far."""
        self._path = path
        self._tensorboard = tensorboard
        self._iteration = iteration

    def __enter__(self) -> History:
        from torch.utils.tensorboard.writer import SummaryWriter

        content = io.StringIO(newline="")
        rows = csv.writer(content)
        rows.writerow(COLUMNS)
        rows.writerows(astuple(report) for report in self.reports)
        write_atomically(self._path, content.getvalue().encode())
        self._file = self._path.open("a", newline="")
        self._rows = csv.writer(self._file)
        self._writer: SummaryWriter = SummaryWriter(
            str(self._tensorboard), purge_step=self._iteration + 1
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._writer.close()

    def append(self, report: IterationReport) -> None:
        """Add the report of an iteration."""
        self.reports.append(report)
        self._rows.writerow(astuple(report))
        self._file.flush()
        for name, value in zip(COLUMNS[1:], astuple(report)[1:], strict=True):
            group = _GROUPS.get(name, "learning")
            self._writer.add_scalar(f"{group}/{name}", value, report.iteration)


def read_history(path: Path) -> list[IterationReport]:
    """Return the reports in a CSV file; none when there is no file.

    A row that a kill cut short, and all after it, are left out.
    """
    if not path.is_file():
        return []
    reports = []
    kinds = {field.name: int if field.type == "int" else float for field in fields(IterationReport)}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            try:
                values: dict[str, Any] = {name: kind(row[name]) for name, kind in kinds.items()}
            except (TypeError, ValueError):
                break
            reports.append(IterationReport(**values))
    return reports
