"""Who commands: one tab at a time; all others watch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Holder:
    """A tab that commands.

    Attributes:
        client: Identifies the tab.
        name: For people, such as its address.
    """

    client: str
    name: str


class Helm:
    """Remembers who commands. The emergency stop needs no command."""

    def __init__(self) -> None:
        self.holder: Holder | None = None

    def holds(self, client: str) -> bool:
        """Return whether a tab commands."""
        return self.holder is not None and self.holder.client == client

    def take(self, client: str, name: str) -> Holder | None:
        """Give command to a tab, and return from whom it was taken."""
        before = self.holder
        self.holder = Holder(client, name)
        return before if before is not None and before.client != client else None

    def release(self, client: str) -> bool:
        """Take command from a tab; return whether it had it."""
        if not self.holds(client):
            return False
        self.holder = None
        return True
