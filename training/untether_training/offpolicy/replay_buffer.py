"""Transitions in memory: a ring that stores each observation once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.batch import Batch


class ReplayBuffer:
    """Keeps the newest steps, and draws batches of transitions from them.

    A step's next observation is the one in the slot after it, so pictures are stored once. The
    last observation of an episode takes a slot of its own that is never drawn.

    Args:
        observation: Arrays of an observation.
        action_size: A, the gripper's command included.
        capacity: Slots.
        seed: Of the draws.
        steps: At most that many are drawn as one, with their discounted rewards.
        discount: Of rewards, per step; not needed for single steps.
    """

    def __init__(
        self,
        observation: Mapping[str, ArraySpec],
        action_size: int,
        capacity: int,
        seed: int,
        *,
        steps: int = 1,
        discount: float = 1.0,
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
        self._goes_on = np.zeros(capacity, dtype=bool)  # with the step in the next slot
        self._steps, self._discount = steps, discount
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
        goes_on: bool = False,
    ) -> None:
        """Add a step of the episode.

        Args:
            action: What was really done, (A,) [1].
            reward: For it.
            next_observation: What followed.
            terminated: Whether the task ended there, so that nothing follows.
            truncated: Whether the episode was only cut off, as by a time limit.
            penalty: Added to the reward of the gripper's critic only.
            goes_on: Whether the same commander also did the step before; only such steps are drawn
                as one, so that a correction does not speak for what it corrected.

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
        self._goes_on[slot - 1] = goes_on and self._drawable[slot - 1]
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
        last, future = slots, np.ones(size, np.float32)
        reward, penalty = self._reward[slots], self._penalty[slots]
        for _ in range(1, self._steps):
            more = self._goes_on[last]
            last = np.where(more, (last + 1) % self.capacity, last)
            future[more] *= self._discount
            weight = future * more
            reward, penalty = (
                reward + weight * self._reward[last],
                penalty + weight * self._penalty[last],
            )
        return Batch(
            self._gather(slots),
            torch.from_numpy(self._action[slots]),
            torch.from_numpy(reward),
            torch.from_numpy(penalty),
            torch.from_numpy(future * self._bootstrap[last]),
            self._gather((last + 1) % self.capacity),
        )

    def _draw(self, size: int) -> NDArray[np.intp]:
        """Return slots of transitions; nearly all slots are, so what is none is drawn again."""
        slots = self._generator.integers(self._used, size=size)
        while len(wrong := np.flatnonzero(~self._drawable[slots])):
            slots[wrong] = self._generator.integers(self._used, size=len(wrong))
        return slots

    def _gather(self, slots: NDArray[np.intp]) -> dict[str, Tensor]:
        return {
            name: torch.from_numpy(array.take(slots, axis=0))
            for name, array in self._observation.items()
        }

    def _write(self, arrays: Mapping[str, NDArray]) -> None:
        """Write an observation into the next slot, over the oldest."""
        slot = (self._head + 1) % self.capacity if self._used else 0
        for name, array in arrays.items():
            self._observation[name][slot] = array
        self._count -= int(self._drawable[slot])
        self._drawable[slot] = self._goes_on[slot] = False
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
