"""The config of a training with a person in the loop."""

from __future__ import annotations

from dataclasses import dataclass, field

from untether_training.manipulation.scripted_expert import ExpertSkill
from untether_training.manipulation.simulated_operator import OperatorHabits
from untether_training.offpolicy.encoder import EncoderConfig
from untether_training.offpolicy.imitation import ImitationConfig
from untether_training.offpolicy.learner import OffPolicyConfig

RLPD, IMITATION = "rlpd", "imitation"
METHODS = (RLPD, IMITATION)
SIMULATED, ROS = "simulated", "ros"
ACTORS = (SIMULATED, ROS)

# Half of what HIL-SERL has: it learns as well, a third faster on a CPU.
_ENCODER = EncoderConfig(picture_size=128)


@dataclass(frozen=True)
class ManipulationChoice:
    """Which task the arm learns.

    Attributes:
        name: As in ``untether_hardware.manipulation.registry``.
        image_size: Width and height of the pictures [px].
    """

    name: str = "pick"
    image_size: int = 128


@dataclass(frozen=True)
class DatasetChoice:
    """Which episodes a run puts into its dataset.

    Attributes:
        demonstrations: Whether those that are shown.
        corrections: Whether those that are corrected, with what the policy did in them.
    """

    demonstrations: bool = True
    corrections: bool = True


@dataclass(frozen=True)
class InteractiveExportConfig:
    """What follows the training.

    Attributes:
        name: Name of the bundle; empty for ROBOT_TASK.
        episodes: Of the evaluation.
        video: Whether a video is rendered.
        zoo: Whether the bundle also goes to `policies/zoo`.
    """

    name: str = ""
    episodes: int = 100
    video: bool = True
    zoo: bool = False


@dataclass(frozen=True)
class InteractiveConfig:
    """Everything that determines a run, but for how fast its two processes are.

    Attributes:
        task: What to do.
        method: ``"rlpd"`` learns from reward, demonstrations and corrections; ``"imitation"`` from
            the latter two only: behaviour cloning with nobody who corrects, else HG-DAgger.
        actor: ``"simulated"`` starts one with a simulated operator; ``"ros"`` waits for that of a
            robot, whose operator is a person.
        learner_address: Where actors of robots reach the learner, ``HOST:PORT``.
        token_file: File with what they have to show, needed unless they are on this computer.
        learner: How it learns from reward.
        imitation: How it imitates.
        skill: How well demonstrations and corrections are done.
        operator: When the simulated operator corrects.
        demonstrations: Successful episodes that are shown first.
        demonstrations_from: Dataset that has them, and corrections; empty for the scripted expert.
        dataset: Which episodes are recorded.
        demonstration_share: Of a batch that is drawn from demonstrations and corrections.
        batch: Transitions of an update.
        actor_interval: Updates of the critics for one of the actor.
        warm_up: Steps of experience before the first update.
        gripper_penalty: Added to the reward of the gripper's critic when it changes direction.
        capacity: Steps that are kept in memory, of experience and of demonstrations each.
        publish_interval: Updates between two sets of weights for the actor.
        checkpoint_interval: Time between checkpoints [s].
        time_limit: Training ends after this time, demonstrations included [s]; with a robot's
            actor, time without enough to learn from does not count.
        seed: Of everything random.
        export: What follows.
        threads: CPU threads of torch in each process; 0 for one a core.
        runs: Folder of all runs.
    """

    task: ManipulationChoice = field(default_factory=ManipulationChoice)
    method: str = RLPD
    actor: str = SIMULATED
    learner_address: str = "127.0.0.1:50051"
    token_file: str = ""
    learner: OffPolicyConfig = field(default_factory=lambda: OffPolicyConfig(encoder=_ENCODER))
    imitation: ImitationConfig = field(default_factory=lambda: ImitationConfig(encoder=_ENCODER))
    skill: ExpertSkill = field(default_factory=ExpertSkill)
    operator: OperatorHabits = field(default_factory=OperatorHabits)
    demonstrations: int = 20
    demonstrations_from: str = ""
    dataset: DatasetChoice = field(default_factory=DatasetChoice)
    demonstration_share: float = 0.5
    batch: int = 128
    actor_interval: int = 2
    warm_up: int = 100
    gripper_penalty: float = -0.02
    capacity: int = 60_000
    publish_interval: int = 50
    checkpoint_interval: float = 60.0
    time_limit: float = 900.0
    seed: int = 1
    export: InteractiveExportConfig = field(default_factory=InteractiveExportConfig)
    threads: int = 1
    runs: str = "runs"

    @property
    def keeps_privileged(self) -> bool:
        """Whether what only a simulator knows is kept, for the critics."""
        return self.method == RLPD and self.learner.privileged
