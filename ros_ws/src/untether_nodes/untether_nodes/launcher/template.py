"""The substitution syntax of launch files: ``text $(name argument 'quoted argument')``.

The language is that of the real XML front end, quirks included: exactly one space separates
arguments, a backslash takes away the meaning of the next character, and inside a quoted argument
the other quote is plain text.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from untether_nodes.launcher.errors import LaunchError

_ESCAPE = re.compile(r"\\(.)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text, escapes already removed."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """One substitution with its arguments, each of them a template."""

    name: str
    arguments: tuple["Template", ...]


Template = tuple[Text | Call, ...]


def unescape(text: str) -> str:
    r"""Return the text with each ``\c`` replaced by ``c``."""
    return _ESCAPE.sub(r"\1", text)


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """Parse a text with substitutions.

    Args:
        text: An attribute's value.

    Returns:
        The literal texts and substitutions in order; one empty text for the empty string.

    Raises:
        LaunchError: The text is not of the language.
    """
    if not text:
        return (Text(""),)
    scanner = _Scanner(text)
    fragments = scanner.fragments(quote="")
    if scanner.position < len(text):
        raise scanner.error("text or a substitution", "check the quotes and brackets")
    return fragments


def literal(template: Template) -> str | None:
    """Return the template's text when it holds no substitution, else None."""
    if len(template) == 1 and isinstance(template[0], Text):
        return template[0].text
    return None


class _Scanner:
    """A recursive-descent reader over one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def error(self, expected: str, fix: str) -> LaunchError:
        rest = self.text[self.position : self.position + 20]
        return LaunchError(
            f"bad substitution syntax in {self.text!r}",
            expected=f"{expected} at column {self.position + 1}",
            got=repr(rest) if rest else "the end of the text",
            fix=fix,
        )

    def fragments(self, quote: str) -> Template:
        """Read texts and substitutions up to the end, or up to the closing quote."""
        found: list[Text | Call] = []
        while self.position < len(self.text):
            if self._at_call():
                found.append(self._call(quote))
                continue
            raw = self._run(stops=quote, escapable=quote, brackets=False)
            if not raw:
                break
            found.append(Text(unescape(raw)))
        return tuple(found)

    def _after_backslash(self) -> bool:
        return self.position > 0 and self.text[self.position - 1] == "\\"

    def _at_call(self) -> bool:
        return self.text.startswith("$(", self.position) and not self._after_backslash()

    def _run(self, *, stops: str, escapable: str, brackets: bool) -> str:
        """Take plain characters; ``brackets``: unescaped parentheses end the run too."""
        start = self.position
        while self.position < len(self.text):
            char = self.text[self.position]
            if char == "\\":
                following = self.text[self.position + 1 : self.position + 2]
                self.position += 2 if following and following in escapable else 1
                continue
            ends = char in stops or (brackets and char in "()" and not self._after_backslash())
            if ends or self._at_call():
                break
            self.position += 1
        return self.text[start : self.position]

    def _take(self, char: str, fix: str) -> None:
        if not self.text.startswith(char, self.position):
            raise self.error(repr(char), fix)
        self.position += len(char)

    def _call(self, quote: str) -> Call:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self.error(f"at most {_MAX_DEPTH} nested substitutions", "use <let>")
        self._take("$(", "")
        name = _NAME.match(self.text, self.position)
        if name is None:
            raise self.error("the name of a substitution", "write $(name ...) without a space")
        self.position = name.end()
        arguments: list[Template] = []
        while self.text.startswith(" ", self.position):
            self.position += 1
            arguments.append(self._argument(quote))
        self._take(")", "close it with ')', separate arguments by one space, quote spaces with ''")
        self.depth -= 1
        return Call(name.group(), tuple(arguments))

    def _argument(self, quote: str) -> Template:
        opening = self.text[self.position : self.position + 1]
        if not quote and opening in ("'", '"'):
            self.position += 1
            inside = self.fragments(quote=opening)
            self._take(opening, "close the quote")
            return inside
        stops = " " + (quote or "'\"")
        found: list[Text | Call] = []
        while self.position < len(self.text):
            if self._at_call():
                found.append(self._call(quote))
                continue
            raw = self._run(stops=stops, escapable=quote or "'\"", brackets=True)
            if not raw:
                break
            found.append(Text(unescape(raw)))
        if not found:
            raise self.error("an argument", "separate arguments by exactly one space")
        return tuple(found)
