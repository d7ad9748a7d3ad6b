"""Steps torch's or Keras's optimizers through cases. Reads a JSON list of them, prints the values after each step."""

import json
import os
import sys

import numpy as np

# Keras with the backend that is loaded anyway.
os.environ.setdefault("KERAS_BACKEND", "torch")


def torch_optimizer(kinds, settings, value):
    name = settings["name"]
    if name == "sgd":
        return kinds.SGD([value], lr=1)
    if name == "momentum":
        return kinds.SGD([value], lr=1, momentum=settings["momentum"], nesterov=settings["nesterov"])
    epsilon = settings["epsilon"]
    if name == "adagrad":
        return kinds.Adagrad([value], initial_accumulator_value=settings["initialAccumulator"], eps=epsilon)
    if name == "adadelta":
        return kinds.Adadelta([value], rho=settings["rho"], eps=epsilon)
    if name == "rmsprop":
        return kinds.RMSprop([value], alpha=settings["rho"], eps=epsilon)
    return kinds.Adam([value], betas=(settings["beta1"], settings["beta2"]))


def by_torch(settings, start, gradients, rates):
    import torch

    value = torch.nn.Parameter(torch.from_numpy(start))
    optimizer = torch_optimizer(torch.optim, settings, value)
    (group,) = optimizer.param_groups
    for t, (gradient, rate) in enumerate(zip(gradients, rates), 1):
        group["lr"] = rate
        if settings["name"] == "adam":
            # torch adds epsilon after the bias correction.
            group["eps"] = settings["epsilon"] / (1 - settings["beta2"] ** t) ** 0.5
        value.grad = torch.from_numpy(gradient)
        optimizer.step()
        yield value.detach().numpy()


def keras_optimizer(kinds, settings):
    name = settings["name"]
    if name == "sgd":
        return kinds.SGD()
    if name == "adadelta":
        return kinds.Adadelta(rho=settings["rho"], epsilon=settings["epsilon"])
    return kinds.Adam(
        beta_1=settings["beta1"], beta_2=settings["beta2"], epsilon=settings["epsilon"]
    )


def by_keras(settings, start, gradients, rates):
    import keras

    value = keras.Variable(start)
    optimizer = keras_optimizer(keras.optimizers, settings)
    optimizer.build([value])
    for gradient, rate in zip(gradients, rates):
        optimizer.learning_rate.assign(rate)
        optimizer.apply([keras.ops.convert_to_tensor(gradient)])
        yield keras.ops.convert_to_numpy(value)


def values_after_steps(case):
    start = np.array(case["start"], dtype=np.float32)
    gradients = np.array(case["gradients"], dtype=np.float32)
    steps = {"torch": by_torch, "keras": by_keras}[case["peer"]]
    values = steps(case["settings"], start, gradients, case["rates"])
    return [np.float64(value).tolist() for value in values]


print(json.dumps([values_after_steps(case) for case in json.load(sys.stdin)]))
