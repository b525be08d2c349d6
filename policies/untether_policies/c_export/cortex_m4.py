"""Measures an export on an emulated Cortex-M4F: flash, RAM, stack, instructions per step."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from untether_policies.c_export.bare_metal import LINKER_SCRIPT, write_harness
from untether_policies.c_export.exporting import CExport, write_export
from untether_policies.c_export.host import WARNINGS
from untether_policies.c_export.refusal import ExportRefusedError

CLOCK = 168e6  # [Hz] of the STM32F405 in a Crazyflie 2.1
COMPILER, SIZE, EMULATOR = "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm"
PROCESSOR = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
_SHIFT = 7  # an instruction takes 2^7 ns of QEMU's time
_TICKS_PER_INSTRUCTION = 25e6 * 2**_SHIFT * 1e-9
_NUMBER = re.compile(r"^(\w+) (\d+)$", re.MULTILINE)
_SECONDS = 300.0


@dataclass(frozen=True)
class Measurement:
    """What an export costs.

    Attributes:
        flash: code, constants and what they need of the C library [bytes].
        state: RAM of one robot's state [bytes].
        exchange: RAM of its inputs and outputs [bytes].
        stack: deepest stack of a step, with all that it calls [bytes].
        instructions: of a step, mean over the recorded ticks.
        most_instructions: of the longest step.
        worst: greatest difference from ONNX Runtime, as a fraction of the range.
        ticks: how many steps were run.
    """

    flash: int
    state: int
    exchange: int
    stack: int
    instructions: float
    most_instructions: float
    worst: float
    ticks: int


def find_missing_tools() -> list[str]:
    """Return the programs that a measurement needs and this computer lacks."""
    return [name for name in (COMPILER, SIZE, EMULATOR) if shutil.which(name) is None]


def measure_export(export: CExport, optimisation: str = "-Os") -> Measurement:
    """Compile an export for a Cortex-M4F and replay its fixture in QEMU.

    QEMU counts instructions and knows neither wait states nor the cycles that each takes: the
    figures repeat exactly, and are a lower bound for the cycles of a real processor.

    Args:
        export: the bundle as C.
        optimisation: the compiler's level; the default is that of Crazyflie's firmware.

    Raises:
        ExportRefusedError: when a tool is missing, or the export does not compile or run.
    """
    missing = find_missing_tools()
    if missing:
        raise ExportRefusedError(
            "measurement",
            expected=f"{COMPILER} and {EMULATOR}",
            got=f"no {' and no '.join(missing)} on this computer",
            fix="apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm",
        )
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_export(export, folder)
        flash = _measure_flash(export.prefix, folder, optimisation)
        numbers = _run(_build(export.prefix, folder, optimisation), folder)
    (worst,) = struct.unpack("<f", struct.pack("<I", numbers["worst"]))
    return Measurement(
        flash=flash,
        state=numbers["state"],
        exchange=numbers["inputs"] + numbers["outputs"],
        stack=numbers["stack"],
        instructions=numbers["total"] / numbers["calls"] / _TICKS_PER_INSTRUCTION,
        most_instructions=numbers["most"] / _TICKS_PER_INSTRUCTION,
        worst=worst,
        ticks=numbers["calls"],
    )


def _measure_flash(prefix: str, folder: Path, optimisation: str) -> int:
    """Return what the policy and its part of the C library occupy [bytes]."""
    roots = (f"-Wl,-e,{prefix}_step", f"-Wl,-u,{prefix}_step", f"-Wl,-u,{prefix}_reset")
    command = [
        *(COMPILER, *PROCESSOR, *WARNINGS, "-Werror", optimisation),
        *("-ffunction-sections", "-fdata-sections", "-nostartfiles", "-Wl,--gc-sections"),
        *(*roots, f"{prefix}.c", "-lm", "-o", "policy.elf"),
    ]
    _call(command, folder)
    text, data = _call([SIZE, "policy.elf"], folder).splitlines()[1].split()[:2]
    return int(text) + int(data)


def _build(prefix: str, folder: Path, optimisation: str) -> str:
    """Compile the self-test with the harness around it; returns the program's name."""
    (folder / "board.ld").write_text(LINKER_SCRIPT)
    (folder / "harness.c").write_text(write_harness(prefix))
    command = [
        *(COMPILER, *PROCESSOR, "-std=c99", optimisation, f"-D{prefix.upper()}_NO_MAIN"),
        *("-nostartfiles", "-T", "board.ld", f"-Wl,--wrap={prefix}_step"),
        *("harness.c", f"{prefix}.c", f"{prefix}_selftest.c", "-lm", "-o", "board.elf"),
    ]
    _call(command, folder)
    return "board.elf"


def _run(program: str, folder: Path) -> dict[str, int]:
    """Run a program on the emulated board and return the numbers that it prints."""
    command = [
        *(EMULATOR, "-M", "mps2-an386", "-display", "none", "-monitor", "none"),
        *("-serial", "none", "-icount", f"shift={_SHIFT},align=off,sleep=off"),
        *("-semihosting-config", "enable=on,target=native", "-kernel", program),
    ]
    text = _call(command, folder)
    return {name: int(number) for name, number in _NUMBER.findall(text)}


def _call(command: list[str], folder: Path) -> str:
    """Run a command and return what it printed.

    Raises:
        ExportRefusedError: when it fails.
    """
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.SubprocessError as error:
        printed = getattr(error, "stderr", None) or str(error)
        raise ExportRefusedError(
            f"measurement: {command[0]}",
            expected="a program that compiles and runs",
            got=" ".join(str(printed).split())[:400],
            fix="report it with the bundle",
        ) from error
    return result.stdout + result.stderr
