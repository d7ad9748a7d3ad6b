"""Serves requests for one library: worker.py LIBRARY. A JSON line in, a JSON line out; imports are done before."""

import importlib
import json
import os
import sys


def memory():
    """The largest resident set that this process has had, in megabytes."""
    with open("/proc/self/status") as status:
        (peak,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM:")]
    return {"megabytes": peak * 1024 / 1e6}


tasks = importlib.import_module(sys.argv[1]).tasks
tasks["memory"] = memory
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print is no answer
for line in sys.stdin:
    request = json.loads(line)
    answer = tasks[request.pop("run")](**request)
    print(json.dumps(answer), file=answers, flush=True)
