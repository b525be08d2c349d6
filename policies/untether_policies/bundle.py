"""The policy bundle: loads, checks, writes and packs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path

from untether_policies.archive import write_archive
from untether_policies.batching import check_batching
from untether_policies.contract import Contract
from untether_policies.contract_file import dump_contract, parse_contract
from untether_policies.errors import BundleError, ContractError
from untether_policies.fixture import Fixture, check_fixture, replay
from untether_policies.fixture_file import dump_fixture, parse_fixture
from untether_policies.folder import (
    ARCHIVE_SUFFIX,
    CARD_FILE,
    CONTRACT_FILE,
    FIXTURE_FILE,
    MODEL_FILE,
    REQUIRED_FILES,
    max_bytes,
    read_files,
    write_atomically,
    write_files,
)
from untether_policies.graph import check_graph, embed_contract, read_embedded_contract
from untether_policies.output_file import require_writable

OnCheck = Callable[[str, str], None]


@dataclass(frozen=True)
class Bundle:
    """A bundle in memory, checked.

    Attributes:
        contract: what goes in and out.
        model: the bytes of ``policy.onnx``.
        fixture: the recorded rollout that the graph reproduces.
        card: the model card, Markdown.
        path: the folder or archive it was read from.
        sha256: hash of ``contract.yaml``, which lists the hashes of all other files; it
            identifies the bundle.
        pictures: the card's pictures by file name.
    """

    contract: Contract
    model: bytes = field(repr=False)
    fixture: Fixture = field(repr=False)
    card: str = field(repr=False)
    path: Path
    sha256: str
    pictures: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def load_bundle(
    path: str | Path, *, verify: bool = True, on_check: OnCheck | None = None
) -> Bundle:
    """Read a bundle and refuse it unless everything fits.

    Args:
        path: a bundle's folder or ``NAME.untether`` archive.
        verify: also run the graph: replay the fixture, and compare a batch with single robots.
            Files, hashes, contract, graph and fixture are checked against each other in any case.
        on_check: called with a check's name and result as each is passed.

    Raises:
        BundleError: saying what was expected, what was got and how to fix it.
    """
    path = Path(path)
    return _verify(read_files(path), path, verify, on_check or _ignore)


def write_bundle(
    folder: str | Path,
    contract: Contract,
    model: bytes,
    fixture: Fixture,
    card: str,
    *,
    pictures: Mapping[str, bytes] | None = None,
) -> Bundle:
    """Check a new bundle and write its folder at once; nothing is written unless everything fits.

    Args:
        folder: where; an earlier bundle there is replaced.
        contract: its ``files`` are filled in here.
        model: the bytes of the graph; the contract is embedded in its metadata here.
        fixture: see :func:`untether_policies.fixture.record_fixture`.
        card: the model card, Markdown.
        pictures: the card's pictures by file name (``.png``, ``.jpg``).

    Raises:
        BundleError: when a part does not fit the others.
    """
    folder = Path(folder)
    contract = replace(contract, files={})
    check_graph(model, contract)
    check_fixture(fixture, contract)
    files = {
        MODEL_FILE: embed_contract(model, dump_contract(contract)),
        FIXTURE_FILE: dump_fixture(fixture),
        CARD_FILE: card.encode(),
        **(pictures or {}),
    }
    for name, content in files.items():
        limit = max_bytes(name)
        if limit is None or len(content) > limit:
            raise BundleError(
                f"{folder}: {name}",
                expected="a picture named NAME.png or NAME.jpg"
                if limit is None
                else f"at most {limit} bytes",
                got=repr(name)[:120] if limit is None else f"{len(content)} bytes",
                fix="rename it" if limit is None else "make it smaller",
            )
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    text = dump_contract(replace(contract, files=hashes))
    files = {CONTRACT_FILE: text.encode(), **files}
    bundle = _verify(files, folder, True, _ignore)
    write_files(folder, files)
    return bundle


def pack_bundle(folder: str | Path, archive: str | Path) -> Path:
    """Pack a bundle's folder into one file; equal bundles give equal bytes.

    Args:
        folder: a bundle; checked first.
        archive: the file to write, ``NAME.untether``, which is replaced when it exists; or an
            existing folder, in which the file gets the bundle's name.

    Returns:
        The archive's path.

    Raises:
        BundleError: when the folder is not a sound bundle, or the archive's suffix is another, or
            it would lie inside the bundle or cannot be written.
    """
    folder, archive = Path(folder), Path(archive)
    home = folder.resolve()
    if folder.is_file():
        raise BundleError(
            str(folder), expected="a bundle's folder", got="a file", fix="copy it: it is packed"
        )
    if archive.is_dir():
        archive = archive / f"{home.name}{ARCHIVE_SUFFIX}"
    if archive.suffix != ARCHIVE_SUFFIX:
        raise BundleError(
            str(archive),
            expected=f"a file named NAME{ARCHIVE_SUFFIX}",
            got=repr(archive.name),
            fix=f"use {archive.with_suffix(ARCHIVE_SUFFIX).name!r}",
        )
    if archive.resolve().is_relative_to(home):
        raise BundleError(
            str(archive),
            expected="a file outside of the bundle's folder, which holds nothing else",
            got=f"one inside of {home}",
            fix=f"write it to {home}{ARCHIVE_SUFFIX}",
        )
    require_writable(archive)
    files = read_files(folder)
    _verify(files, folder, True, _ignore)
    write_atomically(archive, write_archive(files))
    return archive


def _verify(files: Mapping[str, bytes], path: Path, verify: bool, on_check: OnCheck) -> Bundle:
    """Check the files of a bundle against each other and return it."""
    for name in REQUIRED_FILES:
        if name not in files:
            raise _file_error(path, name, "a file of every bundle", "no such file")
    text = _decode(files[CONTRACT_FILE], CONTRACT_FILE)
    contract = parse_contract(text)
    tensors = f"{len(contract.inputs)} inputs, {len(contract.outputs)} outputs"
    on_check(
        "contract", f"schema {contract.schema_version}, {tensors}, {len(contract.carry)} carry"
    )
    _check_hashes(files, contract, path)
    on_check("files", f"{len(contract.files)} files as listed, SHA-256 equal")
    model = files[MODEL_FILE]
    check_graph(model, contract)
    on_check("graph", "whole, self-contained, finite; names, types and shapes as in the contract")
    _check_embedded(model, contract)
    on_check("metadata", "the graph carries the same contract")
    fixture = parse_fixture(files[FIXTURE_FILE], contract)
    on_check("fixture", f"{fixture.ticks} ticks")
    if verify:
        recorder = contract.provenance.get("recorded_by", "the graph")
        on_check("replay", f"{replay(model, contract, fixture)}; recorded by {recorder}")
        on_check("batch", str(check_batching(model, contract, fixture)))
    return Bundle(
        contract=contract,
        model=model,
        fixture=fixture,
        card=_decode(files[CARD_FILE], CARD_FILE),
        path=path,
        sha256=sha256(files[CONTRACT_FILE]).hexdigest(),
        pictures={name: data for name, data in files.items() if name not in REQUIRED_FILES},
    )


def _check_hashes(files: Mapping[str, bytes], contract: Contract, path: Path) -> None:
    """Compare the files with those that the contract lists."""
    for name in sorted(set(contract.files) | (set(files) - {CONTRACT_FILE})):
        if name not in files:
            raise _file_error(path, name, f"the file that {CONTRACT_FILE} lists", "no such file")
        if name not in contract.files:
            got = "a file that it does not list"
            raise _file_error(path, name, f"only files that {CONTRACT_FILE} lists", got)
        digest = sha256(files[name]).hexdigest()
        if digest != contract.files[name]:
            expected = f"SHA-256 {contract.files[name]}"
            raise _file_error(path, name, expected, f"{digest} (the file was changed)")


def _check_embedded(model: bytes, contract: Contract) -> None:
    """Compare the contract with the one inside the graph."""
    embedded = read_embedded_contract(model)
    for item in fields(Contract):
        ours, theirs = getattr(contract, item.name), getattr(embedded, item.name)
        if item.name != "files" and ours != theirs:
            expected, got = _first_difference(theirs, ours)
            raise ContractError(
                f"{CONTRACT_FILE}: {item.name}",
                expected=f"{expected}, as inside {MODEL_FILE}",
                got=got,
                fix="undo the change to contract.yaml; to change a contract, export again",
            )


def _first_difference(expected: object, got: object) -> tuple[str, str]:
    """Return the texts of the first items that differ, or of the whole."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key in sorted({*expected, *got}):
            if expected.get(key) != got.get(key):
                return f"{key}: {expected.get(key)!r}", f"{key}: {got.get(key)!r}"
    if isinstance(expected, tuple) and isinstance(got, tuple) and len(expected) == len(got):
        for first, second in zip(expected, got, strict=True):
            if first != second:
                return repr(first), repr(second)
    return repr(expected)[:400], repr(got)[:400]


def _decode(content: bytes, name: str) -> str:
    """Return a text file's text."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ContractError(
            name, expected="UTF-8 text", got=str(error)[:120], fix="save the file as UTF-8"
        ) from error


def _file_error(path: Path, name: str, expected: str, got: str) -> BundleError:
    """Return the error for a file that is missing, extra or changed."""
    fix = "copy the bundle again, or export it again; a bundle is never edited by hand"
    return BundleError(f"{path}: {name}", expected=expected, got=got, fix=fix)


def _ignore(name: str, detail: str) -> None:
    """Take no notice of a check that passed."""
