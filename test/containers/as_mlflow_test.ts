/** `sluice run` of projects with images beside how real MLflow started their containers, as `record.ts` wrote it down. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realTest } from "../real_part.ts";
import { finish, readRuns, runSluice, sluiceProgram, startDeno } from "../run/run_project.ts";
import { type ContainerAnswer, readContainerAnswer, writeProject } from "./container_answer.ts";
import { containerCases } from "./container_cases.ts";
import {
  addDockerProgram,
  type ContainerPlace,
  imageName,
  openContainerPlace,
  podman,
} from "./container_workplace.ts";

const recorded: Readonly<Record<string, ContainerAnswer>> = JSON.parse(
  await Deno.readTextFile(fileURLToPath(new URL("recorded.json", import.meta.url))),
);

const denoFolder = Deno.env.get("DENO_DIR") ??
  join(Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache"), "deno");

/** Made for the first test, and removed after the last. */
let opened: Promise<ContainerPlace> | undefined;
const openPlace = () => opened ??= openContainerPlace();
Deno.test.afterAll(async () => await (await opened)?.[Symbol.asyncDispose]());

const call = (place: ContainerPlace, folder: string, args: readonly string[], variables = {}) =>
  runSluice(["run", "project", ...args], folder, {
    ...place.variables,
    XDG_CACHE_HOME: join(folder, "cache"),
    DENO_DIR: denoFolder,
    ...variables,
  });

/**
 * What differs: MLflow mounts the tracker's file and the run's artifacts, where sluice gives the address of the run's own
 * server, for which the container shares this machine's network; and its containers have names.
 */
function withoutTracker(started: readonly string[] | undefined): readonly string[] | undefined {
  return started?.join("\0")
    .replace(/\0-v\0[^\0]*:\/mlflow\/tmp\/mlruns/, "").replace(/\0-v\0WORK\/mlruns[^\0]*/, "")
    .replace(/\0--name\0sluice-RUN\0--label\0sluice\.run=RUN/, "").replace(/\0--network\0host/, "")
    .replace(
      /\0-e\0(MLFLOW_(TRACKING_URI|REGISTRY_URI|DISABLE_|SUPPRESS_|HTTP_)|GIT_PYTHON_REFRESH|NO_PROXY|no_proxy)[^\0]*/g,
      "",
    )
    // MLflow runs an image by its first tag, which is in full.
    .replace("docker.io/library/containers:latest", "containers").split("\0");
}

for (const asked of containerCases) {
  realTest(["podman"], `sluice starts a container as MLflow does, with ${asked.name}`, async () => {
    const place = await openPlace();
    await addDockerProgram(place);
    const folder = await writeProject(place, asked);
    const ended = await call(place, folder, asked.arguments ?? [], asked.variables);
    const answer = await readContainerAnswer(place, folder, ended.code === 0);
    const expected = recorded[asked.name]!;
    assert.equal(answer.isSuccess, expected.isSuccess, ended.stderr);
    assert.deepEqual(withoutTracker(answer.started), withoutTracker(expected.started), ended.stderr);
    assert.doesNotMatch(ended.stderr, /This is a bug of sluice|\n {4}at /);
    if (answer.started === undefined) {
      // MLflow leaves a run that is RUNNING for ever.
      assert.equal(ended.code, 2, ended.stderr);
      assert.deepEqual(answer.runs, []);
      return;
    }
    const named = (runs: ContainerAnswer["runs"]) =>
      runs.map(({ tags, ...run }) => ({
        ...run,
        tags: { ...tags, "mlflow.docker.image.uri": tags["mlflow.docker.image.uri"]!.split("/").at(-1) },
      }));
    assert.deepEqual(named(answer.runs), named(expected.runs));
  });
}

Deno.test("each recorded container is one of the table", () => {
  assert.deepEqual(Object.keys(recorded), containerCases.map(({ name }) => name));
});

const projectOf = (command: string, more = "") => ({
  name: "",
  files: {
    MLproject: `name: c\ndocker_env: {image: "${imageName}"}\nentry_points:\n  main: {command: ${
      JSON.stringify(command)
    }}\n`,
    "go.sh": more,
  },
});

