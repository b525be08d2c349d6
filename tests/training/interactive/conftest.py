from dataclasses import replace

import pytest

from untether_training.interactive.config import (
    InteractiveConfig,
    InteractiveExportConfig,
    ManipulationChoice,
)
from untether_training.interactive.session import InteractiveSession
from untether_training.offpolicy.encoder import EncoderConfig
from untether_training.offpolicy.learner import OffPolicyConfig

SMALL = InteractiveConfig(
    task=ManipulationChoice("pick", image_size=32),
    learner=OffPolicyConfig(hidden=(8,), encoder=EncoderConfig(2, 4, 4)),
    export=InteractiveExportConfig(episodes=1, video=False),
    demonstrations=1,
    batch=16,
    warm_up=20,
    publish_interval=5,
    time_limit=1e6,
)


@pytest.fixture
def config():
    """Return a config with small pictures and networks."""
    return replace(SMALL)


@pytest.fixture
def short_runs(monkeypatch):
    """End a run once it has learned something and acted for an episode."""
    done = property(lambda session: float(session.updates > 0 and session.episodes > 0))
    monkeypatch.setattr(InteractiveSession, "progress", done)


@pytest.fixture(scope="session")
def small_config():
    """The same config, for what is made once."""
    return SMALL
