"""The evaluation of a launch file: from checked elements to a plan of processes."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from untether_nodes.launcher.argument import (
    check_known,
    check_required,
    declared_arguments,
    read_argument,
)
from untether_nodes.launcher.check import check_file
from untether_nodes.launcher.declaration import DEEPEST_INCLUDE, all_arguments
from untether_nodes.launcher.element import Element, read_element
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.paths import absolute_path
from untether_nodes.launcher.process import plan_executable, plan_node
from untether_nodes.launcher.process_plan import LaunchPlan, ProcessPlan
from untether_nodes.launcher.reader import AttributeReader
from untether_nodes.launcher.scope import Scope
from untether_nodes.launcher.setting import SETTINGS, keep_configurations


def plan_launch(
    file: Path,
    given: Mapping[str, str],
    environment: Mapping[str, str],
    log_directory: Path | None = None,
) -> LaunchPlan:
    """Read, check and evaluate a launch file.

    Args:
        file: The launch file.
        given: Arguments by name.
        environment: The environment that the processes inherit.
        log_directory: The folder that logs are written to, if any.

    Returns:
        The processes to start.

    Raises:
        LaunchError: Anything in the file, the files it includes or the arguments is wrong.
    """
    scope = Scope(environment, log_directory)
    scope.configurations.update(given)
    interpreter = _Interpreter(scope)
    interpreter.run_file(file, given)
    if not given.keys() <= interpreter.declared:
        left_out = {argument.name for argument in all_arguments(file, given, environment)}
        check_known(interpreter.declared | left_out, given)
    return LaunchPlan(
        tuple(interpreter.processes), tuple(interpreter.messages), tuple(scope.warnings)
    )


class _Interpreter:
    """Walks the actions of launch files in order."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.processes: list[ProcessPlan] = []
        self.messages: list[str] = []
        self.declared: set[str] = set()
        self.node_names: Counter[str] = Counter()
        self.depth = 0
        self.actions: dict[str, Callable[[AttributeReader], None]] = {
            "arg": self._arg,
            "executable": self._executable,
            "group": self._group,
            "include": self._include,
            "log": self._log,
            "node": self._node,
        }

    def run_file(self, file: Path, given: Mapping[str, str]) -> None:
        """Load a launch file and run its actions.

        Args:
            file: Its path.
            given: The arguments passed to it explicitly.
        """
        file = absolute_path(file)
        root = read_element(file)
        check_file(root)
        if "deprecated" in root.attributes:
            reason = root.attributes["deprecated"]
            self.scope.warnings.append(f"launch file {file} is deprecated: {reason}")
        arguments = list(declared_arguments(root))
        check_required(arguments, given, is_included=self.depth > 0)
        self.declared.update(argument.name for argument in arguments)
        with self.scope.within(file):
            self._run(root)

    def _run(self, parent: Element) -> None:
        for element in parent.children:
            read = AttributeReader(element, self.scope)
            if not read.applies():
                continue
            with element.locating():
                if element.tag in self.actions:
                    self.actions[element.tag](read)
                elif element.tag in SETTINGS:
                    SETTINGS[element.tag](read)

    def _executable(self, read: AttributeReader) -> None:
        number = len(self.processes) + 1
        self.processes.append(plan_executable(read.element, self.scope, number))

    def _node(self, read: AttributeReader) -> None:
        plan, full_name = plan_node(read.element, self.scope, len(self.processes) + 1)
        self.processes.append(plan)
        if full_name is None:
            return
        self.node_names[full_name] += 1
        if self.node_names[full_name] == 2:
            warning = f"two nodes have the name {full_name}; ROS 2 cannot tell them apart"
            self.scope.warnings.append(f"{read.element.where}: {warning}")

    def _arg(self, read: AttributeReader) -> None:
        argument = read_argument(read.element)
        values = self.scope.configurations
        if argument.name not in values:
            default = read.text("default")
            if default is None:
                raise LaunchError(
                    f"argument {argument.name!r} is required here and missing",
                    expected=str(argument),
                    got="no value",
                    fix=f"add {argument.name}:=VALUE",
                )
            values[argument.name] = default
        argument.check_choice(values[argument.name])

    def _group(self, read: AttributeReader) -> None:
        if not read.boolean("scoped", True):
            keep_configurations(read, others=True)
            self._run(read.element)
            return
        with self.scope.group():
            forwards = read.boolean("forwarding", True)
            if not forwards:
                self.scope.reset_environment()
            keep_configurations(read, others=forwards)
            self._run(read.element)

    def _include(self, read: AttributeReader) -> None:
        file = absolute_path(read.required_text("file"))
        self._check_include(file)
        given: dict[str, str] = {}
        with self.scope.within(file):  # as in ros2 launch, $(dirname) here is the included file's
            for child in (*read.element.named("arg"), *read.element.named("let")):
                pair = AttributeReader(child, self.scope)
                given[pair.required_text("name")] = pair.required_text("value")
                self.scope.configurations.update(given)
        self.depth += 1
        try:
            self.run_file(file, given)
        except RecursionError as error:
            raise LaunchError(
                "files and groups lie too deep inside each other",
                expected="a few levels",
                got="more than Python can follow",
                fix="nest fewer groups in the files that include each other",
            ) from error
        self.depth -= 1

    def _check_include(self, file: Path) -> None:
        if file.suffix in (".py", ".yaml", ".yml"):
            raise LaunchError(
                "only XML launch files can be included",
                expected="a file such as NAME.launch.xml",
                got=file.name,
                fix="write it in XML, or use ros2 launch",
            )
        if self.depth >= DEEPEST_INCLUDE:
            raise LaunchError(
                f"{file.name} is included by itself",
                expected=f"at most {DEEPEST_INCLUDE} files inside each other",
                got="more",
                fix="break the circle",
            )

    def _log(self, read: AttributeReader) -> None:
        self.messages.append(read.required_text("message"))
