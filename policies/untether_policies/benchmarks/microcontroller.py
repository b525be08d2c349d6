"""A bundle's C export on an emulated Cortex-M4F: flash, RAM, instructions, agreement."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from untether_policies.benchmarks.report import Figure
    from untether_policies.bundle import Bundle
    from untether_policies.c_export.cortex_m4 import Measurement

_MAX_FLASH = 12_000  # [bytes] beside the firmware of a Crazyflie
_MAX_INSTRUCTIONS = 50_400  # 0.30 ms at 168 MHz and one instruction per cycle
_MAX_ERROR = 1e-5  # of the range, against ONNX Runtime


def main(argv: Sequence[str]) -> int:
    """Export, compile and emulate; exit status 0 when the targets hold.

    Raises:
        BundleError: when a tool is missing, or the bundle is refused.
    """
    parser = argparse.ArgumentParser(
        prog="untether bench microcontroller",
        description="Replay a bundle's fixture with its C export in QEMU (mps2-an386, Cortex-M4F). "
        "The targets are what fits a Crazyflie: flash, instructions a step, agreement with ONNX "
        "Runtime.",
    )
    parser.add_argument(
        "bundle",
        nargs="?",
        help="folder, NAME.untether or zoo name (default: a generated attention policy of 1,800 "
        "parameters)",
    )
    parser.add_argument(
        "--level",
        choices=("Os", "O2", "O3"),
        default="Os",
        help="of optimisation (default Os, as Crazyflie's firmware)",
    )
    parser.add_argument(
        "--flash",
        type=int,
        default=_MAX_FLASH,
        metavar="BYTES",
        help="target for code and constants (default %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the generated bundle (default 0)")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    arguments = parser.parse_args(argv)

    from untether_policies.benchmarks.report import report
    from untether_policies.c_export.cortex_m4 import measure_export
    from untether_policies.c_export.exporting import export_c

    given: str | None = arguments.bundle
    bundle = _generate(arguments.seed) if given is None else _load(given)
    found = measure_export(export_c(bundle), f"-{arguments.level}")
    return report(
        f"C export of {bundle.contract.name}, Cortex-M4F in QEMU, -{arguments.level}, "
        f"{found.ticks} recorded ticks",
        _summarise(found, arguments.flash),
        seed=arguments.seed,
        warm_up="none: instructions are counted, not timed",
        json_path=arguments.json,
    )


def _generate(seed: int) -> "Bundle":
    """Return the generated attention policy."""
    from untether_policies.benchmarks.generated_attention import generate_attention_bundle

    with TemporaryDirectory() as folder:
        return generate_attention_bundle(Path(folder) / "generated_attention", seed)


def _load(name: str) -> "Bundle":
    """Return a bundle by path or name."""
    from untether_policies.bundle import load_bundle
    from untether_policies.zoo import resolve_bundle

    return load_bundle(resolve_bundle(name))


def _summarise(found: "Measurement", max_flash: int) -> "list[Figure]":
    """Return the figures of a measurement and their targets."""
    from untether_policies.benchmarks.report import Figure
    from untether_policies.c_export.cortex_m4 import CLOCK

    longest = found.most_instructions
    return [
        Figure("flash_bytes", found.flash, "B", target=max_flash),
        Figure("state_bytes", found.state, "B"),
        Figure("inputs_and_outputs_bytes", found.exchange, "B"),
        Figure("stack_bytes", found.stack, "B"),
        Figure("instructions_per_step", found.instructions, "1"),
        Figure("most_instructions_per_step", longest, "1", target=_MAX_INSTRUCTIONS),
        Figure("least_time_at_168_mhz_ms", longest / CLOCK * 1e3, "ms"),
        Figure("worst_error_of_range", found.worst, "1", target=_MAX_ERROR),
    ]
