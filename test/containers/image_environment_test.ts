/** Steps that see the files of an image, which podman fetched or built, and which bubblewrap holds. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realTest } from "../real_part.ts";
import { readRuns, runSluice } from "../run/run_project.ts";
import { writeProject } from "./container_answer.ts";
import { type ContainerPlace, imageName, openContainerPlace, podman } from "./container_workplace.ts";

let opened: Promise<ContainerPlace> | undefined;
const openPlace = () => opened ??= openContainerPlace();
Deno.test.afterAll(async () => await (await opened)?.[Symbol.asyncDispose]());

const needs = ["podman", "bubblewrap"] as const;
const sluiceModule = fileURLToPath(new URL("../../mod.ts", import.meta.url));
const pipelineOf = (environment: string, more = ""): string => `
import { docker, file, pipeline, sh, step } from ${JSON.stringify(sluiceModule)};
const look = step("look", {
  env: ${environment},
  outputs: { said: file() },
  command: ({ outputs }) => sh\`bash look.sh \${outputs.said}\`,${more}
});
export default pipeline("images", { params: {} }, () => look({}));
`;
/** Logs a metric through the address that it finds, if it finds one. */
const look = `{ echo /*; echo "$PWD"; echo *; cat /built 2>/dev/null; } > "$1"
if [ -n "$MLFLOW_TRACKING_URI" ]; then
  address=\${MLFLOW_TRACKING_URI#http://}; host=\${address%%/*}; path=\${address#"$host"}
  body="{\\"run_id\\": \\"$MLFLOW_RUN_ID\\", \\"key\\": \\"inside\\", \\"value\\": 7, \\"timestamp\\": 1}"
  exec 3<>/dev/tcp/\${host%:*}/\${host#*:}
  printf 'POST %s/api/2.0/mlflow/runs/log-metric HTTP/1.0\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\nContent-Length: %s\\r\\n\\r\\n%s' "$path" \${#body} "$body" >&3
  cat <&3
fi
`;

const usual = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache");
const variablesOf = (place: ContainerPlace) => ({
  ...place.variables,
  XDG_CACHE_HOME: join(place.folder, "cache"),
  DENO_DIR: Deno.env.get("DENO_DIR") ?? join(usual, "deno"),
});
const call = (place: ContainerPlace, folder: string, args: readonly string[], variables = {}) =>
  runSluice(["run", ...args], folder, { ...variablesOf(place), ...variables });

/** What became of `look`, and what it said. */
async function lookAgain(place: ContainerPlace, folder: string, ...args: readonly string[]) {
  const ended = await call(place, join(folder, "project"), ["pipeline.ts", "--json", ...args]);
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  const [report] = ended.events.flatMap((event) => event.is === "step-ended" ? [event] : []);
  return {
    is: report!.outcome.is,
    tier: report!.sandbox,
    said: (await Deno.readTextFile(report!.outputs["said"]!.path)).split("\n"),
  };
}

realTest(
  needs,
  "a step sees the image's files and its own, logs with the network closed, and is cached",
  async () => {
    const place = await openPlace();
    const folder = await writeProject(place, {
      name: "",
      files: { "pipeline.ts": pipelineOf(`docker({ image: "${imageName}" })`), "look.sh": look },
    });
    const first = await lookAgain(place, folder);
    assert.deepEqual([first.is, first.tier], ["finished", "bubblewrap"]);
    const [root, at, own] = first.said;
    assert.ok(root!.includes("/bin") && root!.includes("/lib64") && !root!.includes("/home"), root);
    assert.deepEqual([at, own], [join(folder, "project"), "look.sh"]);
    const runs = readRuns(join(folder, "project"));
    assert.equal(runs.find(({ tags }) => tags["sluice.step"] === "look")!.metrics["inside"], 7);
    assert.equal((await lookAgain(place, folder)).is, "cached");
    // Without an engine: the image is a folder by now.
    const alone = await call(place, join(folder, "project"), ["pipeline.ts", "--no-cache"], {
      SLUICE_CONTAINER_ENGINE: "no-such-engine",
    });
    assert.equal(alone.code, 0, alone.stderr);
    assert.equal((await lookAgain(place, folder, "--no-cache", "--sandbox", "off")).tier, "bubblewrap");
    const lock = JSON.parse(await Deno.readTextFile(join(folder, "project", "sluice.lock")));
    const [entry] = Object.values(lock.environments) as {
      kind: string;
      packages: Record<string, string[]>;
    }[];
    assert.equal(entry!.kind, "docker");
    assert.match(entry!.packages[imageName]![0]!, /^sha256:[0-9a-f]{64}$/);
  },
);

