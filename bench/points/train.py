"""Work that logs a point after every bit of it, to the file named in SLUICE_LOG, in as many processes as it is told.

Arguments: how many points, how many processes, how much work each point is. At its end it logs how long it took and
when it ended, in seconds.
"""

import json
import multiprocessing
import os
import sys
import time

points, processes, work = map(int, sys.argv[1:])
inputs = [0.5 * (i % 16 + 1) for i in range(work)]


def train(steps):
    weight = 0.0
    with open(os.environ["SLUICE_LOG"], "a") as log:
        for step in steps:
            loss = 0.0
            for x in inputs:
                error = weight * x - 3.0 * x
                weight -= 1e-3 * error * x
                loss += error * error
            log.write('{"metric": "loss", "value": %r, "step": %d}\n' % (loss, step))


begun = time.perf_counter()
if processes == 1:
    train(range(points))
else:
    each = [range(at, points, processes) for at in range(processes)]
    children = [multiprocessing.get_context("fork").Process(target=train, args=(steps,)) for steps in each]
    for child in children:
        child.start()
    for child in children:
        child.join()
took = time.perf_counter() - begun
with open(os.environ["SLUICE_LOG"], "a") as log:
    for metric, value in {"took": took, "ended": time.time()}.items():
        log.write(json.dumps({"metric": metric, "value": value}) + "\n")
