"""An arm's policy that explores, and tells its learner of what was really done."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from untether_interfaces.msg import ArmSetpoint

from untether_hardware.actor_learner.access import read_token, split_address
from untether_hardware.actor_learner.actor_client import ActorClient
from untether_hardware.actor_learner.record import Label, Record
from untether_hardware.actor_learner.weights import WeightsVersion
from untether_hardware.datasets.features import Commander
from untether_hardware.exploration.actor_policy import ActorPolicy, Observation
from untether_hardware.exploration.actor_task import ActorTask
from untether_hardware.exploration.episode_records import EpisodeRecords
from untether_hardware.exploration.record_sender import RecordSender
from untether_hardware.franka.description import FR3
from untether_hardware.franka.state import ArmState
from untether_hardware.franka.twist import STILL, ToolTwist
from untether_hardware.manipulation.action import make_twist
from untether_hardware.manipulation.tensors import measure_inputs
from untether_nodes.arm.conversions import to_tool_twist
from untether_nodes.arm.episode import Outcome
from untether_nodes.arm.policy_runner import ArmRunner, Pictures
from untether_nodes.conversions import to_seconds
from untether_nodes.diagnostics import Level, make_status
from untether_policies.errors import BundleError

_CLOSING_TIME = 5.0  # [s] for what is not on the disk yet at the end


class Explorer(ArmRunner):
    """Runs an actor's bundle with the learner's newest weights, and draws its actions.

    New weights are taken over between episodes. What an episode brings is on the disk within
    milliseconds, and with the learner as soon as that answers; neither is waited for.
    """

    def __init__(self, path: str, *, learner: str, token_file: str, outbox: str) -> None:
        """Load, check, warm up, and begin to look for the learner.

        Args:
            path: Of the bundle that a learner wrote for its actors.
            learner: Its address, ``HOST:PORT``.
            token_file: File with what it asks for; empty for nothing.
            outbox: Folder for what is not acknowledged; each run of a learner has a folder in it.

        Raises:
            BundleError: When bundle, address, token or outbox is not usable.
            ValueError: When the bundle is of a task that is not known.
            OSError: When the outbox cannot be written.
        """
        super().__init__(path)
        self._task = ActorTask.read(self.bundle.contract)
        split_address(learner)
        folder = Path(outbox).expanduser() / self._task.run
        self._client = client = ActorClient(folder, learner, token=read_token(token_file))
        try:
            # Who goes on after a kill must not draw again what was drawn before.
            seed = np.random.SeedSequence((client.actor.int, client.newest.sequence))
            self._policy = ActorPolicy(self.bundle, np.random.default_rng(seed))
        except BaseException:
            client.close()
            raise
        self._sender = RecordSender(client)
        self._version: WeightsVersion | None = None
        self._records: EpisodeRecords | None = None
        self._label: Label | None = None
        self._demonstrates = False
        self._episodes = 0
        self._status: DiagnosticStatus | None = None

    @property
    def closing(self) -> bool:
        """Whether an episode that is over waits for what its last action brought."""
        return self._label is not None

    def find_missing(self) -> str:
        """Return what keeps an episode from going on, for people; empty when nothing does."""
        try:
            self._client.check()
        except BundleError as error:
            return str(error)
        if self._client.latest_weights() is None:
            return "expected weights of the learner, got none yet. Fix: check that it runs"
        return self._sender.problem

    def begin(self, *, demonstrate: bool) -> None:
        """Begin an episode with the newest weights.

        Args:
            demonstrate: Whether an operator shows all of it, and the policy rests.

        Raises:
            BundleError: When those weights are of another policy.
        """
        if self._records is not None:
            self._close(self._records.abandon(self._label))
        weights = self._client.latest_weights()
        if weights is not None and weights.version != self._version:
            self._policy.load(weights.arrays)
            self._version = weights.version
        self._policy.reset()
        self.inference.clear()
        self._demonstrates = demonstrate

    def compute(self, state: ArmState, pictures: Pictures, stamp: float) -> ToolTwist:
        """Return what the policy draws, and tell the learner of the action before."""
        began = time.perf_counter()
        draw = self._policy.compute(measure_inputs(state, pictures))
        self.inference.add(time.perf_counter() - began)
        if self._records is None:
            self._records = self._make_records(state)
        self._sender.send(self._records.observe(stamp, draw.observation))
        return STILL if self._demonstrates else make_twist(draw.action, self._task.config)

    def follow(self, message: ArmSetpoint) -> None:
        """Take in what the arm is told."""
        if self._records is not None:
            known = message.source in tuple(Commander)
            commander = Commander(message.source) if known else Commander.NONE
            self._records.command(
                to_seconds(message.header.stamp), commander, to_tool_twist(message)
            )

    def finish(self, outcome: Outcome) -> None:
        """Take in how the episode ended; its last action is told with the pictures after it."""
        if self._records is None:
            return
        if outcome in (Outcome.UNKNOWN, Outcome.DISCARDED):
            self._close(self._records.abandon(Label(outcome) if outcome else None))
        else:
            self._label = Label(outcome)

    def close_episode(self, state: ArmState, pictures: Pictures, stamp: float) -> None:
        """Tell the learner of the last action of an episode that is over."""
        if self._records is not None and self._label is not None:
            seen: Observation = self._policy.compute(measure_inputs(state, pictures)).observation
            self._close(self._records.finish(self._label, stamp, seen))

    def take_status(self) -> DiagnosticStatus | None:
        """Return how the last episode went, once; None when there is none."""
        status, self._status = self._status, None
        return status

    def report(self) -> list[DiagnosticStatus]:
        """Return how the link to the learner is."""
        client = self._client
        behind = client.newest.sequence - client.acknowledged.sequence
        values: dict[str, float | int | str] = {
            "connected": str(client.connected),
            "weights": 0 if self._version is None else self._version.number,
            "records": client.newest.sequence,
            "records not acknowledged": behind,
            "records in memory": self._sender.waiting,
        }
        missing = self.find_missing()
        level, message = Level.OK, "connected"
        if missing:
            level, message = Level.ERROR, missing
        elif not client.connected:
            level, message = Level.WARN, "not connected; records are kept"
        return [make_status("learner", level, message, values)]

    def close(self) -> bool:
        """Disconnect; return whether everything is on the disk."""
        if self._records is not None:
            self._close(self._records.abandon(self._label))
        written = self._sender.close(_CLOSING_TIME)
        self._client.close()
        return written

    def _make_records(self, state: ArmState) -> EpisodeRecords:
        task = self._task
        return EpisodeRecords(
            task.config,
            action_size=task.action_size,
            penalty=task.penalty,
            closed=state.gripper_width < 0.5 * FR3.hand.max_width,
            demonstration=self._demonstrates,
        )

    def _close(self, records: list[Record]) -> None:
        """Send the last records of an episode."""
        self._sender.send(records)
        ended, label = self._records, self._label
        self._records = self._label = None
        if ended is None or label is None or self._demonstrates:
            return
        self._episodes += 1
        summary = ended.summary
        values: dict[str, float | int | str] = {
            "episode": self._episodes,
            "return": summary.total,
            "success": int(label == Label.SUCCESS),
            "intervention rate": summary.corrected / max(1, summary.steps),
            "latency [s]": self.inference.quantiles(0.5)[0],
        }
        self._status = make_status("episode", Level.OK, label.name.lower(), values)
