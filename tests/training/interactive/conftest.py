from dataclasses import replace

import pytest

from untether_training.interactive.config import (
    InteractiveConfig,
    InteractiveExportConfig,
    ManipulationChoice,
)
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


@pytest.fixture(scope="session")
def small_config():
    """The same config, for what is made once."""
    return SMALL
