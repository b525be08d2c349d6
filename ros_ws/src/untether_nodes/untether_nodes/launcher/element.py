"""An XML launch file as a tree of elements that know their file and line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from untether_nodes.launcher.errors import LaunchError

_DEEPEST = 50
"""Elements inside each other, at most."""


@dataclass(frozen=True, slots=True)
class Element:
    """One XML element.

    Attributes:
        tag: Its name.
        attributes: Attribute texts by name, as written (entities resolved).
        children: Nested elements in document order.
        file: The launch file that it stands in.
        line: The line of its opening bracket, from 1.
    """

    tag: str
    attributes: Mapping[str, str]
    children: tuple["Element", ...]
    file: Path
    line: int

    @property
    def where(self) -> str:
        """``file:line`` for messages."""
        return f"{self.file}:{self.line}"

    def named(self, tag: str) -> tuple["Element", ...]:
        """Return the children with this tag."""
        return tuple(child for child in self.children if child.tag == tag)

    @contextmanager
    def locating(self, attribute: str | None = None) -> Iterator[None]:
        """Give errors raised inside this element's place, and the attribute's name."""
        try:
            yield
        except LaunchError as error:
            inside = f"<{self.tag} {attribute}>" if attribute else f"<{self.tag}>"
            raise error.located(f"{self.where}: {inside}") from error


@dataclass(slots=True)
class _Open:
    """An element whose closing tag has not been read yet."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)


class _Reader:
    """Collects elements from an expat parser."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.stack = [_Open("", {}, 0)]

    def read(self, data: bytes) -> Element:
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            raise LaunchError(
                "this is not well-formed XML",
                expected="an XML document with the root <launch>",
                got=expat.errors.messages[error.code],
                fix=f"correct the file at column {error.offset + 1}",
                where=f"{self.file}:{error.lineno}",
            ) from error
        except (LookupError, ValueError) as error:  # of Python's codecs
            raise LaunchError(
                "the encoding of this file cannot be read",
                expected="utf-8, utf-16, or one with a byte for each character",
                got=str(error),
                fix='save it as UTF-8 and write <?xml version="1.0" encoding="utf-8"?>',
                where=f"{self.file}:{self.parser.CurrentLineNumber}",
            ) from error
        return self.stack[0].children[0]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        if len(self.stack) > _DEEPEST:
            raise LaunchError(
                f"<{tag}> lies too deep",
                expected=f"at most {_DEEPEST} elements inside each other",
                got="more",
                fix="move what is inside to a file of its own and include it",
                where=f"{self.file}:{line}",
            )
        self.stack.append(_Open(tag, attributes, line))

    def _end(self, _tag: str) -> None:
        done = self.stack.pop()
        element = Element(done.tag, done.attributes, tuple(done.children), self.file, done.line)
        self.stack[-1].children.append(element)

    def _text(self, text: str) -> None:
        if text.strip():
            raise LaunchError(
                f"text between the tags of <{self.stack[-1].tag}> means nothing",
                expected="elements and comments only",
                got=repr(text.strip()[:40]),
                fix="put it into an attribute or into <!-- a comment -->",
                where=f"{self.file}:{self.parser.CurrentLineNumber}",
            )

    def _doctype(self, name: str, *_rest: object) -> None:
        raise LaunchError(
            "document type declarations are refused",
            expected="no <!DOCTYPE>",
            got=f"<!DOCTYPE {name}>",
            fix="remove it; launch files need no entities",
            where=f"{self.file}:{self.parser.CurrentLineNumber}",
        )


def read_element(file: Path) -> Element:
    """Read an XML file.

    Args:
        file: Path of the file.

    Returns:
        The root element.

    Raises:
        LaunchError: The file cannot be read or is not well-formed XML.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise LaunchError(
            f"cannot read the launch file {file}",
            expected="a readable XML launch file",
            got=error.strerror or str(error),
            fix="check the path",
        ) from error
    return _Reader(file).read(data)
