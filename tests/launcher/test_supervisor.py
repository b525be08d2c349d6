"""Real processes under a real launcher: output, ends, shutdown. Nothing here waits for a time."""

import fcntl
import os
import signal
import subprocess
import sys
import termios

import pytest

SIGNALS = ("SIGINT", "SIGTERM", "SIGKILL")


def sent(lines):
    """Return the signals that the launcher says it has sent, in order."""
    return [tuple(line.split()[2:5:2]) for line in lines if line.startswith("[launch] sending")]


def test_one_interrupt_ends_all_in_the_reverse_order_of_their_start(launch, steady):
    launched = launch(f"<executable cmd='{steady}' name='p' output='screen'/>" * 3, "--debug")
    launched.wait_for("ready", 3)
    launched.interrupt()
    status, lines = launched.finish()
    assert sent(lines) == [("SIGINT", "p-3"), ("SIGINT", "p-2"), ("SIGINT", "p-1")]
    assert sum("got SIGINT" in line for line in lines) == 3
    assert status == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_requests_to_end_do_the_same(launch, steady, number):
    launched = launch(f"<executable cmd='{steady}' output='screen'/>")
    launched.wait_for("ready")
    launched.interrupt(number)
    status, lines = launched.finish()
    assert any("got SIGINT" in line for line in lines)
    assert status == 0


def test_who_does_not_end_gets_stronger_signals_after_the_timeouts(launch, stubborn):
    executable = (
        f"<executable cmd='{stubborn}' name='p' output='screen' "
        "sigterm_timeout='0.05' sigkill_timeout='0.05'/>"
    )
    launched = launch(executable, "--debug")
    launched.wait_for("ready")
    launched.interrupt()
    status, lines = launched.finish()
    assert sent(lines) == [(name, "p-1") for name in SIGNALS]
    assert "[launch] p-1 was ended by SIGKILL" in lines
    assert status == 0


def test_further_interrupts_hasten_the_end(launch, stubborn):
    given = ("sigterm_timeout:=9999", "sigkill_timeout:=9999")
    launched = launch(f"<executable cmd='{stubborn}' output='screen'/>", *given, "--debug")
    launched.wait_for("ready")
    for name in SIGNALS:
        launched.interrupt()
        launched.wait_for(f"sending {name}")
    assert launched.finish()[0] == 0


def test_a_process_is_started_again_as_often_as_allowed(launch, script):
    failing = script("failing.py", "import sys\nprint('run')\nsys.exit(3)\n")
    launched = launch(
        f"<executable cmd='{failing}' name='p' output='screen' respawn='true' "
        "respawn_delay='0.01' respawn_max_retries='2'/>"
    )
    status, lines = launched.finish()
    assert sum("run" in line.split() for line in lines) == 3
    assert status == 1
    assert any(line.startswith("[launch] FAILED: p-1 ended with exit status 3") for line in lines)


def test_an_interrupt_ends_the_wait_for_a_respawn(launch, script):
    failing = script("failing.py", "raise SystemExit(3)\n")
    launched = launch(f"<executable cmd='{failing}' respawn='true' respawn_delay='9999'/>")
    launched.wait_for("ERROR")
    launched.interrupt()
    assert launched.finish()[0] == 0


def test_nothing_is_started_again_while_others_are_still_ending(launch, script, stubborn):
    failing = script("failing.py", "raise SystemExit(3)\n")
    launched = launch(
        f"<executable cmd='{stubborn}' output='screen'/>"
        f"<executable cmd='{failing}' name='p' respawn='true' respawn_delay='0.2'/>",
        "sigterm_timeout:=0.4",
        "sigkill_timeout:=0",
    )
    launched.wait_for("ready")
    launched.wait_for("p-2 will be started again")
    launched.interrupt()
    launched.wait_for("SIGINT: shutting down")
    before = len(launched.lines)
    status, lines = launched.finish()
    assert not any("started" in line for line in lines[before:])
    assert status == 0


def test_a_failure_is_named_and_the_others_go_on(launch, script, steady):
    failing = script("failing.py", "raise SystemExit(7)\n")
    launched = launch(
        f"<executable cmd='{failing}' name='bad'/><executable cmd='{steady}' output='screen'/>"
    )
    launched.wait_for("ready")
    launched.wait_for("ERROR: bad-1 ended with exit status 7")
    launched.interrupt()
    status, lines = launched.finish()
    assert any("got SIGINT" in line for line in lines)
    assert "FAILED: bad-1" in lines[-1]
    assert status == 1


