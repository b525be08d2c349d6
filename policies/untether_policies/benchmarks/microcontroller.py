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

_MAX_FLASH = 12 * 1024  # [bytes] beside a firmware
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
        "Without a bundle: a generated attention policy of 1,800 parameters, with targets for "
        "flash and instructions; with one, the only target is agreement with ONNX Runtime.",
    )
    parser.add_argument("bundle", nargs="?", help="folder, NAME.untether or zoo name")
    parser.add_argument(
        "--level", choices=("O2", "O3", "Os"), default="O2", help="of optimisation (default O2)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the generated bundle (default 0)")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    arguments = parser.parse_args(argv)

    from untether_policies.benchmarks.report import report
    from untether_policies.c_export.cortex_m4 import measure_export
    from untether_policies.c_export.exporting import export_c

    generated = arguments.bundle is None
    bundle = _generate(arguments.seed) if generated else _load(arguments.bundle)
    found = measure_export(export_c(bundle), f"-{arguments.level}")
    return report(
        f"C export of {bundle.contract.name}, Cortex-M4F in QEMU, -{arguments.level}, "
        f"{found.ticks} recorded ticks",
        _summarise(found, has_targets=generated),
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


def _summarise(found: "Measurement", *, has_targets: bool) -> "list[Figure]":
    """Return the figures of a measurement."""
    from untether_policies.benchmarks.report import Figure
    from untether_policies.c_export.cortex_m4 import CLOCK

    flash, instructions = (_MAX_FLASH, _MAX_INSTRUCTIONS) if has_targets else (None, None)
    return [
        Figure("flash_bytes", found.flash, "B", target=flash),
        Figure("state_bytes", found.state, "B"),
        Figure("inputs_and_outputs_bytes", found.exchange, "B"),
        Figure("stack_bytes", found.stack, "B"),
        Figure("instructions_per_step", found.instructions, "1"),
        Figure("most_instructions_per_step", found.most_instructions, "1", target=instructions),
        Figure("least_time_at_168_mhz_ms", found.most_instructions / CLOCK * 1e3, "ms"),
        Figure("worst_error_of_range", found.worst, "1", target=_MAX_ERROR),
    ]
