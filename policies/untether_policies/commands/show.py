"""Show what is inside a policy bundle, or list the zoo."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from untether_policies.bundle import Bundle
    from untether_policies.contract import Contract, TensorSpec


def main(argv: Sequence[str]) -> int:
    """Show a bundle, or list the zoo when none is named."""
    parser = argparse.ArgumentParser(
        prog="untether show",
        description="Show a bundle's tensors, limits, envelope, origin and files as tables. "
        "Without a bundle: list the zoo.",
    )
    parser.add_argument("bundle", nargs="?", help="folder, NAME.untether file, or name in the zoo")
    parser.add_argument("--card", action="store_true", help="also print the model card")
    arguments = parser.parse_args(argv)

    from rich.markdown import Markdown

    from untether_policies.bundle import load_bundle
    from untether_policies.terminal import open_console
    from untether_policies.zoo import list_zoo, resolve_bundle

    console = open_console()
    if arguments.bundle is None:
        for name, path in list_zoo().items():
            console.print(f"{name}  {path}", soft_wrap=True)
        return 0
    bundle = load_bundle(resolve_bundle(arguments.bundle), verify=False)
    _print_tables(console, bundle)
    if arguments.card:
        console.print(Markdown(bundle.card))
    return 0


def _print_tables(console: "Console", bundle: "Bundle") -> None:
    """Print everything a user may want to know before running the bundle."""
    contract = bundle.contract
    console.print(
        f"{contract.name}: for {contract.robot}, {contract.rate:g} Hz, "
        f"schema {contract.schema_version}, sha256 {bundle.sha256[:16]}",
        style="bold",
    )
    console.print(_tensor_table("inputs", contract.inputs))
    console.print(_tensor_table("outputs", contract.outputs))
    if contract.carry:
        table = _table("carry (state between ticks)", "name", "shape", "initial")
        for item in contract.carry:
            table.add_row(item.name, _shape(item.shape), _numbers(item.initial))
        console.print(table)
    if contract.envelope:
        console.print(_envelope_table(contract))
    table = _table("provenance", "what", "value")
    for name, value in contract.provenance.items():
        table.add_row(name, str(value))
    console.print(table)
    console.print(_file_table(bundle))


def _tensor_table(title: str, specs: Sequence["TensorSpec"]) -> "Table":
    """Return the table of inputs or outputs."""
    table = _table(title, "name", "kind", "elements", "unit", "frame", "age / limits")
    for spec in specs:
        if spec.lower is not None and spec.upper is not None:
            last = f"{_numbers(spec.lower)} to {_numbers(spec.upper)}"
        else:
            last = "never ages" if spec.max_age is None else f"<= {spec.max_age:g} s"
        elements = ", ".join(spec.elements) or f"grid {_shape(spec.shape)}"
        table.add_row(spec.name, spec.kind, elements, spec.unit, spec.frame, last)
    return table


def _envelope_table(contract: "Contract") -> "Table":
    """Return the table of what training saw."""
    table = _table("envelope (quantiles 0.001, 0.5, 0.999)", "input", "lower", "median", "upper")
    for name, seen in contract.envelope.items():
        spec = contract.input(name)
        rows = zip(spec.elements or ("",), seen.lower, seen.median, seen.upper, strict=True)
        for element, *values in rows:
            label = f"{name}.{element}" if element else name
            table.add_row(label, *(f"{value:.4g} {spec.unit}" for value in values))
    return table


def _file_table(bundle: "Bundle") -> "Table":
    """Return the table of files."""
    sizes = {"policy.onnx": len(bundle.model), "card.md": len(bundle.card.encode())}
    sizes |= {name: len(data) for name, data in bundle.pictures.items()}
    table = _table("files", "name", "bytes", "sha256")
    for name, digest in bundle.contract.files.items():
        size = sizes.get(name)
        table.add_row(name, f"{bundle.fixture.ticks} ticks" if size is None else str(size), digest)
    return table


def _table(title: str, *columns: str) -> "Table":
    """Return an empty table."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for index, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=index == 0)
    return table


def _shape(shape: Sequence[int]) -> str:
    """Return a shape as text."""
    return " x ".join(str(size) for size in shape)


def _numbers(values: Sequence[float]) -> str:
    """Return numbers as text, once when they are all equal and briefly when they are many."""
    if len(set(values)) == 1:
        return f"{values[0]:g}"
    shown = ", ".join(f"{value:g}" for value in values[:8])
    return shown if len(values) <= 8 else f"{shown}, ... ({len(values)})"
