"""Which joints a ``deploy.yaml`` speaks of, in the policy's order and by motor."""

from collections.abc import Sequence
from dataclasses import dataclass

from untether_policies.importers.deploy_yaml import IndexSlice
from untether_policies.importers.values import read_whole, refuse


@dataclass(frozen=True)
class UnitreeJoints:
    """The joints that a ``deploy.yaml`` speaks of.

    Attributes:
        motors: Motor number of each joint, in the policy's order.
        names: Joint names, by motor number.
    """

    motors: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def bundle(self) -> tuple[str, ...]:
        """Joint names in the bundle's order, which is motor order."""
        return tuple(self.names[motor] for motor in sorted(self.motors))

    @property
    def from_policy(self) -> tuple[int, ...]:
        """For each joint of the bundle's order, its index in the policy's order."""
        return tuple(sorted(range(len(self.motors)), key=self.motors.__getitem__))

    @property
    def from_bundle(self) -> tuple[int, ...]:
        """For each joint of the policy, its index in the bundle's order."""
        ranks = {motor: rank for rank, motor in enumerate(sorted(self.motors))}
        return tuple(ranks[motor] for motor in self.motors)


def read_indices(value: object, count: int, where: str) -> tuple[int, ...]:
    """Return which of ``count`` joints a list, a slice or nothing takes; nothing takes all."""
    if value is None:
        return tuple(range(count))
    if isinstance(value, IndexSlice):
        indices = value.indices(count)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        indices = tuple(read_whole(item, where) for item in value)
    else:
        raise refuse(where, "a list of joint numbers, a slice or null", value, "correct it")
    if not indices or len(set(indices)) != len(indices) or max(indices) >= count:
        expected = f"different joint numbers from 0 to {count - 1}"
        raise refuse(where, expected, list(indices), "take files of the same run")
    return indices
