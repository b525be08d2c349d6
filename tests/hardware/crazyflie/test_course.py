from untether_hardware.crazyflie.course import Tour, Track
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState

FIRST, SECOND = (0.0, 0.0, 1.0), (1.0, 0.0, 1.0)
LEVEL, STILL = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0)


def state(stamp, position):
    return BodyState(stamp, position, LEVEL, STILL, STILL)


def follow(tour, *visits):
    return [tour.advance(state(stamp, position)) for stamp, position in visits]


def test_next_waypoint_comes_after_the_dwell():
    tour = Tour([FIRST, SECOND], radius=0.1, dwell=0.2)
    goals = follow(tour, (0.0, STILL), (0.1, FIRST), (0.2, FIRST), (0.3, FIRST))
    assert [goal.position for goal in goals] == [FIRST, FIRST, FIRST, SECOND]
    assert tour.reached == [True]


def test_leaving_the_radius_starts_the_dwell_again():
    tour = Tour([FIRST, SECOND], radius=0.1, dwell=0.2)
    follow(tour, (0.0, FIRST), (0.1, STILL), (0.2, FIRST), (0.3, FIRST))
    assert tour.goal_index == 0


def test_waypoint_out_of_reach_is_given_up_at_its_time_limit():
    tour = Tour([FIRST, SECOND], time_limit=1.0)
    goals = follow(tour, (5.0, STILL), (5.9, STILL), (6.0, STILL), (6.9, STILL), (7.0, STILL))
    assert [goal and goal.position for goal in goals] == [FIRST, FIRST, SECOND, SECOND, None]
    assert tour.reached == [False, False]


def test_tour_ends_after_its_last_waypoint_and_stays_over():
    tour = Tour([FIRST], dwell=0.1)
    assert follow(tour, (0.0, FIRST), (0.1, FIRST), (0.2, FIRST))[1:] == [None, None]


def test_track_gives_the_goal_of_the_elapsed_time():
    track = Track(lambda time: Setpoint((time, 0.0, 1.0), (1.0, 0.0, 0.0)), duration=1.0)
    goals = [track.advance(state(stamp, STILL)) for stamp in (3.0, 3.5, 4.0)]
    assert goals == [
        Setpoint((0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
        Setpoint((0.5, 0.0, 1.0), (1.0, 0.0, 0.0)),
        None,
    ]
    assert track.goal_index == -1
