"""What the drones answered, in words."""

from collections.abc import Sequence

from untether_nodes.console.event_log import Severity


def describe_answers(
    what: str, drones: Sequence[str], codes: Sequence[int], messages: Sequence[str]
) -> list[tuple[Severity, str]]:
    """Return lines for the log: who granted a request, and who refused it and why.

    Args:
        what: The request.
        drones: Who was asked.
        codes: The answer of each: 0 when granted.
        messages: Why each refused.
    """
    lines: list[tuple[Severity, str]] = []
    answers = list(zip(drones, codes, messages, strict=False))
    granted = [drone for drone, code, _ in answers if code == 0]
    if granted:
        lines.append((Severity.INFO, f"{what}: granted by {list_drones(granted)}"))
    refused: dict[str, list[str]] = {}
    for drone, code, message in answers:
        if code != 0:
            refused.setdefault(message or f"code {code}", []).append(drone)
    for message, names in refused.items():
        lines.append((Severity.WARNING, f"{what}: refused by {list_drones(names)}: {message}"))
    return lines or [(Severity.WARNING, f"{what}: no drone was asked")]


def list_drones(names: Sequence[str]) -> str:
    """Return the names of drones, for people."""
    return ", ".join(names) if len(names) <= 8 else f"{len(names)} drones: {', '.join(names)}"
