"""The layers and objects that a Keras file may describe: built-in layers that the compiler supports, and no custom code."""

from helpers.common.errors import BadInput, Unsupported

LAYERS = {
    "InputLayer", "Identity", "Functional", "Model", "Sequential",
    "Conv1D", "Conv2D", "Conv1DTranspose", "Conv2DTranspose", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D",
    "SeparableConv2D", "Dense", "TimeDistributed", "MultiHeadAttention",
    "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D",
    "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D",
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "Normalization", "Rescaling",
    "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "ThresholdedReLU",
    "Flatten", "Reshape", "Permute", "RepeatVector", "ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D",
    "UpSampling1D", "UpSampling2D", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot",
    "LSTM", "GRU", "SimpleRNN", "Bidirectional",
    # These do nothing at inference.
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise",
    "ActivityRegularization", "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast",
    "RandomBrightness", "RandomCrop",
}  # fmt: skip
# Keras's own, which run no code from a file, but which nothing here computes.
OTHERS = {
    "Embedding", "Conv3D", "Conv3DTranspose", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "RNN", "LSTMCell", "GRUCell",
    "SimpleRNNCell", "StackedRNNCells", "Masking", "Attention", "AdditiveAttention", "GroupQueryAttention", "Discretization",
    "CategoryEncoding", "Hashing", "HashedCrossing", "StringLookup", "IntegerLookup", "TextVectorization", "Resizing",
    "CenterCrop", "EinsumDense", "UpSampling3D", "ZeroPadding3D", "Cropping3D", "SpatialDropout3D", "UnitNormalization",
    "SpectralNormalization", "LocallyConnected1D", "LocallyConnected2D", "MelSpectrogram", "STFTSpectrogram",
}  # fmt: skip
ACTIVATIONS = {
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "mish", "softplus", "softsign",
    "sigmoid", "hard_sigmoid", "hard_silu", "hard_swish", "log_sigmoid", "tanh", "hard_tanh", "tanh_shrink", "exponential",
    "softmax", "log_softmax", "squareplus",
}  # fmt: skip
# Operations on tensors between layers, as in `x + y`: of Keras 3, by class; of Keras 2, by the name in TensorFlow.
OPERATIONS = {
    "Abs", "Absolute", "Add", "Concatenate", "Divide", "Elu", "Exp", "Flatten", "Gelu", "GetItem", "HardSigmoid", "HardSilu",
    "LeakyRelu", "LogSoftmax", "Matmul", "Max", "Maximum", "Mean", "Min", "Minimum", "Multiply", "Negative", "Pad", "Power",
    "Reciprocal", "Relu", "Relu6", "Reshape", "Selu", "Sigmoid", "Silu", "Softmax", "Softplus", "Softsign", "Sqrt", "Square",
    "Squeeze", "Subtract", "Sum", "Tanh", "Transpose", "TrueDivide", "ExpandDims",
}  # fmt: skip
FUNCTIONS = {
    "__operators__.add", "__operators__.getitem", "math.add", "math.subtract", "math.multiply", "math.divide", "math.truediv",
    "math.maximum", "math.minimum", "math.sigmoid", "math.tanh", "math.abs", "math.square", "math.sqrt", "math.exp",
    "math.reduce_mean", "math.reduce_sum", "math.reduce_max", "math.negative", "nn.relu", "nn.relu6", "nn.elu", "nn.selu",
    "nn.softmax", "nn.leaky_relu", "nn.silu", "nn.swish", "nn.gelu", "concat", "reshape", "transpose", "expand_dims",
    "squeeze", "compat.v1.transpose", "identity",
}  # fmt: skip
OP_LAYERS = {"TFOpLambda", "SlicingOpLambda"}
_OBJECTS = {  # by the module that Keras 3 writes; Keras 2 writes none
    "keras.initializers": {
        "Zeros", "Ones", "Constant", "GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal",
        "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal", "OrthogonalInitializer",
        "Identity", "IdentityInitializer",
    },
    "keras.regularizers": {"L1", "L2", "L1L2"},
    "keras.constraints": {"MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"},
    "keras": {"DTypePolicy", "Policy", "Functional", "Sequential", "Model"},
    "keras.mixed_precision": {"Policy"}, "keras.dtype_policies": {"DTypePolicy"}, "keras.models": {"Functional", "Sequential"},
}  # fmt: skip
_PARTS = {"__keras_tensor__", "__tuple__", "__slice__", "__ellipsis__"}
_PLAIN = LAYERS | _PARTS | {name for names in _OBJECTS.values() for name in names}
_OP_MODULES = ("keras.src.ops.numpy", "keras.src.ops.nn", "keras.src.ops.core")
_MODEL_MODULES = ("keras.src.models.", "keras.src.engine.")
_NO_SIZES = ("shared_object_id", "seed", "build_config", "keras_history")  # numbers of these are none