def test_good_ends_are_no_failure(launch):
    assert launch("<executable cmd='true'/><executable cmd='true'/>").finish()[0] == 0


def test_nothing_to_start_is_no_failure(launch):
    assert launch("<log message='hello'/>").finish() == (0, ["[launch] hello"])


@pytest.mark.parametrize("code", [0, 4])
def test_on_exit_shutdown_ends_all(launch, script, steady, code):
    required = script("required.py", f"raise SystemExit({code})\n")
    launched = launch(
        f"<executable cmd='{steady}' output='screen' name='other'/>"
        f"<executable cmd='{required}' on_exit='shutdown' respawn='true' name='required'/>",
        "--debug",
    )
    status, lines = launched.finish()
    assert "[launch] required-2 has ended: shutting down" in lines
    assert ("SIGINT", "other-1") in sent(lines)
    assert status == (1 if code else 0)


@pytest.mark.parametrize(("number", "name"), [(11, "SIGSEGV"), (37, "signal 37")])
def test_a_process_killed_by_a_signal_is_a_failure(launch, script, steady, number, name):
    crashing = script("crash.py", f"import os\nos.kill(os.getpid(), {number})\n")
    launched = launch(
        f"<executable cmd='{crashing}' name='p'/><executable cmd='{steady}' output='screen'/>"
    )
    launched.wait_for(f"p-1 was ended by {name}")
    launched.wait_for("ready")
    launched.interrupt()
    status, lines = launched.finish()
    assert any("got SIGINT" in line for line in lines)
    assert status == 1


def test_what_cannot_be_started_shuts_the_others_down(launch, write, steady):
    program = write("no_format", "\x7fnot a program", mode=0o755)
    launched = launch(
        f"<executable cmd='{steady}' name='other' output='screen'/><executable cmd='{program}'/>",
        "--debug",
    )
    status, lines = launched.finish()
    assert any("no_format-2 could not be started" in line for line in lines)
    assert ("SIGINT", "other-1") in sent(lines)
    assert status == 1


def test_lines_of_busy_processes_are_never_mixed(launch, script):
    chatter = script(
        "chatter.py",
        "import os, sys\n"
        "name = sys.argv[1]\n"
        "text = ''.join(f'{name} {i} {name * 30}\\n' for i in range(2000)).encode()\n"
        "for start in range(0, len(text), 997):\n"
        "    os.write(1, text[start:start + 997])\n",
    )
    names = "abc"
    launched = launch(
        "".join(f"<executable cmd='{chatter} {n}' name='{n}' output='screen'/>" for n in names)
    )
    status, lines = launched.finish()
    for number, name in enumerate(names, start=1):
        tag = f"[{name}-{number}] "
        got = [line.removeprefix(tag) for line in lines if line.startswith(tag)]
        assert got == [f"{name} {i} {name * 30}" for i in range(2000)]
    assert status == 0


def test_last_words_without_a_line_end_and_invalid_bytes_arrive(launch, script):
    program = script("p.py", "import os\nos.write(1, b'\\xff whole\\npartial')\n")
    _, lines = launch(f"<executable cmd='{program}' name='p' output='screen'/>").finish()
    assert "[p-1] \N{REPLACEMENT CHARACTER} whole" in lines
    assert "[p-1] partial" in lines


def test_standard_output_is_shown_only_when_asked_for(launch, script):
    program = script("p.py", "import sys\nprint('out')\nprint('err', file=sys.stderr)\n")
    _, lines = launch(f"<executable cmd='{program}' name='p'/>").finish()
    assert "[p-1] err" in lines
    assert "[p-1] out" not in lines
    _, lines = launch(f"<executable cmd='{program}' name='p'/>", "-a").finish()
    assert "[p-1] out" in lines


def test_a_terminal_is_emulated_on_demand(launch, script):
    program = script("p.py", "import sys\nprint(sys.stdout.isatty(), sys.stderr.isatty())\n")
    actions = "".join(
        f"<executable cmd='{program}' name='p' output='screen' emulate_tty='{value}'/>"
        for value in ("true", "false")
    )
    _, lines = launch(actions).finish()
    assert "[p-1] True True" in lines
    assert "[p-2] False False" in lines


def test_a_shell_runs_its_own_commands(launch):
    _, lines = launch(
        "<executable cmd='x=1; echo $x done' shell='true' name='p' output='screen'/>"
    ).finish()
    assert "[p-1] 1 done" in lines


