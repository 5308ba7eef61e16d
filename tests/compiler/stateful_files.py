"""TFLite files with a state, written field by field: SVDF, and an LSTM with every part that one may have."""

from types import SimpleNamespace

import numpy as np
from tflite_writer import Operation, Tensor, written

RELU, TANH = 1, 4
SVDF = {"batch": 1, "size": 6, "units": 4, "rank": 2, "memory": 5, "bias": True, "activation": RELU}
LSTM = {"batch": 1, "steps": 3, "size": 4, "units": 3, "major": False, "cell_bits": 4, "clip": 0.0}


def svdf(seed: int, changed: dict | None = None, **sizes) -> bytes:
    """SVDF of random weights; sizes: in place of SVDF's; changed: tensors by number in place of the usual ones."""
    random, given = np.random.default_rng(seed), SimpleNamespace(**SVDF | sizes)
    batch, size, units, rank, memory = given.batch, given.size, given.units, given.rank, given.memory
    filters = units * rank
    tensors = [
        Tensor((batch, size), scale=0.05, zero=int(random.integers(-30, 30))),
        Tensor(data=random.integers(-127, 128, (filters, size)).astype(np.int8), scale=0.01),
        Tensor(data=random.integers(-32767, 32768, (filters, memory)).astype(np.int16), scale=1 / 32768),
        Tensor(data=random.integers(-4000, 4000, units).astype(np.int32), scale=1 / 32768 / 4096),
        Tensor((batch, memory * filters), np.int16, scale=1 / 4096, variable=True),
        Tensor((batch, units), scale=0.06, zero=-128 if seed % 2 else 3),
    ]
    for number, tensor in (changed or {}).items():
        tensors[number] = tensor
    fields = {"rank": rank, "fusedActivationFunction": given.activation}
    operation = Operation("SVDF", [0, 1, 2, 3 if given.bias else -1, 4], [5], "SVDFOptions", fields)
    return written(tensors, [operation], [0], [5])


def lstm(seed: int, changed: dict | None = None, more=(), **sizes) -> bytes:
    """An int8 LSTM of random weights; as svdf. more: inputs beyond a plain one's, as pairs of place and tensor."""
    random, given = np.random.default_rng(seed), SimpleNamespace(**LSTM | sizes)
    batch, steps, size, units, major = given.batch, given.steps, given.size, given.units, given.major

    def weights(columns):
        return Tensor(data=random.integers(-127, 128, (units, columns)).astype(np.int8), scale=0.01)

    shape = (steps, batch) if major else (batch, steps)
    zero = int(random.integers(-20, 20))
    tensors = [Tensor((*shape, size), scale=0.04, zero=int(random.integers(-30, 30)))]
    tensors += [weights(size) for _ in range(4)] + [weights(units) for _ in range(4)]
    tensors += [Tensor(data=random.integers(-2000, 2000, units).astype(np.int32), scale=0.0004) for _ in range(4)]
    tensors += [Tensor((batch, units), scale=0.008, zero=zero, variable=True)]
    tensors += [Tensor((batch, units), np.int16, scale=2.0 ** (given.cell_bits - 15), variable=True)]
    tensors += [Tensor((0,), np.float32) for _ in range(4)] + [Tensor((0,), scale=0.008, zero=zero)]
    tensors += [Tensor((*shape, units), scale=0.008, zero=zero)]
    for number, tensor in (changed or {}).items():
        tensors[number] = tensor
    inputs = [0, *range(1, 9), -1, -1, -1, *range(9, 13), -1, -1, 13, 14, -1, -1, -1, -1]
    for place, tensor in more:
        inputs[place] = len(tensors)
        tensors.append(tensor)
    fields = {"fusedActivationFunction": TANH, "timeMajor": major, "cellClip": given.clip}
    name, intermediates = "UNIDIRECTIONAL_SEQUENCE_LSTM", list(range(15, 20))
    operation = Operation(name, inputs, [20], "UnidirectionalSequenceLSTMOptions", fields, intermediates)
    return written(tensors, [operation], [0], [20])
