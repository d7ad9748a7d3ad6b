"""A model of several labels a sentence, in Keras 3 or Keras 2: saved, trained for a step, evaluated. JSON comes and goes."""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
warnings.filterwarnings("ignore")
import keras
import numpy as np
import tf_keras

tf_keras.utils.disable_interactive_logging()
frameworks = {"keras": keras, "h5": tf_keras}


def compiled(framework, model, rate=0.0):
    loss, accuracy = framework.losses.BinaryCrossentropy(), framework.metrics.BinaryAccuracy()
    model.compile(framework.optimizers.SGD(rate), loss, metrics=[accuracy])
    return model


def build(framework, rows, length, classes):
    layers = framework.layers
    model = framework.Sequential(
        [
            layers.Input((length,), dtype="int32"),
            layers.Embedding(rows, 6, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(5, activation="relu"),
            layers.Dense(classes, activation="sigmoid"),
        ]
    )
    generator = np.random.default_rng(3)
    model.set_weights([generator.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def save(folder, rate, ids, targets):
    saved = []
    for format, framework in frameworks.items():
        model = build(framework, 12, ids.shape[1], targets.shape[1])
        path = Path(folder) / f"model.{format}"
        model.save(path)
        loss, accuracy = compiled(framework, model, rate).evaluate(ids, targets, verbose=0)
        model.train_on_batch(ids, targets)
        outputs = np.array(model(ids)).tolist()
        saved.append({"path": str(path), "loss": loss, "accuracy": accuracy, "outputs": outputs})
    return saved


def evaluate(path, ids, targets):
    framework = frameworks[path.rsplit(".")[-1]]
    model = compiled(framework, framework.models.load_model(path, compile=False))
    return model.evaluate(ids, targets, 256, verbose=0)[1]


request = json.load(sys.stdin)
ids, targets = np.array(request.pop("ids"), "int32"), np.array(request.pop("targets"), "float32")
if "folder" in request:
    answer = save(ids=ids, targets=targets, **request)
else:
    answer = [evaluate(path, ids, targets) for path in request["evaluate"]]
print("\n" + json.dumps(answer))
