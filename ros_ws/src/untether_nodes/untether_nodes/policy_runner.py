"""A bundle on one robot: a state and a setpoint in, rotor thrusts out."""

import time
from pathlib import Path

from untether_interfaces.msg import PolicyStatus

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState
from untether_hardware.tensor_map import TensorMap
from untether_nodes.measurements import Measurements
from untether_policies.bundle import Bundle, load_bundle
from untether_policies.contract import Contract
from untether_policies.contract_file import dump_contract
from untether_policies.errors import BundleError
from untether_policies.policy import Policy
from untether_policies.zoo import resolve_bundle

_DEFAULT_MAX_AGE = 0.05  # [s]
_INFERENCES = 4096  # remembered for the quantiles of a goal: 40 s at 100 Hz


class PolicyRunner:
    """Loads a bundle for a robot and runs it.

    Attributes:
        bundle: What was loaded.
        inference: Times from tensors in to thrusts out [s].
        max_age: Age beyond which a state must not be used [s].
    """

    def __init__(self, path: str, description: QuadrotorDescription) -> None:
        """Load, check and warm up.

        Args:
            path: A bundle's folder or archive, or the name of a bundle in the zoo.
            description: The robot.

        Raises:
            BundleError: When the bundle is not sound, or not made for this robot.
        """
        self.bundle = bundle = load_robot_bundle(path, description)
        contract = bundle.contract
        self._policy = Policy.from_bundle(bundle)
        self._map = TensorMap(
            contract,
            self._policy.inputs,
            self._policy.outputs,
            rotor_names=description.rotor_names,
        )
        self.inference = Measurements(_INFERENCES)
        self.max_age = find_max_age(contract)

    @property
    def follows_goals(self) -> bool:
        """Whether the policy is told where to be."""
        return self._has("command/body/position")

    @property
    def follows_velocities(self) -> bool:
        """Whether the policy is told how fast its goal moves."""
        return self._has("command/body/linear_velocity")

    def reset(self) -> None:
        """Forget the past: the carry goes back to its initial value."""
        self._policy.reset()
        self.inference.clear()

    def compute(self, state: BodyState, setpoint: Setpoint) -> tuple[float, ...]:
        """Return the thrusts, (rotors,) [N], for a state and a setpoint."""
        start = time.perf_counter()
        self._map.write(state, setpoint)
        self._policy.step()
        values = self._map.read()
        self.inference.add(time.perf_counter() - start)
        return values

    def _has(self, kind: str) -> bool:
        return any(spec.kind == kind for spec in self.bundle.contract.inputs)


def load_robot_bundle(path: str, description: QuadrotorDescription) -> Bundle:
    """Load and check a bundle for a robot.

    Args:
        path: A bundle's folder or archive, or the name of a bundle in the zoo.
        description: The robot.

    Raises:
        BundleError: When the bundle is not sound, or not made for this robot.
    """
    bundle = load_bundle(find_bundle(path))
    if bundle.contract.robot != description.name:
        raise BundleError(
            f"{bundle.path}: robot",
            expected=description.name,
            got=bundle.contract.robot,
            fix="use a bundle made for this robot, or set the parameter robot",
        )
    return bundle


def describe_bundle(bundle: Bundle) -> PolicyStatus:
    """Return the status that tells what runs, of a policy that does not fly yet."""
    return PolicyStatus(
        bundle=str(bundle.path.resolve()),
        name=bundle.contract.name,
        sha256=bundle.sha256,
        contract=dump_contract(bundle.contract),
        rate=bundle.contract.rate,
    )


def find_max_age(contract: Contract) -> float:
    """Return the age beyond which a policy must not be given a state [s]."""
    ages = [spec.max_age for spec in contract.inputs if spec.max_age is not None]
    return min(ages, default=_DEFAULT_MAX_AGE)


def find_bundle(path: str) -> Path:
    """Return the path of a bundle that a parameter names.

    Args:
        path: Of a folder or archive, or the name of a bundle in the zoo.

    Raises:
        BundleError: When there is none.
    """
    if not path:
        raise BundleError(
            "parameter policy",
            expected="the path of a bundle, or the name of one in the zoo",
            got="nothing",
            fix="set policy:=PATH",
        )
    try:
        return resolve_bundle(str(Path(path).expanduser()))
    except RuntimeError:  # ~NAME of somebody who is not a user here
        return resolve_bundle(path)
