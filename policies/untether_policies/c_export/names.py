"""Makes C identifiers out of any names: legal, unique, and free of words that C or C++ reserve."""

import re

_MAX_LENGTH = 48
# Keywords of C11 and C++20, lower-case macros of common headers and compilers, the parameters,
# the counters and the library functions of the generated code.
_WORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
    char32_t class compl concept const consteval constexpr constinit const_cast continue co_await
    co_return co_yield decltype default delete do double dynamic_cast else enum explicit export
    extern false float for friend goto if inline int int8_t int16_t int32_t int64_t long mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast
    struct switch template this thread_local throw true try typedef typeid typename typeof uint8_t
    uint16_t uint32_t uint64_t union unsigned using virtual void volatile wchar_t while xor xor_eq
    arm assert complex errno far imaginary linux main near pascal signbit stderr stdin stdout unix
    SHARED i j k l m n p q result state inputs outputs scratch scratch_integer
    atanf ceilf cosf erff fabsf floorf log1pf logf powf sinf sqrtf tanf
"""
_LIBRARY = """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
    stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time
    uchar wchar wctype
"""
_RESERVED, _HEADERS = frozenset(_WORDS.split()), frozenset(_LIBRARY.split())
_NUMBERED = re.compile(r"(part|positions)_\d+")


class Namespace:
    """Hands out identifiers, each once.

    Args:
        taken: identifiers that are in use already.
    """

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = {*taken}

    def add(self, name: str) -> str:
        """Return an identifier like ``name`` that nothing else has.

        Args:
            name: an identifier; see :func:`clean_name`.
        """
        identifier, count = name, 1
        while identifier in self._taken:
            count += 1
            identifier = f"{name}_{count}"
        self._taken.add(identifier)
        return identifier


def clean_name(name: str) -> str:
    """Return a legal identifier that resembles ``name``."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:_MAX_LENGTH].rstrip("_")
    if not text or text[0].isdigit():
        text = f"value_{text}".rstrip("_")
    if text in _RESERVED or _NUMBERED.fullmatch(text):
        text = f"{text}_"
    return text


def clean_prefix(name: str) -> str:
    """Return the stem of a bundle's files and functions, which no header of C's library has."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    if text[0].isdigit() or text.lower() in _HEADERS or text in _RESERVED:
        text = f"policy_{text}"
    return text
