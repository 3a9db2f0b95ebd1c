/** The program of an exported project that records its nested runs: in a Python that has MLflow, wherever that is. */

/**
 * `record_runs.py`: imported by the driver it finds a Python with MLflow, which may not be the step's own; started as a
 * program by that Python it answers lines of JSON. What is asked is one of the `do` below, what comes back is
 * `{"value": …}` or `{"error": …}`.
 */
export const recorderScript = String
  .raw`"""Records the steps of this project as nested runs, by whichever Python here has MLflow.

A step's environment need not hold MLflow: "mlflow run" itself was started by a Python that has it.
"""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request


def open_recorder(failure):
    parent = os.environ.get("MLFLOW_RUN_ID")
    if not parent:
        return Silent()
    for python in pythons():
        try:
            process = subprocess.Popen(
                [python, os.path.abspath(__file__)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")},
            )
        except OSError:
            continue
        if process.stdout.readline().strip() == b"ready":
            return Recorder(process, python, parent, failure)
        process.wait()
    print(
        "warning: the steps are not recorded, as no Python with MLflow was found;"
        " name one in the variable SLUICE_MLFLOW_PYTHON",
        file=sys.stderr, flush=True,
    )
    return Silent()


def pythons():
    """Of this environment, of whoever started it, of the program mlflow on PATH; without repetition."""
    found = []
    named = os.environ.get("SLUICE_MLFLOW_PYTHON")
    if named:
        return [named]
    if importlib.util.find_spec("mlflow") is not None:
        found.append(sys.executable)
    found += ancestors()
    program = shutil.which("mlflow")
    if program is not None:
        with open(program, "rb") as file:
            first = file.readline(512).decode("utf-8", "replace").strip()
        if first.startswith("#!") and "python" in first:
            found.append(first[2:].split()[0])
        beside = os.path.join(os.path.dirname(os.path.realpath(program)), "python")
        found.append(beside)
    found.append(sys.executable)
    return [python for index, python in enumerate(found) if python not in found[:index] and os.path.exists(python)]


def ancestors():
    process = os.getppid()
    while process > 1:
        try:
            line = subprocess.run(["ps", "-o", "ppid=,args=", "-p", str(process)], capture_output=True, text=True)
            words = line.stdout.split()
        except OSError:
            words = proc_words(process)
        if len(words) < 2:
            return
        if os.path.basename(words[1]).startswith("python") and os.path.isabs(words[1]):
            yield words[1]
        process = int(words[0])


def proc_words(process):
    try:
        with open("/proc/%d/stat" % process) as file:
            parent = file.read().rpartition(")")[2].split()[1]
        with open("/proc/%d/cmdline" % process, "rb") as file:
            return [parent, *file.read().decode("utf-8", "replace").split("\0")]
    except OSError:
        return []


class Silent:
    """Where there is no run nothing is recorded."""

    parent = None
    variables = {}

    def ask(self, **question):
        if question["do"] == "fetch":
            raise SystemExit("error: Cannot fetch %s without MLflow: use mlflow run" % question["uri"])
        return None

    def elsewhere(self, step, argv, folder, log, run):
        raise SystemExit("error: Cannot run step %s without MLflow as it has another environment" % step["name"])

    def close(self):
        pass


class Recorder:
    def __init__(self, process, python, parent, failure):
        self.process, self.python, self.parent, self.failure = process, python, parent, failure
        self.server = None
        self.variables = {}
        has_mlflow = importlib.util.find_spec("mlflow") is not None
        tracker = os.environ.get("MLFLOW_TRACKING_URI", "")
        if has_mlflow and python != sys.executable and not tracker.startswith(("http://", "https://")):
            self.start_server(tracker)

    def start_server(self, tracker):
        """For a client that cannot read the tracker's file itself, as mlflow-skinny cannot."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        words = [self.python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", port, "--workers", "1"]
        words += ["--backend-store-uri", tracker] if tracker else []
        environment = dict(os.environ, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")
        self.server = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True)
        uri = "http://127.0.0.1:" + port
        until = time.monotonic() + 120
        while self.server.poll() is None and time.monotonic() < until:
            try:
                with urllib.request.urlopen(uri + "/health", timeout=5):
                    self.variables = {"MLFLOW_TRACKING_URI": uri}
                    return
            except OSError:
                time.sleep(0.2)
        self.close()
        raise self.failure("Cannot record the steps as a server for them did not start")

    def ask(self, **question):
        try:
            self.process.stdin.write(json.dumps({**question, "parent": self.parent}).encode() + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError:
            line = b""
        answer = json.loads(line) if line else {"error": "the recorder has ended"}
        if "error" in answer:
            raise self.failure("Cannot %s: %s" % (question["do"], answer["error"]))
        return answer["value"]

    def elsewhere(self, step, argv, folder, log, run):
        """The command in the environment of another project, in the same run."""
        call = {"argv": argv, "folder": folder, "log": log}
        project = os.path.join(os.path.dirname(os.path.abspath(__file__)), *step["environment"].split("/"))
        manager = self.ask(do="manager")
        words = [self.python, "-m", "mlflow", "run", project, "-e", "step", "--run-id", run]
        return [*words, "--env-manager", manager, "-P", "call=" + json.dumps(call)], project

    def close(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        self.process.wait()
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGTERM)
            self.server.wait()


def answer(client, question):
    from mlflow.entities import Metric, Param, RunTag

    run = question.get("run")
    if question["do"] == "parameters":
        known = client.get_run(run).data.params
        given = question["parameters"]
        client.log_batch(run, params=[Param(key, given[key]) for key in sorted(given) if key not in known])
    elif question["do"] == "begin":
        parent = client.get_run(question["parent"])
        tags = {key: value for key, value in parent.data.tags.items()
                if key.startswith(("mlflow.source.", "mlflow.user", "mlflow.project.backend"))}
        step = question["step"]
        tags.update({"mlflow.parentRunId": question["parent"], "mlflow.project.entryPoint": step, "sluice.step": step})
        run = client.create_run(parent.info.experiment_id, tags=tags, run_name=step).info.run_id
        given = question["parameters"]
        client.log_batch(run, params=[Param(key, given[key]) for key in sorted(given)])
        return run
    elif question["do"] == "log":
        points = [Metric(key, value, stamp, step) for key, value, stamp, step in question["points"]]
        for start in range(0, len(points), 1000):
            client.log_batch(run, metrics=points[start:start + 1000])
        params = [Param(key, value) for key, value in question["parameters"].items()]
        client.log_batch(run, params=params, tags=[RunTag(key, str(value)) for key, value in question["tags"].items()])
    elif question["do"] == "metrics":
        return client.get_run(run).data.metrics
    elif question["do"] == "artifact":
        path = question["path"]
        if os.path.isdir(path):
            client.log_artifacts(run, path, os.path.basename(path))
        else:
            client.log_artifact(run, path)
    elif question["do"] == "fetch":
        import mlflow

        return mlflow.artifacts.download_artifacts(question["uri"], dst_path=question["folder"])
    elif question["do"] == "manager":
        return client.get_run(question["parent"]).data.tags.get("mlflow.project.env", "local")
    elif question["do"] == "end":
        client.set_terminated(run, question["status"])
    return None


def serve():
    # The driver, which gets the same signals, asks for the end of the runs under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from mlflow import MlflowClient

    client = MlflowClient()
    # A client without what the tracker's database needs is of no use here.
    client.get_run(os.environ["MLFLOW_RUN_ID"])
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        try:
            said = {"value": answer(client, json.loads(line))}
        except Exception as error:
            said = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    try:
        serve()
    except Exception as error:
        print("%s cannot record: %s" % (sys.executable, error), file=sys.stderr)
        sys.exit(1)
`;
