"""The Keras networks whose profiles and bundles real Glow made: tests/reference/glow/keras."""

from pathlib import Path

import numpy as np
import onnx

REFERENCE = Path(__file__).parents[1] / "reference" / "glow"
KERAS = REFERENCE / "keras"
# Networks of keras_networks.NETWORKS that real Glow reads and computes as the project does.
EXACT = (
    "both_ways", "dense_autoencoder", "every_step", "inverted_residual", "recurrent", "residual", "separable_keywords",
    "several_scales", "squeezed",
)  # fmt: skip
REPEATING = ("squeezed",)  # Glow keeps there, as constants, memory that it never wrote
OPTIONS = {
    "default": ("-convert-placeholders",),
    "symmetric": ("-convert-placeholders", "-quantization-schema=symmetric"),
    "power2": ("-convert-placeholders", "-quantization-schema=symmetric_with_power2_scale"),
    "bias8": ("-convert-placeholders", "-quantization-precision-bias=Int8"),
    "channelwise": ("-convert-placeholders", "-enable-channelwise"),
    "rowwise": ("-convert-placeholders", "-enable-rowwise"),
    "keep-conv": ("-convert-placeholders", "-keep-original-precision-for-nodes=Convolution"),
    "float-edges": (),
}


def inputs(path: Path) -> np.ndarray:
    """20 inputs for a network: float32 [20, ...]."""
    (info,) = onnx.load(path).graph.input
    shape = [each.dim_value for each in info.type.tensor_type.shape.dim[1:]]
    return np.random.default_rng(1).standard_normal((20, *shape)).astype(np.float32)
