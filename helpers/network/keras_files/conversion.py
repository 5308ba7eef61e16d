"""Convert networks of Keras 3 to ONNX, and unroll recurrent layers so that a converter meets no loop."""

import numpy as np

from helpers.common.errors import Unsupported
from helpers.network.keras import of_version, quietly, tf
from helpers.network.keras_files import loading

# isort: split
import onnx
import tf2onnx.convert
from onnx import numpy_helper

RECURRENT = ("LSTM", "GRU", "SimpleRNN")


def unrolled(model):
    """Return the network with every recurrent layer unrolled; the network itself if there is none.

    Raises Unsupported for sequences of unknown length.
    """
    if not any(_has_loop(layer.get_config(), type(layer).__name__) for layer in model.layers):
        return model
    keras = of_version(3 if loading.is_newer(model) else 2)
    try:
        copy = keras.models.clone_model(model, clone_function=_taken_apart)
    except ValueError as error:
        raise Unsupported(
            "has a recurrent layer whose number of steps is open", where=model.name,
            remedy="give it one: keras.Input((steps, values))",
        ) from error  # fmt: skip
    copy.set_weights(model.get_weights())
    return copy


def _has_loop(config: dict, kind: str) -> bool:
    inner = [config[key] for key in ("layer", "backward_layer") if isinstance(config.get(key), dict)]
    own = kind in RECURRENT and not config.get("unroll")
    return own or any(_has_loop(each["config"], each["class_name"]) for each in inner)


def _taken_apart(layer):
    config = layer.get_config()
    _set_unroll(config, type(layer).__name__)
    return type(layer).from_config(config)


def _set_unroll(config: dict, kind: str) -> None:
    if kind in RECURRENT:
        config["unroll"] = True
    for key in ("layer", "backward_layer"):
        if isinstance(config.get(key), dict):
            _set_unroll(config[key]["config"], config[key]["class_name"])


def convert(model, opset: int) -> onnx.ModelProto:
    """Convert a network of Keras 3 to ONNX; inputs and outputs keep their names."""
    specs = [tf.TensorSpec((None, *tensor.shape[1:]), tf.float32, name=tensor.name) for tensor in model.inputs]
    names = [tensor.name for tensor in model.inputs]

    def answer(*inputs):
        return model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)

    function = tf.function(answer, input_signature=specs)
    with quietly():
        proto, _ = tf2onnx.convert.from_function(function, specs, opset=opset, custom_op_handlers=_HANDLERS)
        captures = {inner.name: outer for outer, inner in function.get_concrete_function().graph.captures}
    for info in [each for each in proto.graph.input if each.name not in names]:
        proto.graph.initializer.append(numpy_helper.from_array(captures[info.name].numpy(), info.name))
        proto.graph.input.remove(info)
    proto.graph.doc_string = ""  # a number that counts on through the process
    _name_outputs(proto.graph, list(getattr(model, "output_names", None) or ["output"]))
    return proto


def _name_outputs(graph: onnx.GraphProto, names: list[str]) -> None:
    """Name outputs after their layers in place of Identity:0, Identity_1:0, ..."""
    taken = {name for node in graph.node for name in node.input} | {each.name for each in graph.input}
    for info, name in zip(graph.output, names, strict=True):
        new = name if name not in taken else f"{name}_output"
        for node in graph.node:
            node.output[:] = [new if each == info.name else each for each in node.output]
            node.input[:] = [new if each == info.name else each for each in node.input]
        info.name = new


def _erfc(context, node, name, _arguments):
    """Write Erfc as 1 - erf(x): Keras 3 uses it for gelu, and ONNX has no Erfc."""
    node.type = "Erf"
    one = context.make_const(f"{name}_one", np.float32(1).reshape(()))
    context.insert_new_node_on_output("Neg", node.output[0], name=f"{name}_negative")
    _add_behind(context, f"{name}_negative", one, f"{name}_complement")


def _expm1(context, node, name, _arguments):
    """Write Expm1 as exp(x) - 1: Keras 3 uses it for celu, and ONNX has no Expm1."""
    node.type = "Exp"
    one = context.make_const(f"{name}_minus_one", np.float32(-1).reshape(()))
    _add_behind(context, node.name, one, f"{name}_less_one")


def _add_behind(context, name: str, constant, new: str) -> None:
    output = context.get_node_by_name(name).output[0]
    context.insert_new_node_on_output("Add", output, inputs=[output, constant.output[0]], name=new)


_HANDLERS = {"Erfc": (_erfc, []), "Expm1": (_expm1, [])}
