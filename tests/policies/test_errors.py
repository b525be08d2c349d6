import pickle

from untether_policies.errors import BundleError, ContractError, FixtureError, GraphError


def test_text_says_expected_got_and_fix():
    error = ContractError("rate", expected="above 0", got="-1", fix="correct it")
    assert str(error) == "rate: expected above 0, got -1. Fix: correct it"


def test_every_refusal_is_a_bundle_error():
    for error_type in (ContractError, GraphError, FixtureError):
        assert issubclass(error_type, BundleError)


def test_survives_a_process_boundary():
    error = GraphError("graph", expected="a", got="b", fix="c")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is GraphError
    assert str(copy) == str(error)
