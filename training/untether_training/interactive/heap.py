"""Memory that a process keeps once it has it."""

import ctypes

# Of glibc's mallopt.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_KEPT = 1 << 30  # [byte]
_GROWTH = 1 << 26  # [byte]


def keep_heap() -> None:
    """Let freed memory stay with the process.

    Each update and each picture takes and frees some megabytes. Where they go back to the system,
    it maps and clears them anew each time, which costs up to a fifth of the time. Without glibc,
    nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _KEPT)
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_TOP_PAD, _GROWTH)
