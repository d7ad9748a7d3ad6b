"""Class probabilities, and gradients of the mean cross-entropy, of models built in Keras. Reads cases, prints both as JSON."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers


def make(class_name, config):
    inner = config.get("layer")
    if inner:
        config = {**config, "layer": make(inner["class_name"], inner["config"])}
    return getattr(layers, class_name)(**config)


def build(case):
    body = case["body"]
    weights = {name: np.array(data, dtype="float32").reshape(shape) for name, shape, data in case["weights"]}
    table = weights["embedding/table"]
    ids = layers.Input((body["length"],), dtype="int32")
    embedding = layers.Embedding(*table.shape, mask_zero=body["maskZero"])
    outputs = {"embedding": embedding(ids)}
    owners = {"embedding/table": lambda: embedding.weights[0]}
    for node in body["nodes"]:
        layer = make(node["className"], {**node["config"], "name": node["name"]})
        inputs = [outputs[name] for name in node["inputs"]]
        outputs[node["name"]] = layer(inputs[0] if len(inputs) == 1 else inputs)
        prefix = f"graph/{node['name']}"
        if node["className"] == "Bidirectional":
            parts = {f"{prefix}/forward": layer.forward_layer, f"{prefix}/backward": layer.backward_layer}
        else:
            parts = {prefix: layer}
        for name, part in parts.items():
            for variable in part.weights:
                owners[f"{name}/{variable.name}"] = lambda variable=variable: variable
    head = layers.Dense(case["classes"], activation="softmax")
    model = keras.Model(ids, head(outputs[body["nodes"][-1]["name"]]))
    owners["head/kernel"], owners["head/bias"] = (lambda: head.weights[0]), (lambda: head.weights[1])
    variables = {name: owners[name]() for name in weights}
    for name, variable in variables.items():
        assert tuple(variable.shape) == weights[name].shape, (name, variable.shape)
        variable.assign(weights[name])
    return model, variables


def run(case):
    model, variables = build(case)
    ids = np.array(case["ids"], dtype="int32")
    trained = {name: variable for name, variable in variables.items() if "moving_" not in name}
    with tf.GradientTape() as tape:
        probabilities = model(ids, training=False)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(np.array(case["labels"]), probabilities))
    gradients = tape.gradient(loss, [variable.value for variable in trained.values()])
    dense = [tf.convert_to_tensor(gradient).numpy().ravel().tolist() for gradient in gradients]
    return {"probabilities": probabilities.numpy().ravel().tolist(), "gradients": dict(zip(trained, dense))}


json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
