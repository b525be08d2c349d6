"""What keeps the console from running."""


class ConsoleError(Exception):
    """The console cannot run; says what was expected, what was got and the fix."""
