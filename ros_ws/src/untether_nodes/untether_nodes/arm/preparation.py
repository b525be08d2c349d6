"""Asks the other nodes for what an episode waits for: disarm, reset, arm, select."""

from __future__ import annotations

from typing import Any

from rclpy.client import Client
from untether_interfaces.msg import PolicyStatus
from untether_interfaces.srv import Arm, ResetScene, SelectPolicy

from untether_nodes.arm.episode import Episode, EpisodeCode, EpisodeEnd, Phase
from untether_nodes.managed_node import ManagedNode
from untether_nodes.service_call import ServiceCall

_ANSWER_TIMEOUT = 5.0  # [s] for another node to be discovered and to answer a request
_RESET_TIME = 2.0  # [s, node clock] for a scene to be reset after the arm was disarmed


class Preparation:
    """Goes through the phases of an episode that come before its first action.

    Args:
        node: Whose clients ask.
        status: Of the policy that is selected.
    """

    def __init__(self, node: ManagedNode[Any], status: PolicyStatus) -> None:
        self._now = node.now
        self._status = status
        self._arm = node.add_client(Arm, "arm")
        self._reset = node.add_client(ResetScene, "reset_scene")
        self._select = node.add_client(SelectPolicy, "select_policy")
        self.begin(-1)

    @property
    def ready(self) -> bool:
        """Whether the safety stage can be asked."""
        return self._select.service_is_ready()

    def begin(self, seed: int) -> None:
        """Begin anew.

        Args:
            seed: Of the scene; negative draws on.
        """
        self._seed = seed
        self._call: ServiceCall | None = None
        self._began = self._now()  # when the phase did [s, node clock]

    def pursue(self, episode: Episode) -> EpisodeEnd | None:
        """Ask for what the episode waits for; return how it ended when that is refused."""
        if self._call is None:
            client, request = self._phrase(episode.phase)
            self._call = ServiceCall(client, request, _ANSWER_TIMEOUT)
        answer = self._call.poll()
        if answer is None:
            if not self._call.overdue:
                return None
            text = (
                f"expected an answer to {episode.phase.name.lower()} within "
                f"{_ANSWER_TIMEOUT:g} s, got none. Fix: check the other nodes."
            )
            return episode.abort(EpisodeCode.SAFETY_UNREACHABLE, text)
        self._call = None
        # A disarmed arm takes a moment, of its own time, until it knows that nobody commands it.
        waits = episode.phase is Phase.RESET and self._now() - self._began < _RESET_TIME
        if answer.error_code != 0 and waits:
            return None
        if answer.error_code != 0:
            return episode.refuse(answer.message)
        episode.advance()
        self._began = self._now()
        return None

    def end(self) -> None:
        """Tell the safety stage that no commands of the policy follow."""
        self._call = None
        self._select.call_async(SelectPolicy.Request(active=False, name=self._status.name))

    def _phrase(self, phase: Phase) -> tuple[Client[Any, Any], Any]:
        """Return whom to ask for what."""
        select = SelectPolicy.Request(
            active=True, name=self._status.name, contract=self._status.contract
        )
        asks: dict[Phase, tuple[Client[Any, Any], Any]] = {
            Phase.DISARM: (self._arm, Arm.Request(arm=False)),
            Phase.RESET: (self._reset, ResetScene.Request(seed=self._seed)),
            Phase.ARM: (self._arm, Arm.Request(arm=True)),
            Phase.SELECT: (self._select, select),
        }
        return asks[phase]
