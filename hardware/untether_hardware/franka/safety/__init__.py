"""The safety stage of the arm: the last one before its impedance controller.

It turns what a policy or an operator wants, velocities of the tool, into setpoints that keep the
arm slow, within its workspace, away from its joints' limits and gentle to what it touches; when
something is wrong it holds the arm where it is. It is software on an ordinary computer, tested in
simulation. **It is not safety-certified**: keep out of the arm's reach, and keep a hand on the
arm's own stop button.

- ``stage``: what a node talks to; ``config``: every limit and time.
- ``limiter``: from a twist to a setpoint; ``joint_limits``, ``contact`` and ``confinement`` are
  parts of it; ``contract_limits`` are a policy's own.
- ``state_guard``: lost, invalid, frozen states, joints and forces out of bounds.
"""
