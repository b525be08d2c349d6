"""Pack a bundle's folder into one file, to send it or to keep it."""

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str]) -> int:
    """Pack a bundle and print where the file is.

    Raises:
        BundleError: when the bundle or the place of the file is refused.
    """
    parser = argparse.ArgumentParser(
        prog="untether pack",
        description="Pack a bundle's folder into one file, which every command takes like the "
        "folder. Equal bundles give equal bytes.",
        epilog="exit status: 0 packed, 2 refused, not written or wrong arguments",
    )
    parser.add_argument("bundle", help="folder of a bundle, or name in the zoo")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(),
        help="file to write, or folder in which to write NAME.untether (default: this folder)",
    )
    arguments = parser.parse_args(argv)

    from untether_policies.bundle import pack_bundle
    from untether_policies.terminal import open_console
    from untether_policies.zoo import resolve_bundle

    archive = pack_bundle(resolve_bundle(arguments.bundle), arguments.out)
    open_console().print(f"{archive}: {archive.stat().st_size:,} bytes", soft_wrap=True)
    return 0
