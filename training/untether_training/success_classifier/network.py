"""The network that tells success from the features of the cameras' pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.encoder import Encoder, EncoderConfig
from untether_training.offpolicy.trunk import find_map_shape

_PICTURE_SIZE = 128  # numbers that remain of each camera
_HIDDEN = 256
_DROPOUT = 0.1


class SuccessNetwork(nn.Module):
    """Encodes each camera's features, and decides (Luo et al. 2024, 2401.16013).

    Args:
        cameras: Names of the cameras.
        image_size: Width and height of the pictures [px], a multiple of 16.
    """

    def __init__(self, cameras: Sequence[str], image_size: int) -> None:
        super().__init__()
        shape = find_map_shape(image_size, image_size)
        maps = {camera: ArraySpec(shape, "float16") for camera in cameras}
        self.encoder = Encoder(maps, EncoderConfig(picture_size=_PICTURE_SIZE))
        self.head = nn.Sequential(
            nn.Linear(self.encoder.size, _HIDDEN),
            nn.Dropout(_DROPOUT),
            nn.LayerNorm(_HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, 1),
        )

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """Return the logit of success, (N,).

        Args:
            features: Of each camera, (N, C, H, W); of half precision or float32.
        """
        return self.head(self.encoder(features)).squeeze(1)
