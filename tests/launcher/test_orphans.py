"""Nothing outlives the launcher, however it ends."""

import signal

import pytest

PARENT = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-u', sys.argv[1]])\n"
    "print('child', child.pid)\n"
)


@pytest.fixture
def family(script, stubborn):
    """Return commands of a parent that stays and one that ends, both with a stubborn child."""
    program = stubborn.split()[-1]
    staying = script("staying.py", PARENT + "child.wait()\n")
    ending = script("ending.py", PARENT)
    return f"{staying} {program}", f"{ending} {program}"


def grandchild(launched):
    return int(launched.wait_for("child").rpartition(" ")[2])


def test_a_killed_launcher_takes_its_processes_along(launch, steady, await_end):
    launched = launch(f"<executable cmd='{steady}' name='p' output='screen'/>" * 2)
    pids = [launched.pid_of(f"p-{number}") for number in (1, 2)]
    launched.wait_for("ready", 2)
    launched.interrupt(signal.SIGKILL)
    for pid in pids:
        await_end(pid)


def test_a_killed_launcher_takes_stubborn_processes_and_their_children_along(
    launch, stubborn, family, await_end
):
    launched = launch(
        f"<executable cmd='{stubborn}' name='stubborn' output='screen'/>"
        f"<executable cmd='{family[0]}' name='family' output='screen'/>"
        f"<executable cmd='exec {stubborn}' shell='true' name='shell' output='screen'/>",
        "sigkill_timeout:=0.1",
    )
    pids = [launched.pid_of(name) for name in ("stubborn-1", "family-2", "shell-3")]
    pids.append(grandchild(launched))
    launched.wait_for("ready", 3)
    launched.interrupt(signal.SIGKILL)
    for pid in pids:
        await_end(pid)


def test_an_interrupt_reaches_children_of_children(launch, family, await_end):
    given = ("sigterm_timeout:=0.1", "sigkill_timeout:=0.1")
    launched = launch(f"<executable cmd='{family[0]}' output='screen'/>", *given)
    pid = grandchild(launched)
    launched.wait_for("ready")
    launched.interrupt()
    assert launched.finish()[0] == 0
    await_end(pid)


def test_what_a_process_leaves_behind_is_ended(launch, family, await_end):
    launched = launch(
        f"<executable cmd='{family[1]}' name='p' output='screen'/>",
        "sigkill_timeout:=0.1",
        "--debug",
    )
    pid = grandchild(launched)
    status, lines = launched.finish()
    assert "[launch] p-1 has left processes behind" in lines
    assert status == 0
    await_end(pid)


def test_the_end_of_what_was_left_behind_is_seen_at_once(launch, script, steady):
    """The rest ends on SIGTERM; nobody waits for the timeout after that."""
    ending = f"{script('ending.py', PARENT)} {steady.split()[-1]}"
    launched = launch(
        f"<executable cmd='{ending}' name='p' output='screen'/>", "sigkill_timeout:=9999", "--debug"
    )
    status, lines = launched.finish()
    assert "[launch] sending SIGTERM to p-1" in lines
    assert "[launch] p-1 ended" in lines
    assert status == 0
