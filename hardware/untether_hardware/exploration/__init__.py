"""What an arm does that learns: it explores, and tells its learner what was really done."""
