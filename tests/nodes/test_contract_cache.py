import pytest

from untether_nodes.contract_cache import MAX_CHARACTERS, ContractCache
from untether_policies.contract_file import dump_contract
from untether_policies.errors import ContractError


@pytest.fixture
def text(controller):
    return dump_contract(controller.make_contract())


def test_a_contract_that_is_known_is_there_in_flight(text):
    cache = ContractCache()
    read = cache.read(text, in_flight=False)
    assert cache.read(text, in_flight=True) is read
    assert read.name == "crazyflie-controller"


def test_no_new_contract_is_read_in_flight(text):
    with pytest.raises(ContractError, match="known before take-off"):
        ContractCache().read(text, in_flight=True)


@pytest.mark.parametrize("in_flight", [False, True], ids=["on the ground", "in flight"])
def test_a_text_that_takes_long_to_read_is_refused_unread(in_flight):
    text = "a: [" + "1," * (MAX_CHARACTERS // 2) + "]"
    with pytest.raises(ContractError, match=f"at most {MAX_CHARACTERS} characters"):
        ContractCache().read(text, in_flight=in_flight)


def test_a_text_that_is_no_contract_is_refused():
    with pytest.raises(ContractError, match="contract of the policy"):
        ContractCache().read("name: [", in_flight=False)


def test_some_strangers_do_not_push_out_the_contract_that_flies(text, controller):
    cache = ContractCache()
    cache.read(text, in_flight=False)
    for number in range(3):
        cache.read(dump_contract(controller.make_contract(name=f"x{number}")), in_flight=False)
    assert cache.read(text, in_flight=True).name == "crazyflie-controller"


def test_only_a_few_contracts_are_kept(text, controller):
    cache = ContractCache()
    cache.read(text, in_flight=False)
    for number in range(20):
        cache.read(dump_contract(controller.make_contract(name=f"x{number}")), in_flight=False)
    with pytest.raises(ContractError):
        cache.read(text, in_flight=True)
