"""What an actor's bundle says of the task that is learned."""

from __future__ import annotations

from dataclasses import dataclass

from untether_hardware.manipulation.action import ACTION_SIZE
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.registry import make_task
from untether_policies.contract import Contract
from untether_policies.errors import BundleError
from untether_policies.validation import validate_name

TASK, RUN, GRIPPER_PENALTY = "task", "run", "gripper_penalty"
"""Names in the contract's provenance."""


@dataclass(frozen=True)
class ActorTask:
    """What is needed to tell a learner of an episode.

    Attributes:
        run: Of the learner; an actor keeps what it has for different runs apart.
        config: Of the task.
        action_size: 7, or one less where the policy does not command the gripper.
        penalty: Given to the gripper's critic for each change of direction.
    """

    run: str
    config: ManipulationConfig
    action_size: int
    penalty: float

    @classmethod
    def read(cls, contract: Contract) -> ActorTask:
        """Return the task of an actor's bundle.

        Raises:
            BundleError: When it is another bundle.
            ValueError: When there is no such task.
        """
        known = contract.provenance
        missing = {TASK, RUN, GRIPPER_PENALTY} - set(known)
        if missing:
            raise BundleError(
                f"{contract.name}: provenance",
                expected="task, run and gripper_penalty of a learner",
                got=f"none of {', '.join(sorted(missing))}",
                fix="set policy to the folder `actor` of the learner's run",
            )
        run = str(known[RUN])
        validate_name("run", run)  # it names a folder
        config = make_task(str(known[TASK])).config
        size = ACTION_SIZE - config.gripper_fixed
        return cls(run, config, size, float(known[GRIPPER_PENALTY]))
