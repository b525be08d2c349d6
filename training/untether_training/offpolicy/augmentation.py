"""Random shifts of pictures (DrQ: Kostrikov et al. 2020, 2004.13649)."""

from __future__ import annotations

import torch
from torch import Tensor


def shift_randomly(pictures: Tensor, generator: torch.Generator, pad: int) -> Tensor:
    """Move each picture by whole pixels, up to `pad` along both axes; its border is repeated.

    Args:
        pictures: (N, H, W, C), of any type.
        generator: Of the shifts.
        pad: Largest shift [pixel].

    Returns:
        (N, H, W, C); what is at (y, x) was at (y, x) plus the picture's shift.
    """
    count, height, width, _ = pictures.shape
    shift = torch.randint(-pad, pad + 1, (2, count, 1), generator=generator)
    rows = (torch.arange(height) + shift[0]).clamp_(0, height - 1)  # (N, H)
    columns = (torch.arange(width) + shift[1]).clamp_(0, width - 1)  # (N, W)
    each = torch.arange(count)[:, None, None]
    return pictures[each, rows[:, :, None], columns[:, None, :]]
