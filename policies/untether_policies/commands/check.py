"""Check that a policy bundle is whole and does what it recorded."""

import argparse
from collections.abc import Sequence

_SOUND, _REFUSED, _NOT_FOUND = 0, 1, 2


def main(argv: Sequence[str]) -> int:
    """Check a bundle and print each check's result.

    Returns:
        0 when the bundle is sound, 1 when it is refused, 2 when there is no bundle at the path.
    """
    parser = argparse.ArgumentParser(
        prog="untether check",
        description="Check a bundle's hashes, contract, graph, recorded rollout and batch.",
        epilog="exit status: 0 sound, 1 refused, 2 no such bundle or wrong arguments",
    )
    parser.add_argument("bundle", help="folder, NAME.untether file, or name in the zoo")
    arguments = parser.parse_args(argv)

    from untether_policies.bundle import load_bundle
    from untether_policies.errors import BundleError
    from untether_policies.terminal import open_console, print_error, print_passed
    from untether_policies.zoo import resolve_bundle

    console = open_console()
    try:
        path = resolve_bundle(arguments.bundle)
    except BundleError as error:
        print_error(console, error)
        return _NOT_FOUND
    try:
        bundle = load_bundle(
            path, on_check=lambda name, detail: print_passed(console, name, detail)
        )
    except BundleError as error:
        print_error(console, error)
        console.print(f"{path}: refused", style="bold red", soft_wrap=True)
        return _REFUSED
    parity = {name: value for name, value in bundle.contract.provenance.items() if "parity" in name}
    if parity:
        print_passed(console, "parity", ", ".join(f"{name} {parity[name]}" for name in parity))
    print_passed(console, "sha256", bundle.sha256)
    console.print(f"{path}: sound", style="bold green", soft_wrap=True)
    return _SOUND
