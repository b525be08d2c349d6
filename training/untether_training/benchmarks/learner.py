"""The off-policy learner: gradient updates per second, beside a plain torch loop."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    import numpy as np

    from untether_hardware.actor_learner.array_spec import ArraySpec
    from untether_policies.benchmarks.report import Figure
    from untether_training.offpolicy.replay_buffer import ReplayBuffer

_TARGET = 0.9  # of the plain loop's updates per second
_STEPS = 2_000  # in each replay buffer
_TWIST_SIZE = 6


def main(argv: Sequence[str]) -> int:
    """Measure the learner; exit status 0 when the target holds."""
    parser = argparse.ArgumentParser(
        prog="untether bench learner",
        description="Measure the updates per second of the arm's learner with two cameras' "
        "features, replay and half of each batch from demonstrations included, beside a plain "
        "torch loop over the same networks and batches that lie ready in memory.",
    )
    parser.add_argument("--batch", type=int, default=128, help="transitions (default 128)")
    parser.add_argument("--updates", type=int, default=20, help="of a round (default 20)")
    parser.add_argument("--rounds", type=int, default=8, help="of each, in turn (default 8)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="of all randomness (default 0)")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    arguments = parser.parse_args(argv)
    for name in ("batch", "updates", "rounds", "threads"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected at least 1, got {getattr(arguments, name)}")

    import torch

    from untether_policies.benchmarks.report import report

    torch.set_num_threads(arguments.threads)
    return report(
        f"learning: updates per second with batches of {arguments.batch}, fastest of "
        f"{arguments.rounds} rounds",
        _measure(arguments.batch, arguments.updates, arguments.rounds, arguments.seed),
        seed=arguments.seed,
        warm_up="a round of each",
        json_path=arguments.json,
    )


def _measure(batch: int, updates: int, rounds: int, seed: int) -> "list[Figure]":
    """Return both rates and their ratio."""
    from time import perf_counter

    from untether_policies.benchmarks.report import Figure

    sides = _prepare(batch, seed)
    best = dict.fromkeys(sides, 0.0)
    for number in range(rounds + 1):  # the first one warms up
        for name, update in sides.items():
            began = perf_counter()
            for _ in range(updates):
                update()
            rate = updates / (perf_counter() - began)
            if number:
                best[name] = max(best[name], rate)
    return [
        Figure("plain_loop", best["plain"], "1/s"),
        Figure("learner", best["learner"], "1/s"),
        Figure("ratio", best["learner"] / best["plain"], "1", _TARGET, at_most=False),
    ]


def _prepare(batch: int, seed: int) -> dict[str, Callable[[], object]]:
    """Return an update of each side by name."""
    import copy

    from untether_training.benchmarks.bare_update import BareUpdate
    from untether_training.conf.presets import PRESETS
    from untether_training.interactive.config import InteractiveConfig
    from untether_training.interactive.perception import list_arrays
    from untether_training.offpolicy.learner import OffPolicyLearner
    from untether_training.offpolicy.mixture import Mixture

    config = PRESETS["pick"]
    if not isinstance(config, InteractiveConfig):
        raise TypeError(f"pick: expected a training of the arm, got {type(config).__name__}")
    arrays = list_arrays(config.task.image_size)
    learner = OffPolicyLearner(arrays, _TWIST_SIZE, gripper=True, config=config.learner, seed=seed)
    mixture = Mixture(_fill(arrays, seed), _fill(arrays, seed + 1))
    networks = copy.deepcopy(learner.networks)
    batches = [mixture.sample(batch) for _ in range(8)]
    plain = BareUpdate(networks.policy, networks.critic, batches, _TWIST_SIZE)

    def learn() -> None:
        learner.update(mixture.sample(batch), actor=learner.updates % 2 == 1)

    return {"plain": plain.update, "learner": learn}


def _fill(arrays: "Mapping[str, ArraySpec]", seed: int) -> "ReplayBuffer":
    """Return a replay buffer with random episodes."""
    import numpy as np

    from untether_training.offpolicy.replay_buffer import ReplayBuffer

    generator = np.random.default_rng(seed)
    buffer = ReplayBuffer(arrays, _TWIST_SIZE + 1, _STEPS, seed)

    def observe() -> "dict[str, np.ndarray]":
        return {
            name: generator.standard_normal(array.shape, np.float32).astype(array.dtype)
            for name, array in arrays.items()
        }

    for step in range(_STEPS):
        if step % 50 == 0:
            buffer.begin(observe())
        action = generator.uniform(-1.0, 1.0, _TWIST_SIZE + 1).astype(np.float32)
        end = step % 50 == 49
        buffer.add(action, float(end), observe(), terminated=end)
    return buffer
