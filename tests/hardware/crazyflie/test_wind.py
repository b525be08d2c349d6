import numpy as np
import pytest

from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.crazyflie.wind import Wind


def test_gusts_scatter_and_forget_as_configured():
    config = SimulatedCrazyflieConfig(
        wind=(0.5, 0.0, 0.0), gust=0.4, gust_time_constant=0.2, drag=(1.0, 1.0, 1.0)
    )
    wind = Wind(config)
    wind.reset(np.random.default_rng(0))
    force = np.array([wind.advance() for _ in range(40000)])
    assert force.mean(axis=0) == pytest.approx([0.5, 0.0, 0.0], abs=0.05)
    assert force.std(axis=0) == pytest.approx([0.4] * 3, rel=0.05)
    gust = force - force.mean(axis=0)
    lag = round(0.2 / config.control_period)
    correlation = (gust[lag:] * gust[:-lag]).mean(axis=0) / gust.var(axis=0)
    assert correlation == pytest.approx([np.exp(-1)] * 3, abs=0.06)


def test_no_wind_blows_by_default():
    assert not Wind(SimulatedCrazyflieConfig()).blows
