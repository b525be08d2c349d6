"""How much to believe: gains of a Kalman filter for a quantity whose measured rate has a bias."""


class BiasGains:
    """The two gains of a filter for (quantity, bias of its rate), the same for each axis.

    The quantity (angle, velocity) is integrated from a biased rate (gyroscope, accelerometer) and
    measured directly (odometry). The gains are large at first, so that a few seconds on the ground
    teach the bias, and settle where the bias may still wander.

    Args:
        measurement: standard deviation of the direct measurement [q].
        rate: noise density of the rate [q/s/sqrt(Hz)].
        wander: random walk of the bias [q/s/sqrt(s)].
        bias: standard deviation of the bias at first [q/s].
    """

    def __init__(self, measurement: float, rate: float, wander: float, bias: float) -> None:
        self._measurement = measurement * measurement
        self._rate = rate * rate
        self._wander = wander * wander
        self._quantity_variance = self._measurement
        self._covariance = 0.0
        self._bias_variance = bias * bias

    def update(self, step: float, jumped: bool) -> tuple[float, float]:
        """Return the gains for an innovation.

        Args:
            step: time since the last measurement [s].
            jumped: whether the innovation is larger than drift and noise explain; then the
                measurement is taken as it is and teaches nothing about the bias.

        Returns:
            Part of the innovation to add to the quantity [1], and to the bias [1/s] (negative).
        """
        if jumped:
            self.restart()
            return 1.0, 0.0
        variance = self._quantity_variance + step * (
            self._rate - 2.0 * self._covariance + step * self._bias_variance
        )
        covariance = self._covariance - step * self._bias_variance
        total = variance + self._measurement
        gain = variance / total
        bias_gain = covariance / total
        self._bias_variance += step * self._wander - bias_gain * covariance
        self._quantity_variance = (1.0 - gain) * variance
        self._covariance = (1.0 - gain) * covariance
        return gain, bias_gain

    def restart(self) -> None:
        """Forget the quantity: it has jumped to a single measurement. The bias is still known."""
        self._quantity_variance = self._measurement
        self._covariance = 0.0
