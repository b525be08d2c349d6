"""What happened in each step of a training, as a CSV file and a TensorBoard log."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from untether_policies.folder import write_atomically
from untether_training.learning.report import Report

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

ReportT = TypeVar("ReportT", bound=Report)


class History(Generic[ReportT]):
    """Appends reports to a run's files; use it as a context manager.

    Args:
        kind: Of the reports.
        path: The CSV file; rows after `last` are cut off.
        tensorboard: Folder of the TensorBoard log.
        last: Number of the last report that counts, for a run that goes on; None for all.

    Attributes:
        reports: All so far.
    """

    def __init__(
        self, kind: type[ReportT], path: Path, tensorboard: Path, last: int | None = 0
    ) -> None:
        self._columns = [field.name for field in fields(kind)]
        found = read_history(kind, path)
        self.reports = [r for r in found if last is None or self._number(r) <= last]
        self._kind = kind
        self._path = path
        self._tensorboard = tensorboard

    def __enter__(self) -> History[ReportT]:
        from torch.utils.tensorboard.writer import SummaryWriter

        content = io.StringIO(newline="")
        rows = csv.writer(content)
        rows.writerow(self._columns)
        rows.writerows(astuple(report) for report in self.reports)
        write_atomically(self._path, content.getvalue().encode())
        self._file = self._path.open("a", newline="")
        self._rows = csv.writer(self._file)
        last = self._number(self.reports[-1]) if self.reports else 0
        self._writer: SummaryWriter = SummaryWriter(str(self._tensorboard), purge_step=last + 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._writer.close()

    def append(self, report: ReportT) -> None:
        """Add a report."""
        self.reports.append(report)
        self._rows.writerow(astuple(report))
        self._file.flush()
        for name, value in zip(self._columns[1:], astuple(report)[1:], strict=True):
            group = self._kind.groups.get(name, "learning")
            self._writer.add_scalar(f"{group}/{name}", value, self._number(report))

    def _number(self, report: ReportT) -> int:
        return getattr(report, self._columns[0])


def read_history(kind: type[ReportT], path: Path) -> list[ReportT]:
    """Return the reports in a CSV file; none when there is no file.

    A row that a kill cut short, and all after it, are left out.

    Args:
        kind: Of the reports.
        path: The CSV file.
    """
    if not path.is_file():
        return []
    reports = []
    types = {field.name: int if field.type == "int" else float for field in fields(kind)}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            try:
                values: dict[str, Any] = {name: of(row[name]) for name, of in types.items()}
            except (TypeError, ValueError):
                break
            reports.append(kind(**values))
    return reports