LARGEST_SIZE = 10_000  # units, filters, pixels along a side: nothing for a microcontroller comes near
STATELESS = "set stateful=False; converted to an int8 .tflite, an LSTM keeps its state between calls (docs/networks.md)"
CODE = "replace it by built-in Keras layers: one that the file brings along would run its code on this machine"
REMEDY = "build the network from " + ", ".join(sorted(LAYERS - {"Model", "Functional", "Sequential"}))


def check(config: dict, where: str) -> None:
    """Check a network's whole description, at any depth, before Keras reads it.

    Raises Unsupported for a layer or object that is not in the lists above (Lambda and registered custom objects run code that
    is in the file or in another package), and BadInput for an unreasonable size.
    """
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                _check_object(value, where)
            _check_activations(value, where)
            _check_state(value, where)
            waiting += [part for key, part in value.items() if key not in _NO_SIZES]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, int | float) and not abs(value) <= LARGEST_SIZE:
            raise BadInput(f"asks for a layer of size {value}", where=where, remedy=f"stay below {LARGEST_SIZE:,}")


def _check_object(value: dict, where: str) -> None:
    kind, module, registered = value["class_name"], value.get("module"), value.get("registered_name")
    if isinstance(module, str) and module.startswith("tf_keras."):  # as tf-keras calls Keras 2
        module = module.removeprefix("tf_")
    if isinstance(kind, str) and kind in OTHERS and module in (None, "keras.layers"):
        raise Unsupported(f"has a layer of kind {kind!r}, which nothing here computes", where=where, remedy=REMEDY)
    if kind in OP_LAYERS and module in (None, "keras.layers", "keras.src.layers.core.tf_op_layer"):
        function = (value.get("config") or {}).get("function")
        if kind == "TFOpLambda" and function not in FUNCTIONS:
            remedy = f"use one of {', '.join(sorted(FUNCTIONS))}"
            raise Unsupported(f"calls the function {function!r} between layers", where=where, remedy=remedy)
    elif module is None and kind in OPERATIONS - LAYERS:
        what = f"has the operation {kind!r} between layers, which Keras cannot read back from a .h5"
        raise Unsupported(what, where=where, remedy="save the network with model.save('network.keras')")
    elif not isinstance(kind, str) or not _is_built_in(kind, module, registered):
        layer = "layer of kind" if module in (None, "keras.layers") and not registered else "custom object"
        raise Unsupported(f"has a {layer} {kind!r}, which may run code of its own", where=where, remedy=CODE)


def _is_built_in(kind: str, module, registered) -> bool:
    if module in _OP_MODULES:
        return kind in OPERATIONS and registered in (None, kind)
    if registered not in (None, kind) or (registered and module not in (None, "keras.layers")):
        return isinstance(module, str) and module.startswith(_MODEL_MODULES) and registered == kind == "Functional"
    if module is None:
        return kind in _PLAIN
    if module == "keras.layers":
        return kind in LAYERS
    if isinstance(module, str) and module.startswith(_MODEL_MODULES):
        return kind in {"Functional", "Sequential", "Model"}
    return kind in _OBJECTS.get(module, ())


def _check_state(value: dict, where: str) -> None:
    """Reject a recurrent layer that goes on from one call to the next: what the compiler makes of it begins with zeros."""
    if value.get("stateful") is True:
        what = f"layer {value.get('name')} is stateful, and each inference would begin with zeros"
        raise Unsupported(what, where=where, remedy=STATELESS)


def _check_activations(value: dict, where: str) -> None:
    for key in ("activation", "recurrent_activation"):
        given = value.get(key)
        name = given.get("config") if isinstance(given, dict) and given.get("class_name") == "function" else given
        if isinstance(given, dict) and name is not given:
            raise Unsupported(
                f"has a custom object as {key}, {name!r}, which may run code of its own", where=where, remedy=CODE
            )
        if isinstance(given, str) and given not in ACTIVATIONS:
            remedy = f"use one of {', '.join(sorted(ACTIVATIONS))}"
            raise Unsupported(f"layer {value.get('name')} has activation {given!r}", where=where, remedy=remedy)
