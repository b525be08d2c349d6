"""Transitions in memory: a ring that stores each observation once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from untether_training.offpolicy.batch import ArraySpec, Batch


class ReplayBuffer:
    """Keeps the newest steps, and draws batches of transitions from them.

    A step's next observation is the one in the slot after it, so pictures are stored once. The
    last observation of an episode takes a slot of its own that is never drawn.

    Args:
        observation: Arrays of an observation.
        action_size: A, the gripper's command included.
        capacity: Slots.
        seed: Of the draws.
    """

    def __init__(
        self, observation: Mapping[str, ArraySpec], action_size: int, capacity: int, seed: int
    ) -> None:
        if capacity < 2:
            raise ValueError(
                f"ReplayBuffer: expected a capacity of at least 2, got {capacity}. "
                "Fix: a transition takes two observations."
            )
        self.capacity = capacity
        self._specs = dict(observation)
        self._observation = {
            name: np.zeros((capacity, *spec.shape), spec.dtype)
            for name, spec in observation.items()
        }
        self._action = np.zeros((capacity, action_size), np.float32)
        self._reward, self._penalty, self._bootstrap = np.zeros((3, capacity), np.float32)
        self._drawable = np.zeros(capacity, dtype=bool)
        self._count = 0  # transitions that can be drawn
        self._head = 0  # slot of the newest observation
        self._used = 0  # slots that were ever written
        self._open = False  # whether an episode goes on
        self._generator = np.random.default_rng(seed)

    def __len__(self) -> int:
        """Return how many transitions can be drawn."""
        return self._count

    def begin(self, observation: Mapping[str, ArrayLike]) -> None:
        """Begin an episode; one that goes on is cut off without a termination.

        Args:
            observation: The first.

        Raises:
            ValueError: When an array does not fit or is not finite; nothing is changed then.
        """
        arrays = self._check(observation)
        self._write(arrays)
        self._open = True

    def add(
        self,
        action: ArrayLike,
        reward: float,
        next_observation: Mapping[str, ArrayLike],
        *,
        terminated: bool = False,
        truncated: bool = False,
        penalty: float = 0.0,
    ) -> None:
        """Add a step of the episode.

        Args:
            action: What was really done, (A,) [1].
            reward: For it.
            next_observation: What followed.
            terminated: Whether the task ended there, so that nothing follows.
            truncated: Whether the episode was only cut off, as by a time limit.
            penalty: Added to the reward of the gripper's critic only.

        Raises:
            ValueError: When no episode was begun, or something does not fit or is not finite;
                nothing is changed then.
        """
        if not self._open:
            raise ValueError(
                "ReplayBuffer.add: expected a step of an episode, got one after its end. "
                "Fix: call begin with the next episode's first observation."
            )
        done = np.asarray(action, np.float32)
        if done.shape != self._action.shape[1:] or not np.isfinite(done).all():
            raise ValueError(
                f"ReplayBuffer.add: expected a finite action of shape {self._action.shape[1:]}, "
                f"got {done.tolist()}. Fix: store what was sent to the robot."
            )
        if not (np.isfinite(reward) and np.isfinite(penalty)):
            raise ValueError(
                f"ReplayBuffer.add: expected a finite reward and penalty, got {reward} and "
                f"{penalty}. Fix: check the reward."
            )
        arrays = self._check(next_observation)
        slot = self._head
        self._action[slot] = done
        self._reward[slot], self._penalty[slot] = reward, penalty
        self._bootstrap[slot] = 0.0 if terminated else 1.0
        self._drawable[slot] = True
        self._count += 1
        self._write(arrays)
        self._open = not (terminated or truncated)

    def sample(self, size: int) -> Batch:
        """Draw transitions with equal probability, with replacement.

        Args:
            size: How many.

        Raises:
            ValueError: When there is none.
        """
        if not self._count:
            raise ValueError(
                "ReplayBuffer.sample: expected transitions, got none. Fix: add a step first."
            )
        slots = self._draw(size)
        following = (slots + 1) % self.capacity
        return Batch(
            self._gather(slots),
            torch.from_numpy(self._action[slots]),
            torch.from_numpy(self._reward[slots]),
            torch.from_numpy(self._penalty[slots]),
            torch.from_numpy(self._bootstrap[slots]),
            self._gather(following),
        )

    def _draw(self, size: int) -> NDArray[np.intp]:
        """Return slots of transitions; nearly all slots are, so what is none is drawn again."""
        slots = self._generator.integers(self._used, size=size)
        while len(wrong := np.flatnonzero(~self._drawable[slots])):
            slots[wrong] = self._generator.integers(self._used, size=len(wrong))
        return slots

    def _gather(self, slots: NDArray[np.intp]) -> dict[str, Tensor]:
        return {name: torch.from_numpy(array[slots]) for name, array in self._observation.items()}

    def _write(self, arrays: Mapping[str, NDArray]) -> None:
        """Write an observation into the next slot, over the oldest."""
        slot = (self._head + 1) % self.capacity if self._used else 0
        for name, array in arrays.items():
            self._observation[name][slot] = array
        self._count -= int(self._drawable[slot])
        self._drawable[slot] = False
        self._head = slot
        self._used = max(self._used, slot + 1)

    def _check(self, observation: Mapping[str, ArrayLike]) -> dict[str, NDArray]:
        """Return the arrays of an observation.

        Raises:
            ValueError: When one is missing, too many, does not fit, or is not finite.
        """
        if set(observation) != set(self._specs):
            raise ValueError(
                f"ReplayBuffer: expected the arrays {sorted(self._specs)}, got "
                f"{sorted(observation)}. Fix: store what the policy sees."
            )
        arrays = {}
        for name, spec in self._specs.items():
            array = np.asarray(observation[name])
            if array.shape != spec.shape or not np.can_cast(array.dtype, spec.dtype, "same_kind"):
                raise ValueError(
                    f"ReplayBuffer: expected {name} of shape {spec.shape} and type {spec.dtype}, "
                    f"got {array.shape} and {array.dtype}. Fix: check the environment."
                )
            if not np.isfinite(array).all():
                raise ValueError(
                    f"ReplayBuffer: expected {name} to be finite, got NaN or infinity. "
                    "Fix: check the sensor that it comes from."
                )
            arrays[name] = array
        return arrays
