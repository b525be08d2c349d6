"""Serves the requests of Crazyswarm2 to a policy: take off, go somewhere."""

import time
from functools import partial

import numpy as np
from builtin_interfaces.msg import Duration
from crazyflie_interfaces.srv import GoTo, Takeoff
from untether_interfaces.msg import PolicyStatus
from untether_interfaces.srv import SwarmRequest

from untether_hardware.swarm.columns import Columns
from untether_nodes.managed_node import ManagedNode
from untether_nodes.service_call import ServiceCall
from untether_nodes.swarm.drones import list_drones
from untether_nodes.swarm.polled_services import PolledServices
from untether_nodes.swarm.scenario import find_goal_fault
from untether_nodes.swarm.session import Question, Rows, SwarmSession

_ANSWER_TIMEOUT = 5.0  # [s] for the safety node to be discovered and to answer a question
_NOT_READY = "expected an active policy node that knows the columns. Fix: activate it, see columns"


class Dispatcher:
    """Brings drones into the air and sends them about, asking the safety stages where it must.

    Nothing waits: requests are answered at once, and what the safety stages answer is looked for
    in ``serve``. A refusal goes to the log, as these services have no answer.

    Attributes:
        session: Who flies; None while the node is not active, so that all is refused.
        columns: The room, None before it is known.
    """

    def __init__(
        self, node: ManagedNode, names: tuple[str, ...], status: PolicyStatus, hull: float
    ) -> None:
        """Serve ``takeoff`` and ``go_to`` of all drones and of each.

        Args:
            node: Whose services and log are used.
            names: The drones, in the order of the session's rows.
            status: Name and contract of the policy.
            hull: Radius of a drone [m], which has to fit where it is sent.
        """
        self.session: SwarmSession | None = None
        self.columns: Columns | None = None
        self._node = node
        self._names = names
        self._status = status
        self._hull = hull
        self._questions: list[tuple[Question, ServiceCall]] = []
        self._safety = node.add_client(SwarmRequest, "safety/request")
        self._services = PolledServices(node)
        everyone = np.arange(len(names))
        groups = {"all": everyone}
        groups.update((name, everyone[[row]]) for row, name in enumerate(names))
        for name, rows in groups.items():
            self._services.add(Takeoff, f"{name}/takeoff", partial(self._on_takeoff, rows))
            self._services.add(GoTo, f"{name}/go_to", partial(self._on_go_to, rows))

    @property
    def connected(self) -> bool:
        """Whether the safety node is there."""
        return self._safety.service_is_ready()

    def serve(self) -> None:
        """Answer requests, and look for answers."""
        self._services.serve()
        session = self.session
        if session is None:
            return
        for question, call in list(self._questions):
            self._check_answer(session, question, call)
        late = session.check_modes(time.monotonic())
        if len(late):
            self._warn(f"{list_drones(self._names, late)}: not in mode POLICY in time, given up")

    def stop(self) -> None:
        """Give the drones that are flown back to their safety stages, and refuse all from now."""
        session, self.session = self.session, None
        self._questions.clear()
        if session is not None and session.commanded.any():
            drones = [self._names[row] for row in np.flatnonzero(session.commanded)]
            request = SwarmRequest.Request(request=SwarmRequest.Request.STOP_POLICY, drones=drones)
            self._safety.call_async(request)

    def close(self) -> None:
        """Take the services back that the node does not know."""
        self._services.close()

    def _on_takeoff(
        self, rows: Rows, request: Takeoff.Request, response: Takeoff.Response
    ) -> Takeoff.Response:
        session, columns = self.session, self.columns
        if session is None or columns is None:
            self._warn(f"takeoff refused: {_NOT_READY}")
        elif not self._hull <= request.height <= columns.room - self._hull:
            self._warn(
                f"takeoff refused: expected a height in the room of {columns.room:g} m, got "
                f"{request.height:g} m. Fix: choose another."
            )
        else:
            duration = _to_duration(request.duration)
            for question in session.take_off(rows, request.height, duration):
                self._ask(question)
        return response

    def _on_go_to(
        self, rows: Rows, request: GoTo.Request, response: GoTo.Response
    ) -> GoTo.Response:
        session, columns = self.session, self.columns
        if session is None or columns is None:
            self._warn(f"go_to refused: {_NOT_READY}")
            return response
        rows = rows[session.free[rows]]
        if len(rows) == 0:
            self._warn(
                "go_to refused: expected drones that fly and are in no run, got none. Fix: take "
                "off first, or cancel the run."
            )
            return response
        goal = np.array([request.goal.x, request.goal.y, request.goal.z])
        target = session.find_target(rows, goal, relative=request.relative)
        fault = find_goal_fault(target, columns, self._hull)
        if fault:
            self._warn(f"go_to refused: {fault}")
        else:
            session.go_to(rows, target, _to_duration(request.duration))
        return response

    def _ask(self, question: Question) -> None:
        """Ask the safety stages, and go on; the answer is looked for in ``serve``."""
        codes = SwarmRequest.Request
        request = SwarmRequest.Request(
            request=codes.START_POLICY if question.start else codes.ARM,
            drones=[self._names[row] for row in question.rows],
            policy=self._status.name if question.start else "",
            contract=self._status.contract if question.start else "",
        )
        call = ServiceCall(self._safety, request, _ANSWER_TIMEOUT)
        self._questions.append((question, call))

    def _check_answer(self, session: SwarmSession, question: Question, call: ServiceCall) -> None:
        """Look whether the safety stages have answered."""
        answer = call.poll()
        if answer is None and not call.overdue:
            return
        self._questions.remove((question, call))
        granted = np.zeros(len(question.rows), dtype=bool)
        if answer is not None:
            codes = dict(zip(answer.drones, answer.error_codes, strict=False))
            granted[:] = [codes.get(self._names[row]) == 0 for row in question.rows]
        following = session.answer(question, granted, time.monotonic())
        if following is not None:
            self._ask(following)
        refused = question.rows[~granted & ~session.commanded[question.rows]]
        if len(refused):
            messages = dict(zip(answer.drones, answer.messages, strict=False)) if answer else {}
            reason = messages.get(self._names[refused[0]], "the safety node does not answer")
            what = "START_POLICY" if question.start else "ARM"
            self._warn(f"{list_drones(self._names, refused)}: {what} refused: {reason}")

    def _warn(self, text: str) -> None:
        self._node.get_logger().warning(text)


def _to_duration(duration: Duration) -> float:
    """Return a duration [s]; one below zero is none."""
    return max(0.0, duration.sec + 1e-9 * duration.nanosec)