realTest(needs, "an image is built of a folder, anew when anything in it changes", async () => {
  const place = await openPlace();
  const folder = await writeProject(place, {
    name: "",
    files: {
      "pipeline.ts": pipelineOf('docker({ build: "image" })'),
      "look.sh": look,
      "image/Dockerfile": `FROM ${imageName}\nCOPY text /built\nENV FROM_IMAGE=yes\n`,
      "image/text": "one\n",
    },
  });
  assert.equal((await lookAgain(place, folder)).said[3], "one");
  assert.equal((await lookAgain(place, folder)).is, "cached");
  await Deno.writeTextFile(join(folder, "project", "image", "text"), "two\n");
  assert.equal((await lookAgain(place, folder)).said[3], "two");
});

realTest(needs, "an image that is not what was locked is refused", async () => {
  const place = await openPlace();
  await podman(place, ["tag", imageName, "localhost/moving:1"]);
  const folder = await writeProject(place, {
    name: "",
    files: { "pipeline.ts": pipelineOf('docker({ image: "localhost/moving:1" })'), "look.sh": look },
  });
  await lookAgain(place, folder);
  const lock = join(folder, "project", "sluice.lock");
  const text = await Deno.readTextFile(lock);
  await Deno.writeTextFile(lock, text.replace(/sha256:[0-9a-f]{64}"\]/, `sha256:${"0".repeat(64)}"]`));
  const ended = await call(place, join(folder, "project"), ["pipeline.ts"]);
  assert.equal(ended.code, 1, ended.stderr);
  assert.match(ended.stderr, /ENVIRONMENT_FAILED.*is not what was locked/);
});

realTest(
  needs,
  "entry points of a project with an image that depend on others run in it, held and cached",
  async () => {
    const place = await openPlace();
    const folder = await writeProject(place, {
      name: "",
      files: {
        MLproject: `name: c
docker_env: {image: "${imageName}", environment: [[GIVEN, "a b"]]}
entry_points:
  a: {command: "echo $GIVEN > made.txt"}
  main: {command: "tr a-z A-Z < made.txt > {to}", depends_on: [a], parameters: {to: string}}
`,
      },
    });
    const outcomes = async () => {
      const ended = await call(place, folder, ["project", "-P", "to=upper.txt", "--json"]);
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      return ended.events.flatMap((event) => event.is === "step-ended" ? [event.outcome.is] : []);
    };
    assert.deepEqual(await outcomes(), ["finished", "finished"]);
    assert.equal(await Deno.readTextFile(join(folder, "project", "upper.txt")), "A B\n");
    assert.deepEqual(await outcomes(), ["cached", "cached"]);
    const refused = await call(place, folder, ["project", "-P", "to=x", "-A", "m=1g"]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /Cannot give `-A` to steps/);
  },
);

for (
  const [name, environment, files, code, says] of [
    [
      "an image that does not exist",
      'docker({ image: "localhost/no-such:1" })',
      {},
      2,
      /ENVIRONMENT_INVALID.*no-such/,
    ],
    [
      "a folder without a Dockerfile",
      'docker({ build: "image" })',
      { "image/x": "" },
      2,
      /holds no `Dockerfile`/,
    ],
    [
      "a Dockerfile that fails",
      'docker({ build: "image" })',
      { "image/Dockerfile": `FROM ${imageName}\nRUN exit 3\n` },
      1,
      /ENVIRONMENT_FAILED.*Cannot build/,
    ],
    ["a name that is none", 'docker({ image: "--privileged" })', {}, 2, /is no name of an image/],
    [
      "both a name and a folder",
      'docker({ image: "a", build: "b" } as never)',
      {},
      2,
      /of which one decides/,
    ],
  ] as const
) {
  realTest(needs, `a step is refused for ${name}`, async () => {
    const place = await openPlace();
    const folder = await writeProject(place, {
      name: "",
      files: { "pipeline.ts": pipelineOf(environment), "look.sh": look, ...files },
    });
    const ended = await call(place, join(folder, "project"), ["pipeline.ts"]);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, says);
    assert.doesNotMatch(ended.stderr, /This is a bug of sluice|\n {4}at /);
  });
}
