import numpy as np

from untether_policies.contract import TensorSpec
from untether_policies.errors import ContractError


def test_arrays_become_plain_numbers():
    spec = TensorSpec(
        "thrust", "command/rotor/thrust", ["m1"], np.array([1]), "N", "base_link",
        lower=np.zeros(1, np.float32), upper=np.float32([0.5]),
    )  # fmt: skip
    assert spec.lower == (0.0,)
    assert type(spec.upper[0]) is float
    assert type(spec.shape[0]) is int
    assert spec.size == 1


def test_finds_tensors_by_name(contract, refused):
    assert contract.input("position").kind == "state/body/position"
    assert contract.output("rotor_thrust").unit == "N"
    assert contract.carry[0].next_name == "integral_next"
    with refused(ContractError, expected="'height'", got="'position'"):
        contract.input("height")
    with refused(ContractError, expected="'position'", got="'rotor_thrust'"):
        contract.output("position")
