"""One operator of a graph, with typed access to its attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import onnx
from onnx import helper

from untether_policies.c_export.refusal import refuse_operator


@dataclass(frozen=True)
class Node:
    """An operator.

    Attributes:
        operator: its ONNX name, e.g. ``"MatMul"``.
        inputs: names of the values that it reads; empty for an optional one that is absent.
        outputs: names of the values that it makes.
        opset: the version of ONNX's operators, which decides what the attributes mean.
        attributes: by name.
    """

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    opset: int
    attributes: Mapping[str, onnx.AttributeProto] = field(default_factory=dict, repr=False)

    @classmethod
    def from_proto(cls, proto: onnx.NodeProto, opset: int) -> "Node":
        """Return the operator that a graph stores."""
        attributes = {attribute.name: attribute for attribute in proto.attribute}
        return cls(proto.op_type, tuple(proto.input), tuple(proto.output), opset, attributes)

    def to_proto(self) -> onnx.NodeProto:
        """Return the operator as ONNX stores it."""
        proto = helper.make_node(self.operator, self.inputs, self.outputs)
        proto.attribute.extend(self.attributes.values())
        return proto

    def integer(self, name: str, default: int) -> int:
        """Return a whole-number attribute."""
        return int(self.attributes[name].i) if name in self.attributes else default

    def integers(self, name: str) -> list[int] | None:
        """Return an attribute that is a list of whole numbers, or None when it is absent."""
        return [int(i) for i in self.attributes[name].ints] if name in self.attributes else None

    def number(self, name: str, default: float) -> float:
        """Return a float attribute."""
        return float(self.attributes[name].f) if name in self.attributes else default

    def text(self, name: str, default: str) -> str:
        """Return a text attribute."""
        return self.attributes[name].s.decode() if name in self.attributes else default

    def has_input(self, index: int) -> bool:
        """Return whether the optional input ``index`` is there."""
        return index < len(self.inputs) and self.inputs[index] != ""

    def require(self, allowed: Sequence[str]) -> None:
        """Refuse attributes that are not among ``allowed``.

        Raises:
            ExportRefusedError: naming the attribute.
        """
        for name in sorted(set(self.attributes) - set(allowed)):
            raise refuse_operator(
                self.operator,
                f"only the attributes {sorted(allowed)}",
                name,
                f"export the graph without {name}",
            )
