"""The ONNX operators that can become C, by family."""