realTest(
  ["podman"],
  "the tracker is reached from inside, and what an operator of a shell does is done there",
  async () => {
    const place = await openPlace();
    const folder = await writeProject(
      place,
      projectOf("echo $HOSTNAME-inside > /tmp/x && source /tmp/given/go.sh"),
    );
    await Deno.writeTextFile(
      join(folder, "project", "go.sh"),
      `address=\${MLFLOW_TRACKING_URI#http://}; host=\${address%%/*}
body="{\\"run_id\\": \\"$MLFLOW_RUN_ID\\", \\"key\\": \\"inside\\", \\"value\\": 7, \\"timestamp\\": 1}"
exec 3<>/dev/tcp/\${host%:*}/\${host#*:}
printf 'POST /%s/api/2.0/mlflow/runs/log-metric HTTP/1.0\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\nContent-Length: %s\\r\\n\\r\\n%s' "\${address#*/}" \${#body} "$body" >&3
cat <&3
`,
    );
    const ended = await call(place, folder, ["-A", `volume=${join(folder, "project")}:/tmp/given:ro`]);
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.equal(readRuns(folder)[0]!.metrics["inside"], 7, ended.stdout);
  },
);

realTest(["podman"], "an image that is not there is built from the project's Dockerfile", async () => {
  const place = await openPlace();
  const folder = await writeProject(place, {
    name: "",
    files: {
      MLproject:
        "name: c\ndocker_env: {image: localhost/built-here}\nentry_points: {main: {command: cat /made}}\n",
      Dockerfile: `FROM ${imageName}\nRUN echo built > /made\n`,
    },
  });
  const ended = await call(place, folder, []);
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(ended.stdout, "built\n");
  await Deno.writeTextFile(join(folder, "project", "Dockerfile"), `FROM ${imageName}\nRUN exit 3\n`);
  await podman(place, ["rmi", "localhost/built-here"]);
  const failed = await call(place, folder, []);
  assert.equal(failed.code, 1, failed.stderr);
  assert.match(failed.stderr, /ENVIRONMENT_FAILED.*Cannot build image `localhost\/built-here`/);
});

/** A run whose container is there. */
async function startContainer(place: Awaited<ReturnType<typeof openPlace>>, folder: string) {
  const child = startDeno([sluiceProgram, "run", "project"], folder, {
    ...place.variables,
    XDG_CACHE_HOME: join(folder, "cache"),
    DENO_DIR: denoFolder,
  });
  for (let tries = 0; tries < 100; tries++) {
    if ((await podman(place, ["ps", "-q"])).trim() !== "") break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return child;
}

realTest(["podman"], "a container is gone when its run is stopped", async () => {
  const place = await openPlace();
  const folder = await writeProject(
    place,
    projectOf("bash -c 'trap \"\" TERM INT; echo up; while sleep 1; do :; done'"),
  );
  const child = await startContainer(place, folder);
  child.kill("SIGINT");
  const ended = await finish(child);
  assert.equal(ended.code, 130, ended.stderr);
  assert.equal((await podman(place, ["ps", "-aq"])).trim(), "");
  assert.equal(readRuns(folder)[0]!.status, "KILLED");
});

realTest(["podman"], "a container that kill -9 left is gone with the next start", async () => {
  const place = await openPlace();
  const folder = await writeProject(place, projectOf("bash -c 'while sleep 1; do :; done'"));
  const child = await startContainer(place, folder);
  child.kill("SIGKILL");
  await finish(child);
  await Deno.writeTextFile(join(folder, "project", "MLproject"), "entry_points: {main: {command: 'true'}}\n");
  const next = await call(place, folder, ["--env-manager", "local"]);
  assert.equal(next.code, 0, next.stderr);
  assert.equal((await podman(place, ["ps", "-aq"])).trim(), "");
  assert.deepEqual(readRuns(folder).map(({ status }) => status), ["KILLED", "FINISHED"]);
});

for (
  const [name, args, variables, says] of [
    ["an engine that is not there", [], { SLUICE_CONTAINER_ENGINE: "no-such-engine" }, "TOOL_MISSING"],
    ["no engine at all", [], { PATH: "/nowhere" }, "TOOL_MISSING"],
    ["an option of the engine twice", ["-A", "m=1g", "-A", "m=2g"], {}, "Cannot set `-A m` twice"],
    ["an option of the engine that is none", ["-A", "a b=1"], {}, "names no option"],
    ["both ways of an image", ["--build-image", "--skip-image-build"], {}, "Cannot use both"],
  ] as const
) {
  realTest(
    ["podman"],
    `a project with an image is refused for ${name}, and nothing is recorded`,
    async () => {
      const place = await openPlace();
      const folder = await writeProject(place, projectOf("true"));
      const ended = await call(place, folder, args, variables);
      assert.equal(ended.code, 2, ended.stderr);
      assert.ok(ended.stderr.includes(says), ended.stderr);
      assert.equal(await Deno.stat(join(folder, "mlflow.db")).catch(() => undefined), undefined);
    },
  );
}
