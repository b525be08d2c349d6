"""The safety stage: the last one before a robot's actuators, the only one that commands them.

It checks every command and every sensor sample, and flies the robot down by itself when something
is wrong. It is software on an ordinary computer, tested in simulation. **It is not
safety-certified**: fly behind a net, keep people away from the rotors, and keep a hand on the
emergency stop.

- ``stage``: what a node talks to; ``modes``: who commands; ``config``: every limit and time.
- Guards on commands: ``commander`` (fit, freshness), ``limits`` (finite, value, rate), ``blend``.
- Guards on sensors: ``sensors`` (lost, invalid), ``frozen``; on motion: ``tilt``, ``floor``,
  ``envelope``; on the system: ``publishers``, ``stall``.
- The fallback: ``landing`` (level, then land), ``attitude``, ``mixer``, ``motors``, ``touchdown``,
  and ``estimator``, which replaces a lost odometry by the inertial sensor for a landing.

What it cannot do: without odometry and inertial sensor it stops the motors after a moment; a robot
that tumbles or falls too low is caught, but physics decides whether it can be recovered.
"""

from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.events import Guard, SafetyEvent
from untether_hardware.safety.modes import Mode, Source
from untether_hardware.safety.stage import SafetyStage
from untether_hardware.safety.verdict import Verdict

__all__ = ["Guard", "Mode", "SafetyConfig", "SafetyEvent", "SafetyStage", "Source", "Verdict"]
