"""Keras 3 and Keras 2, on the processor and without their messages, and what is asked of models of both."""

import os
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
warnings.filterwarnings("ignore")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tf_keras  # noqa: E402

tf_keras.utils.disable_interactive_logging()
frameworks = {"keras": keras, "tf_keras": tf_keras}


def random_weights(model):
    """The same ones in each framework; variances are positive."""
    generator = np.random.default_rng(5)
    for weight in model.weights:
        values = generator.normal(size=weight.shape) * 0.6
        name = getattr(weight, "path", weight.name)
        weight.assign(np.abs(values) + 0.1 if "variance" in name else values)


def same_weights(saved, model):
    """Bit for bit, in any order: Keras 3 cannot load every file that it has saved, so its weights lie beside it."""
    left = [np.array(weight) for weight in model.weights]
    for weight in np.load(f"{saved}.npz").values():
        found = next((i for i, value in enumerate(left) if np.array_equal(weight, value)), None)
        if found is None:
            return False
        left.pop(found)
    return not left
