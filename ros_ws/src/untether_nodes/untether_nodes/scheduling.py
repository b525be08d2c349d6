"""How urgently the operating system runs this process."""

import os
from pathlib import Path

_NICENESS = -10


def set_realtime_priority(priority: int) -> str:
    """Run all threads of this process before all ordinary ones, if the user may do so.

    Without it a busy computer delays a Python process by some tens of milliseconds now and then,
    which a flying robot notices. Allow it with ``rtprio`` and ``nice`` in
    ``/etc/security/limits.conf``, or in a container with ``--cap-add SYS_NICE``.

    Args:
        priority: From 1 to 99 for ``SCHED_FIFO``; 0 leaves everything as it is.

    Returns:
        What was set, in words.
    """
    if priority <= 0:
        return "normal"
    try:
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        return _lower_niceness()
    except (OSError, AttributeError) as error:  # not Linux
        return f"normal ({error})"
    return f"SCHED_FIFO {priority}"


def _lower_niceness() -> str:
    try:
        return f"normal, nice {os.nice(_NICENESS)}"
    except OSError:
        return "normal (real-time priority is not permitted)"
