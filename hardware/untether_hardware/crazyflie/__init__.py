"""The Crazyflie 2.1 quadrotor: description, mixer, simulated robot, flights, plots and videos."""
