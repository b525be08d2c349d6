"""Policy tick against a bare ONNX Runtime call, batch 1."""

import argparse
import gc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import TYPE_CHECKING

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from untether_policies.benchmarks.report import Figure
    from untether_policies.bundle import Bundle
    from untether_policies.policy import Policy

_TARGET = 1.3  # p50 of the policy's tick over p50 of the bare call
_BLOCK = 250  # calls between two changes of side
_WARM_UP = 2000
_TICKS = 16  # different inputs, taken in turn


def main(argv: Sequence[str]) -> int:
    """Measure both sides in alternating blocks; exit status 0 when the target holds."""
    parser = argparse.ArgumentParser(
        prog="untether bench policy-tick",
        description="Measure tensors in, step, command out against a bare io-binding call.",
    )
    parser.add_argument(
        "bundle", nargs="?", help="folder, NAME.untether or zoo name; default: first of the zoo"
    )
    parser.add_argument(
        "--generated", action="store_true", help="use a random 64-64 network with carry"
    )
    parser.add_argument("--blocks", type=int, default=200, help="blocks per side (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the generated bundle (default 0)")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    arguments = parser.parse_args(argv)
    for name, least in (("blocks", 1), ("seed", 0)):
        if getattr(arguments, name) < least:
            parser.error(f"--{name}: expected at least {least}, got {getattr(arguments, name)}")

    from untether_policies.benchmarks.report import report
    from untether_policies.policy import Policy

    bundle = _choose_bundle(arguments.bundle, arguments.generated, arguments.seed)
    policy_tick = _prepare_policy(bundle, Policy.from_bundle(bundle))
    bare, buffers = _prepare_bare(bundle)
    times = _measure(bare, policy_tick, arguments.blocks)
    del buffers
    calls = arguments.blocks * _BLOCK
    return report(
        f"policy tick, {bundle.contract.name}, batch 1, one thread, {calls} calls per side",
        _summarise(*times),
        seed=arguments.seed,
        warm_up=f"{_WARM_UP} calls of each side",
        json_path=arguments.json,
    )


def _choose_bundle(name: str | None, generated: bool, seed: int) -> "Bundle":
    """Return the bundle asked for, the first of the zoo, or a generated one."""
    from untether_policies.benchmarks.generated import generate_bundle
    from untether_policies.bundle import load_bundle
    from untether_policies.zoo import list_zoo, resolve_bundle

    if name is not None and not generated:
        return load_bundle(resolve_bundle(name))
    zoo = list_zoo()
    if zoo and not generated:
        return load_bundle(next(iter(zoo.values())))
    with TemporaryDirectory() as folder:
        return generate_bundle(Path(folder) / "generated", seed)


def _prepare_bare(bundle: "Bundle") -> "tuple[Callable[[], object], list[NDArray[np.float32]]]":
    """Return the reference: the same graph bound in the same way, and nothing around the call.

    The buffers come with it: the binding holds their addresses, not references to them.
    """
    import numpy as np

    from untether_policies.backends.session import build_session

    session = build_session(bundle.model)
    binding = session.io_binding()
    contract = bundle.contract
    arrays: list[NDArray[np.float32]] = []
    for spec in (*contract.inputs, *contract.carry):
        array = np.zeros((1, *spec.shape), np.float32)
        values = bundle.fixture.inputs.get(spec.name)
        array[0] = bundle.fixture.carry[spec.name] if values is None else values[0]
        binding.bind_input(spec.name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        arrays.append(array)
    written = {spec.name: spec.shape for spec in contract.outputs}
    written |= {carry.next_name: carry.shape for carry in contract.carry}
    for name, shape in written.items():
        array = np.zeros((1, *shape), np.float32)
        binding.bind_output(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        arrays.append(array)
    return partial(session.run_with_iobinding, binding), arrays


def _prepare_policy(bundle: "Bundle", policy: "Policy") -> Callable[[], object]:
    """Return the side under test: Python numbers in, one step, Python numbers out."""
    fixture, contract = bundle.fixture, bundle.contract
    rows = []
    for tick in range(min(_TICKS, fixture.ticks)):
        values = {name: array[tick].ravel().tolist() for name, array in fixture.inputs.items()}
        rows.append([(policy.writer(name), tuple(row)) for name, row in values.items()])
    readers = [policy.reader(spec.name) for spec in contract.outputs]
    step, ticks = policy.step, cycle(rows)

    def tick_once() -> None:
        for write, row in next(ticks):
            write(*row)
        step()
        for read in readers:
            read()

    return tick_once


def _measure(
    bare: Callable[[], object], policy: Callable[[], object], blocks: int
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Time every call of both sides [us], in blocks whose order alternates."""
    import numpy as np
    from rich.progress import Progress

    for _ in range(_WARM_UP):
        bare()
        policy()
    times: tuple[list[int], list[int]] = ([], [])
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        # Without its own thread: the bar moves between blocks only.
        with Progress(auto_refresh=False, transient=True) as progress:
            task = progress.add_task("policy tick", total=blocks)
            for block in range(blocks):
                sides = ((bare, times[0]), (policy, times[1]))
                for call, samples in sides if block % 2 else reversed(sides):
                    _time_block(call, samples)
                progress.advance(task)
                progress.refresh()
    finally:
        if collecting:
            gc.enable()
    return np.asarray(times[0]) / 1e3, np.asarray(times[1]) / 1e3


def _time_block(call: Callable[[], object], samples: list[int]) -> None:
    """Time one block of calls [ns]."""
    for _ in range(_BLOCK):
        start = perf_counter_ns()
        call()
        samples.append(perf_counter_ns() - start)


def _summarise(bare: "NDArray[np.float64]", policy: "NDArray[np.float64]") -> "list[Figure]":
    """Return the figures of both sides [us] and their ratios."""
    import numpy as np

    from untether_policies.benchmarks.report import Figure

    bare_p50, bare_p99 = np.percentile(bare, (50, 99))
    policy_p50, policy_p99 = np.percentile(policy, (50, 99))
    return [
        Figure("bare_p50_us", bare_p50, "us"),
        Figure("bare_p99_us", bare_p99, "us"),
        Figure("policy_tick_p50_us", policy_p50, "us"),
        Figure("policy_tick_p99_us", policy_p99, "us"),
        Figure("ratio_p50", policy_p50 / bare_p50, "1", target=_TARGET),
        Figure("ratio_p99", policy_p99 / bare_p99, "1"),
    ]
