"""Learning while a person watches: an actor that is corrected, and a learner beside it."""
