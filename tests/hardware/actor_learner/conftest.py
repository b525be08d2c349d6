"""What the tests of actor and learner share."""

import pytest

from untether_hardware.actor_learner.journal import Journal


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal") as journal:
        yield journal
