"""Import TensorFlow and Keras 2 in one place, with the right switch set first and without useless log lines.

onnxmltools cannot convert Keras 3 networks. It can those of tf-keras (Keras 2), which TensorFlow uses where
TF_USE_LEGACY_KERAS is set before it loads. Keras 3 is loaded as well, for files that it wrote.
"""

import contextlib
import os
from pathlib import Path

from helpers.common import machine
from helpers.common.errors import MissingPackage

if machine.is_light():
    raise MissingPackage("TensorFlow is not installed: the light environment leaves it out", remedy=machine.FULL)

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["KERAS_BACKEND"] = "tensorflow"  # of Keras 3, whatever the user's ~/.keras/keras.json says
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # one order of summation, so that two runs give the same network


@contextlib.contextmanager
def quietly():
    """Discard file descriptor 2 in the body: TensorFlow reports absent graphics cards there at any log level."""
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


with quietly():
    import tensorflow as tf

    keras = tf.keras
    keras.backend.image_data_format()  # loads Keras itself, which is lazy
    tf.constant(0)  # finds the devices
    tf.get_logger().setLevel("ERROR")


def of_version(version: int):
    """Return the module of Keras 2 or 3. Keras 3 takes seconds to load, so it is loaded on first use."""
    if version == 2:
        return keras
    with quietly():
        import keras as newer
    return newer


__all__ = ["keras", "of_version", "quietly", "tf"]
