"""Export a bundle as C99 for a microcontroller."""

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str]) -> int:
    """Write a bundle as C, replay its fixture with it, and print what it costs.

    Raises:
        BundleError: when the bundle is refused, cannot become C, or the C answers differently.
    """
    parser = argparse.ArgumentParser(
        prog="untether export",
        description="Write a bundle as one C99 source and one header, without memory allocation, "
        "and a self-test from its recorded rollout. With a C compiler on this computer the "
        "self-test is run at once.",
        epilog="exit status: 0 written, 2 refused or wrong arguments. "
        "How to use the files: policies/MICROCONTROLLER.md",
    )
    parser.add_argument("bundle", help="folder, NAME.untether file, or name in the zoo")
    parser.add_argument("--target", choices=("c",), default="c", help="c: C99 (the default)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    arguments = parser.parse_args(argv)

    from rich.console import Console

    from untether_policies.bundle import load_bundle
    from untether_policies.c_export.exporting import export_c, write_export
    from untether_policies.c_export.host import find_compiler, run_selftest
    from untether_policies.terminal import print_passed
    from untether_policies.zoo import resolve_bundle

    console = Console(highlight=False)
    export = export_c(load_bundle(resolve_bundle(arguments.bundle)))
    compiler = find_compiler()
    if compiler is None:
        console.print("no C compiler here: the self-test has not been run", soft_wrap=True)
    else:
        print_passed(console, "self-test", run_selftest(export, compiler).text)
    for path in write_export(export, arguments.out):
        console.print(str(path), markup=False, soft_wrap=True)
    console.print(
        f"flash: {export.weight_bytes:,} bytes of constants, and the code; RAM per robot: "
        f"{export.state_bytes:,} bytes of state, of which {export.scratch_bytes:,} are used "
        "within a step only",
        soft_wrap=True,
    )
    return 0
