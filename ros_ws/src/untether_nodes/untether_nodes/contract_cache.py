"""Contracts that have been read, so that none has to be read while a robot flies."""

from untether_policies.contract import Contract
from untether_policies.contract_file import parse_contract
from untether_policies.errors import ContractError

# Reading takes 1.5 ms per thousand characters of an honest contract, and 9 ms of the worst text
# found, on one core of a laptop; a quadrotor's contract has about 3500.
MAX_CHARACTERS = 16_384
_KEPT = 4  # contracts, so that a stranger's does not push out the one that flies
_WHERE = "contract of the policy"


class ContractCache:
    """Reads each contract once, and none in flight: reading would keep the control loop waiting."""

    def __init__(self) -> None:
        self._contracts: dict[str, Contract] = {}

    def read(self, text: str, *, in_flight: bool) -> Contract:
        """Return the contract that a text describes.

        Args:
            text: ``contract.yaml``.
            in_flight: Whether the robot flies, so that only a known contract is returned.

        Raises:
            ContractError: When it is too long, not known in flight, or no contract.
        """
        known = self._contracts.get(text)
        if known is not None:
            return known
        if len(text) > MAX_CHARACTERS:
            raise ContractError(
                _WHERE,
                expected=f"at most {MAX_CHARACTERS} characters",
                got=f"{len(text)}",
                fix="shorten the provenance, or use a grid kind, which needs no element names",
            )
        if in_flight:
            raise ContractError(
                _WHERE,
                expected="one that was known before take-off",
                got="a new one in flight",
                fix="land, then select the policy",
            )
        contract = parse_contract(text, _WHERE)
        if len(self._contracts) >= _KEPT:
            del self._contracts[next(iter(self._contracts))]
        self._contracts[text] = contract
        return contract