def test_parameter_files_are_there_while_needed_and_gone_afterwards(launch, script, tmp_path):
    reader = script("reader.py", "import sys\nprint(open(sys.argv[-1]).read())\n")
    program, option, path = reader.split()
    launched = launch(
        f"<node exec='{program}' args='{option} {path}' output='screen' name='n'>"
        "<param name='a' value='1'/></node>",
        environment={"TMPDIR": str(tmp_path)},
    )
    status, lines = launched.finish()
    assert any("a: 1" in line for line in lines)
    assert status == 0
    assert not list(tmp_path.glob("launch_params_*"))


def test_the_end_of_the_reader_ends_the_launch(launch, script, await_end):
    talker = script("talker.py", "while True:\n    print('x' * 100)\n")
    launched = launch(f"<executable cmd='{talker}' name='p' output='screen'/>")
    pid = launched.pid_of("p-1")
    launched.process.stdout.close()
    assert launched.process.wait(60) == 0
    await_end(pid)


def test_an_interrupt_ends_the_launch_while_nobody_reads_the_output(launch, script, tmp_path):
    os.mkfifo(tmp_path / "written")
    talker = script(
        "talker.py",
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(0))\n"
        "for _ in range(20000):\n"
        "    print('x' * 1000)\n"
        "print('written', file=open('written', 'w'))\n"
        "while True:\n"
        "    signal.pause()\n",
    )
    launched = launch(f"<executable cmd='{talker}' output='screen'/>")
    with (tmp_path / "written").open() as written:  # so the launcher reads what nobody reads there
        assert written.readline() == "written\n"
    launched.interrupt()
    assert launched.process.wait(60) == 0


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_an_output_that_takes_nothing_does_not_end_the_launch(write, script, redirection, tmp_path):
    program = script("p.py", "print('to the log')\n")
    actions = f"<executable cmd='{program}' name='p' output='both'/>"
    path = write("a.launch.xml", f"<launch>{actions}</launch>")
    words = [sys.executable, "-m", "untether_nodes.commands.launch", str(path), "--log-dir", "logs"]
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *words]
    done = subprocess.run(shell, stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "[p-1] to the log" in (tmp_path / "logs/launch.log").read_text()


def test_the_end_of_the_terminal_ends_the_launch_in_order(write, steady, tmp_path):
    executable = f"<executable cmd='{steady}' name='p' output='both'/>"
    path = write("a.launch.xml", f"<launch>{executable * 2}</launch>")
    words = [sys.executable, "-m", "untether_nodes.commands.launch", str(path), "--log-dir", "logs"]
    terminal, end = os.openpty()
    launched = subprocess.Popen(
        words, stdin=end, stdout=end, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(end)
    text = b""
    while text.count(b"ready") < 2:
        text += os.read(terminal, 65536)
    os.close(terminal)
    _, errors = launched.communicate(timeout=60)
    assert (launched.returncode, errors) == (0, b"")
    log = (tmp_path / "logs/launch.log").read_text()
    assert log.count("got SIGINT") == 2
    assert "p-1 ended" in log


def test_logs_are_written_only_when_asked_for(launch, script, tmp_path):
    program = script("p.py", "print('to the log')\n")
    logs = tmp_path / "logs"
    launch(f"<executable cmd='{program}' name='p' output='log'/>").finish()
    assert not logs.exists()
    actions = f"<executable cmd='{program} $(log_dir)' name='p' output='log'/>"
    launch(actions, "--log-dir", str(logs)).finish()
    assert "[p-1] to the log" in (logs / "launch.log").read_text()


def test_without_a_terminal_there_are_no_colours(launch):
    _, lines = launch("<executable cmd='echo x' output='screen'/>").finish()
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize("no_colour", [False, True])
def test_a_terminal_has_colours_unless_it_wants_none(write, no_colour):
    path = write("a.launch.xml", "<launch><executable cmd='echo x' output='screen'/></launch>")
    reading, writing = os.openpty()
    environment = {**os.environ, "TERM": "xterm", **({"NO_COLOR": "1"} if no_colour else {})}
    if not no_colour:
        environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "untether_nodes.commands.launch", str(path)]
    subprocess.run(command, stdout=writing, env=environment, check=True, timeout=60)
    os.close(writing)
    text = os.read(reading, 65536)
    os.close(reading)
    assert (b"\x1b[36m[echo-1]\x1b[0m x" in text) is not no_colour
    assert (b"[echo-1] x" in text) is no_colour
