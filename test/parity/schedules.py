"""The rates of torch's schedulers. Reads a JSON list of cases: settings, iterations of an epoch, how many rates."""

import json
import sys

import torch
from torch.optim import lr_scheduler


def scheduler(optimizer, settings, epoch):
    name = settings["name"]
    if name == "step-decay":
        return lr_scheduler.StepLR(optimizer, settings["decayEpochs"] * epoch, settings["decay"])
    if name == "exponential":
        return lr_scheduler.ExponentialLR(optimizer, settings["decay"] ** (1 / epoch))
    if name == "sgdr":
        cycle = settings["cycleEpochs"] * epoch
        return lr_scheduler.CosineAnnealingWarmRestarts(
            optimizer, cycle, settings["cycleGrowth"], settings["lowerRate"]
        )
    return lr_scheduler.CyclicLR(
        optimizer,
        settings["lowerRate"],
        settings["rate"],
        step_size_up=settings["stepSize"],
        mode=name.replace("-", "_"),
        gamma=settings.get("decay", 1) ** (1 / epoch),
        cycle_momentum=False,
    )


def rates(settings, epoch, count):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=settings["rate"])
    schedule = scheduler(optimizer, settings, epoch)
    for _ in range(count):
        yield optimizer.param_groups[0]["lr"]
        optimizer.step()
        schedule.step()


print(json.dumps([list(rates(**case)) for case in json.load(sys.stdin)]))
