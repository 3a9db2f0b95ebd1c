/** The program of an exported project that runs an entry point: Python's standard library, MLflow's tracker by another. */

/**
 * `run_pipeline.py ENTRY-POINT --NAME VALUE…`, beside a `pipeline.json` of `write_pipeline.ts`: checks values as
 * `parseParameter()` does, runs the steps one after another, each as a nested run of the run that MLflow began, and hands
 * files from one to the next. Ends with 2 for what was asked wrongly, with 1 for a step that failed.
 */
export const driverScript = String
  .raw`"""Runs an entry point of this project, which was exported from a pipeline of sluice.

Under "mlflow run" each step becomes a nested run. Without MLflow the steps run and nothing is recorded:
python run_pipeline.py ENTRY-POINT --NAME VALUE ...
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from parameter_values import Refused, check, read_values, text_of, texts

FOLDER = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    """What went wrong while running."""


def main(argv):
    with open(os.path.join(FOLDER, "pipeline.json"), encoding="utf-8") as file:
        pipeline = json.load(file)
    name = argv[0] if argv else "main"
    try:
        entry = pipeline["entryPoints"].get(name)
        if entry is None:
            known = ", ".join(pipeline["entryPoints"])
            raise Refused("Cannot run entry point %s as there is none of that name: %s" % (name, known))
        values = read_values(pipeline, name, entry, argv[1:], FOLDER)
        steps, skipped = choose_steps(pipeline, name, entry, values)
    except Refused as error:
        print("error: %s" % error, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, interrupt)
    temporary = tempfile.mkdtemp(prefix="sluice-export-")
    recorder = None
    try:
        recorder = open_recorder()
        recorder.ask(do="parameters", run=recorder.parent, parameters=texts(values))
        run_steps(steps, skipped, values, temporary, recorder)
        return 0
    except Failed as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if recorder is not None:
            recorder.close()
        shutil.rmtree(temporary, ignore_errors=True)


def interrupt(number, frame):
    raise KeyboardInterrupt


def choose_steps(pipeline, name, entry, values):
    """The steps that run, in their order, and those that are left out."""
    reached = [step for step in pipeline["steps"] if step["name"] in entry["steps"]]
    skipped = {}
    for step in reached:
        for condition in step["conditions"]:
            if values[condition] is not True:
                skipped.setdefault(step["name"], condition)
    if entry["step"] in skipped:
        raise Refused("Cannot run entry point %s as %s is false" % (name, skipped[entry["step"]]))
    steps = [step for step in reached if step["name"] not in skipped]
    for step in steps:
        for needed in required(step):
            if needed in skipped:
                raise Refused(
                    "Cannot run step %s as it needs step %s, which is left out while %s is false"
                    % (step["name"], needed, skipped[needed])
                )
    return steps, skipped


def required(step):
    for argument in step["arguments"].values():
        if argument["is"] == "metric":
            yield argument["step"]
    for given in step["inputs"].values():
        for source in given["sources"]:
            if source["is"] == "output" and given["takes"] != "optional":
                yield source["step"]


def run_steps(steps, skipped, values, temporary, recorder):
    metrics = {}
    outputs = {}
    for step in steps:
        name = step["name"]
        print("== step %s" % name, file=sys.stderr, flush=True)
        arguments = {key: argument_value(step, key, argument, values, metrics)
                     for key, argument in step["arguments"].items()}
        run = recorder.ask(do="begin", step=name, parameters=texts(arguments))
        status = "FAILED"
        try:
            inputs = {key: input_paths(given, outputs, skipped, temporary, recorder)
                      for key, given in step["inputs"].items()}
            folder = os.path.join(temporary, step["folderName"])
            made, metrics[name] = attempt(step, arguments, inputs, folder, run, recorder)
            for output, path in made.items():
                outputs[(name, output)] = path
                recorder.ask(do="artifact", run=run, path=path)
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        finally:
            recorder.ask(do="end", run=run, status=status)


def argument_value(step, key, argument, values, metrics):
    if argument["is"] == "value":
        return argument["value"]
    if argument["is"] == "parameter":
        return values[argument["name"]]
    if argument["is"] == "file":
        return os.path.join(FOLDER, *argument["path"].split("/"))
    value = metrics[argument["step"]][argument["metric"]]
    try:
        return check(step["parameters"][key], key, value)
    except Refused as error:
        raise Failed("%s, which is the metric %s of step %s" % (error, argument["metric"], argument["step"]))


def input_paths(given, outputs, skipped, temporary, recorder):
    paths = []
    for source in given["sources"]:
        if source["is"] == "output":
            if source["step"] not in skipped:
                paths.append(outputs[(source["step"], source["output"])])
        elif source["is"] == "file":
            paths.append(os.path.join(FOLDER, *source["path"].split("/")))
        else:
            paths.append(recorder.ask(do="fetch", uri=source["uri"], folder=tempfile.mkdtemp(dir=temporary)))
    if given["takes"] == "many":
        return paths
    return paths[0] if paths else None


def attempt(step, arguments, inputs, folder, run, recorder):
    for number in range(step["retries"] + 1):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, "outputs"))
        log = os.path.join(folder, "log.jsonl")
        open(log, "w").close()
        outputs = {key: os.path.join(folder, "outputs", file) for key, file in step["outputs"].items()}
        failure = call(step, arguments, inputs, outputs, log, run, recorder)
        measured = take_log(log, run, recorder)
        if failure is None:
            measured.update(recorder.ask(do="metrics", run=run) or {})
            missing = [key for key in outputs if not os.path.exists(outputs[key])]
            missing += [key for key in step["metrics"] if key not in measured]
            if not missing:
                return outputs, measured
            failure = "it has not made %s" % ", ".join(missing)
        if number < step["retries"]:
            print("step %s failed as %s; it is tried again" % (step["name"], failure), file=sys.stderr, flush=True)
    raise Failed("Cannot go on as step %s failed: %s" % (step["name"], failure))


def call(step, arguments, inputs, outputs, log, run, recorder):
    """Why it failed, or None."""
    environment = dict(os.environ, SLUICE_LOG=log, **recorder.variables)
    if run:
        environment["MLFLOW_RUN_ID"] = run
    stdin = None
    if step["function"] is None:
        argv = fill(step["words"], arguments, inputs, outputs)
    else:
        deno = shutil.which("deno")
        if deno is None:
            raise Failed("Cannot run step %s as it is a function in TypeScript and there is no deno on PATH" % step["name"])
        module = os.path.join(FOLDER, step["function"][0])
        url = pathlib.Path(module).as_uri()
        argv = [deno, "run", "-A", "--quiet", "--no-config", "--no-lock", module, url, step["function"][1]]
        stdin = json.dumps(
            {"step": step["function"][1], "parameters": arguments, "inputs": inputs, "outputs": outputs}
        ).encode()
    folder = os.path.join(FOLDER, *step["folder"].split("/"))
    if step["environment"] is not None:
        argv, folder = recorder.elsewhere(step, argv, folder, log, run)
    program = shutil.which(argv[0], path=environment.get("PATH")) if os.sep not in argv[0] else argv[0]
    if program is None:
        return "there is no program %s" % argv[0]
    seconds = None if step["timeoutMs"] is None else step["timeoutMs"] / 1000
    try:
        process = subprocess.Popen([program, *argv[1:]], cwd=folder, env=environment, start_new_session=True,
                                   stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE)
    except OSError as error:
        return str(error)
    try:
        process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        return "it took longer than %s s" % seconds
    except BaseException:
        end(process)
        raise
    return None if process.returncode == 0 else "it ended with %d" % process.returncode


def end(process):
    """With all that it started, as far as that is still in its group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def fill(words, arguments, inputs, outputs):
    argv = []
    for word in words:
        if word["is"] == "each":
            paths = inputs.get(word["input"]) or []
            argv += [paths] if isinstance(paths, str) else paths
        elif word["is"] == "flag":
            argv += [word["flag"]] if arguments[word["parameter"]] is True else []
        else:
            argv.append("".join(part_text(part, arguments, inputs, outputs) for part in word["parts"]))
    return argv


def part_text(part, arguments, inputs, outputs):
    if part["is"] == "text":
        return part["text"]
    if part["of"] == "parameter":
        return text_of(arguments[part["name"]])
    if part["of"] == "output":
        return outputs[part["name"]]
    path = inputs.get(part["name"])
    return "" if path is None else path if isinstance(path, str) else " ".join(path)


def take_log(path, run, recorder):
    """The last value of each metric that the step appended to SLUICE_LOG; all of its lines are recorded."""
    points, parameters, tags = [], {}, {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if not isinstance(line, dict):
                continue
            if "metric" in line:
                now = int(time.time() * 1000)
                try:
                    value = float(line["value"])
                except (KeyError, TypeError, ValueError):
                    continue
                points.append([line["metric"], value, line.get("timestamp", now), line.get("step", 0)])
            elif "param" in line:
                parameters[line["param"]] = text_of(line.get("value"))
            elif "tag" in line:
                tags[line["tag"]] = line.get("value")
    recorder.ask(do="log", run=run, points=points, parameters=parameters, tags=tags)
    last = {}
    for key, value, stamp, step in points:
        if key not in last or (step, stamp) >= last[key][1:]:
            last[key] = (value, step, stamp)
    return {key: found[0] for key, found in last.items()}


def open_recorder():
    from record_runs import open_recorder as open_real
    return open_real(Failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
`;
