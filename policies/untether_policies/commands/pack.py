"""Pack a bundle's folder into one file, to send it or to keep it."""

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str]) -> int:
    """Pack a bundle and print where the file is.

    Raises:
        BundleError: when the bundle is refused, or the file cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="untether pack",
        description="Pack a bundle's folder into one file, which every command takes like the "
        "folder. Equal bundles give equal bytes.",
        epilog="exit status: 0 packed, 2 refused, not written or wrong arguments",
    )
    parser.add_argument("bundle", help="folder of a bundle, or name in the zoo")
    parser.add_argument(
        "--out", type=Path, help="file to write (default: the bundle's name in this folder)"
    )
    arguments = parser.parse_args(argv)

    from rich.console import Console

    from untether_policies.bundle import pack_bundle
    from untether_policies.errors import BundleError
    from untether_policies.folder import ARCHIVE_SUFFIX
    from untether_policies.zoo import resolve_bundle

    folder = resolve_bundle(arguments.bundle)
    archive = arguments.out or Path(f"{folder.name}{ARCHIVE_SUFFIX}")
    try:
        pack_bundle(folder, archive)
    except OSError as error:
        raise BundleError(
            str(archive),
            expected="a place where a file can be written",
            got=error.strerror or str(error),
            fix="give another path with --out",
        ) from error
    size = archive.stat().st_size
    Console(highlight=False).print(f"{archive}: {size:,} bytes", markup=False, soft_wrap=True)
    return 0
