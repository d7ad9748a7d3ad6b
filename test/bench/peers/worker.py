"""Serves requests for one library: worker.py LIBRARY. A JSON line in, a JSON line out; imports are done before."""

import importlib
import json
import os
import sys

tasks = importlib.import_module(sys.argv[1]).tasks

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print is no answer
for line in sys.stdin:
    request = json.loads(line)
    answer = tasks[request.pop("run")](**request)
    print(json.dumps(answer), file=answers, flush=True)
