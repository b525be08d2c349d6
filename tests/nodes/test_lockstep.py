from untether_nodes.lockstep import Lockstep


def test_time_stands_still_until_the_sample_is_answered():
    lockstep = Lockstep(0.5)
    lockstep.sent(10.0, expects_answer=True)
    assert not lockstep.may_go_on(10.4)
    assert lockstep.answer(10.4)
    assert lockstep.may_go_on(10.4)
    assert lockstep.missed == 0


def test_a_step_takes_its_least_time_even_if_the_answer_comes_earlier():
    lockstep = Lockstep(0.5, step_time=0.01)
    lockstep.sent(10.0, expects_answer=True)
    assert not lockstep.answer(10.005)
    assert not lockstep.may_go_on(10.009)
    assert lockstep.may_go_on(10.011)


def test_a_second_answer_does_not_advance_time_again():
    lockstep = Lockstep(0.5)
    lockstep.sent(10.0, expects_answer=True)
    assert lockstep.answer(10.1)
    assert not lockstep.answer(10.2)


def test_a_sample_that_nobody_answers_is_missed_after_the_timeout():
    lockstep = Lockstep(0.5)
    lockstep.sent(10.0, expects_answer=True)
    lockstep.answer(10.1)
    lockstep.sent(11.0, expects_answer=True)
    assert lockstep.may_go_on(11.6)
    assert lockstep.missed == 1


def test_nothing_is_missed_before_anybody_has_answered():
    lockstep = Lockstep(0.5)
    lockstep.sent(10.0, expects_answer=True)
    assert lockstep.may_go_on(10.6)
    assert lockstep.missed == 0


def test_a_sample_that_was_lost_on_purpose_is_not_waited_for():
    lockstep = Lockstep(0.5)
    lockstep.sent(10.0, expects_answer=False)
    assert not lockstep.may_go_on(10.005)
    assert lockstep.may_go_on(10.011)
