"""Import a policy from mjlab (ONNX with metadata) or Unitree (deploy.yaml and ONNX) as a bundle."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from untether_policies.importers.importing import ImportReport
    from untether_policies.importers.supplement import Supplement

_REFUSED = 1


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Returns:
        0 when the bundle was written, 1 when the artefact is refused.
    """
    options = _parse(argv)

    from untether_policies.errors import BundleError
    from untether_policies.importers.importing import import_mjlab, import_unitree
    from untether_policies.terminal import open_console, print_error

    try:
        supplement = _read_supplement(options)
        if options.peer == "mjlab":
            report = import_mjlab(
                options.model, options.out, supplement, plain_terms=options.plain_terms
            )
        else:
            report = import_unitree(options.deploy, options.model, options.out, supplement)
    except BundleError as error:
        print_error(open_console(stderr=True), error)
        return _REFUSED
    _show(report, open_console())
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--out", type=Path, required=True, help="folder of the new bundle")
    common.add_argument("--robot", help="go1, go2, g1, or another with --supplement")
    common.add_argument("--name", help="the bundle's name (default: that of the folder)")
    common.add_argument("--supplement", type=Path, help="YAML file with what the artefact omits")
    common.add_argument(
        "--raw-clip", type=float, metavar="BOUND", help="clip the network's action to +-BOUND"
    )
    parser = argparse.ArgumentParser(
        prog="untether import",
        description=__doc__,
        epilog="What each artefact must say, and what to do if it does not: policies/IMPORTING.md",
    )
    peers = parser.add_subparsers(dest="peer", required=True, metavar="mjlab | unitree")
    mjlab = peers.add_parser(
        "mjlab", parents=[common], help="an ONNX file with metadata, as mjlab and rsl_rl write it"
    )
    mjlab.add_argument("model", type=Path, help="MODEL.onnx")
    mjlab.add_argument("--rate", type=float, metavar="HZ", help="control rate: mjlab omits it")
    mjlab.add_argument(
        "--plain-terms",
        action="store_true",
        help="no term has scale, clip or history (for mjlab 1.5.0 and before, which omits them)",
    )
    unitree = peers.add_parser(
        "unitree", parents=[common], help="deploy.yaml and ONNX file of unitree_rl_lab"
    )
    unitree.add_argument("deploy", type=Path, help="deploy.yaml")
    unitree.add_argument("model", type=Path, help="MODEL.onnx")
    unitree.add_argument(
        "--gains-order",
        choices=("motor", "ascending", "policy"),
        help="order of stiffness and damping when they are fewer than the motors",
    )
    return parser.parse_args(argv)


def _read_supplement(options: argparse.Namespace) -> "Supplement":
    """Return the supplement's file with the flags on top."""
    from untether_policies.importers.supplement import Supplement, load_supplement

    supplement = Supplement() if options.supplement is None else load_supplement(options.supplement)
    flags = {
        name: value
        for name in ("robot", "name", "rate", "raw_clip", "gains_order")
        if (value := getattr(options, name, None)) is not None
    }
    return replace(supplement, **flags)


def _show(report: "ImportReport", console: "Console") -> None:
    """Print what was read, what was assumed and how close the result is."""
    from rich.table import Table

    from untether_policies.terminal import print_passed

    contract, pipeline, rehearsal = report.bundle.contract, report.pipeline, report.rehearsal
    table = Table("term", "from", "values", "frames")
    for term in pipeline.terms:
        origin = ", ".join(term.inputs) or term.source.value
        table.add_row(term.name, origin, str(term.width), str(term.history))
    console.print(table)
    for assumption in pipeline.assumptions:
        console.print(f"assumed: {assumption}", soft_wrap=True)
    print_passed(
        console,
        "parity",
        f"{rehearsal.ticks} ticks, {rehearsal.resets} resets, against the original network in an "
        f"independent pipeline: greatest difference {rehearsal.worst:.1e} rad",
    )
    path = report.bundle.path
    print_passed(
        console, "bundle", f"{path}: {contract.name} for {contract.robot}, {contract.rate:g} Hz"
    )
    console.print(f"next: untether check {path}", soft_wrap=True)
