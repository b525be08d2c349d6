"""Builds ONNX Runtime sessions for control loops: one thread, no spinning, errors that speak."""

from importlib import import_module

import onnxruntime

from untether_policies.errors import GraphError

_STATE = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
# What ONNX Runtime raises; the types share no base class but Exception.
RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    _STATE.EPFail,
    _STATE.Fail,
    _STATE.InvalidArgument,
    _STATE.InvalidGraph,
    _STATE.InvalidProtobuf,
    _STATE.ModelLoaded,
    _STATE.NoModel,
    _STATE.NoSuchFile,
    _STATE.NotImplemented,
    _STATE.RuntimeException,
    RuntimeError,  # from a bound buffer that does not fit
    UnicodeDecodeError,  # from a message that quotes a damaged graph
)


def build_session(
    model: bytes, providers: tuple[str, ...] = ("CPUExecutionProvider",)
) -> onnxruntime.InferenceSession:
    """Return a session that computes in the caller's thread.

    Policies are small: a second thread costs more in waking up than it saves, and it would take
    the robot's other core from the nodes that feed the policy.

    Args:
        model: the bytes of ``policy.onnx``.
        providers: ONNX Runtime's execution providers, in order of preference.

    Raises:
        GraphError: when ONNX Runtime cannot run the graph.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 4  # errors arrive as exceptions; no second copy on the terminal
    try:
        return onnxruntime.InferenceSession(model, options, providers=list(providers))
    except RUNTIME_ERRORS as error:
        raise graph_failure(error) from error


def graph_failure(error: Exception) -> GraphError:
    """Return the error for a graph that ONNX Runtime does not load or run."""
    return GraphError(
        "policy.onnx",
        expected=f"a graph that ONNX Runtime {onnxruntime.__version__} runs",
        got=" ".join(str(error).split())[:400],
        fix="export again, with an opset that this ONNX Runtime has, or upgrade onnxruntime",
    )
