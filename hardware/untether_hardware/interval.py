"""The Wilson score interval of a success rate."""

import math

Z_95 = 1.959963984540054  # the two-sided 95 % quantile of the normal distribution


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Return the confidence interval of a probability, given how often something succeeded.

    Unlike the normal approximation it stays inside 0..1 and says something useful when all or
    none of the trials succeed, which is where policies should be.

    Args:
        successes: How many trials succeeded.
        trials: How many trials there were, at least one.
        z: Quantile of the normal distribution; the default gives 95 %.

    Returns:
        Lower and upper end, each in 0..1.

    Raises:
        ValueError: When there are no trials or more successes than trials.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927).
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(
            f"expected 0 <= successes <= trials and trials >= 1, got {successes} of {trials}; "
            "count the trials first"
        )
    rate = successes / trials
    square = z * z
    centre = rate + square / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    lower = 0.0 if successes == 0 else (centre - spread) / scale
    upper = 1.0 if successes == trials else (centre + spread) / scale
    return lower, upper
