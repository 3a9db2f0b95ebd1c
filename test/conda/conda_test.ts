/** Environments of conda's packages, from a channel of the tests' own: solved, locked, made, run, made again. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realTest } from "../real_part.ts";
import { finish, readRuns } from "../run/run_project.ts";
import { callSluice, type CondaPlace, makeFolder, openCondaPlace, startSluice } from "./conda_channel.ts";

let opened: Promise<CondaPlace> | undefined;
const openPlace = () => opened ??= openCondaPlace();
Deno.test.afterAll(async () => await (await opened)?.[Symbol.asyncDispose]());

const mlproject = (command: string): string =>
  `name: c\nconda_env: conda.yaml\nentry_points:\n  main: {command: ${JSON.stringify(command)}}\n`;
const condaYaml = (channel: string, ...dependencies: readonly string[]): string =>
  `channels: ["file://${channel}"]\ndependencies: [${
    dependencies.join(", ")
  }]\nvariables: {FROM_FILE: "of the file"}\n`;
const says =
  'python -c \'import greeting,os,sys; print(greeting.VERSION, sys.prefix == os.environ["CONDA_PREFIX"], os.environ["FROM_FILE"])\'';

/** What `tested` needs of its environment, made in a folder of its own. */
const project = (place: CondaPlace, command: string, ...dependencies: readonly string[]) =>
  makeFolder(place, {
    MLproject: mlproject(command),
    "conda.yaml": condaYaml(place.channel, ...dependencies),
  });

const environmentsOf = (place: CondaPlace) =>
  join(place.variables["XDG_CACHE_HOME"]!, "sluice", "environments");
const packagesOf = (place: CondaPlace) => join(place.variables["XDG_CACHE_HOME"]!, "sluice", "conda");

realTest(
  ["python", "uv", "network"],
  "a project runs in conda's own packages, activated, with what pip adds, and is locked",
  async () => {
    const place = await openPlace();
    const command =
      `${says} && greet && python -c 'import six; print(six.__name__)' && echo "$SETTING" && cat $CONDA_PREFIX/share/helper/place.txt`;
    const folder = await project(place, command, "python", "greeting=1.0", "setting", "helper", "pip: [six]");
    const ended = await callSluice(place, folder, ["run", "."]);
    assert.equal(ended.code, 0, ended.stderr);
    const [version, program, six, setting, helper] = ended.stdout.trimEnd().split("\n");
    assert.deepEqual([version, program, six], ["1.0 True of the file", "greeting 1.0", "six"]);
    assert.equal(setting!.replace("from ", ""), helper!.replace("/share", ""));
    assert.ok(helper!.startsWith(environmentsOf(place)), helper);
    const [run] = readRuns(folder);
    assert.equal(run!.tags["mlflow.project.env"], "conda");
    assert.equal(run!.tags["sluice.packages"], "conda");
    const lock = JSON.parse(await Deno.readTextFile(join(folder, "sluice.lock")));
    assert.equal(lock.version, 3);
    const [entry] = Object.values(lock.environments) as {
      kind: string;
      packages: Record<string, string[]>;
    }[];
    assert.equal(entry!.kind, "conda");
    for (const [pin, digests] of Object.entries(entry!.packages)) {
      assert.ok(digests.every((digest) => /^sha256:[0-9a-f]{64}$/.test(digest)) && digests.length > 0, pin);
    }
    assert.ok(Object.keys(entry!.packages).some((pin) => pin.startsWith("six==")));
  },
);

realTest(
  ["python", "uv", "network"],
  "from the lock alone it is made again, with no channel, and not otherwise",
  async () => {
    const place = await openPlace();
    const folder = await project(place, says, "python", "greeting=1.0");
    const first = await callSluice(place, folder, ["run", "."]);
    assert.equal(first.code, 0, first.stderr);
    await Deno.rename(place.channel, `${place.channel}-away`);
    try {
      const again = await callSluice(place, folder, ["run", "."]);
      assert.equal(again.stdout, first.stdout, again.stderr);
      await Deno.remove(environmentsOf(place), { recursive: true });
      const made = await callSluice(place, folder, ["run", "."]);
      assert.equal(made.stdout, first.stdout, made.stderr);
      assert.match(made.stderr, /environment conda: made in/);
      await Deno.remove(environmentsOf(place), { recursive: true });
      await Deno.remove(packagesOf(place), { recursive: true });
      const refused = await callSluice(place, folder, ["run", "."]);
      assert.equal(refused.code, 1, refused.stderr);
      assert.match(refused.stderr, /ENVIRONMENT_FAILED/);
      assert.equal(readRuns(folder).length, 3);
    } finally {
      await Deno.rename(`${place.channel}-away`, place.channel);
    }
    const back = await callSluice(place, folder, ["run", "."]);
    assert.equal(back.stdout, first.stdout, back.stderr);
  },
);

realTest(["python", "uv", "network"], "a package that is not what was locked is refused", async () => {
  const place = await openPlace();
  const folder = await project(place, says, "python", "greeting=1.0");
  assert.equal((await callSluice(place, folder, ["run", "."])).code, 0);
  const archive = join(place.channel, "noarch", "greeting-1.0-0.tar.bz2");
  const before = await Deno.readFile(archive);
  await Deno.remove(environmentsOf(place), { recursive: true });
  await Deno.remove(packagesOf(place), { recursive: true });
  await Deno.copyFile(join(place.channel, "noarch", "greeting-2.0-0.tar.bz2"), archive);
  try {
    const refused = await callSluice(place, folder, ["run", "."]);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /ENVIRONMENT_FAILED[^]*mismatch/i);
    assert.deepEqual([...Deno.readDirSync(environmentsOf(place))], []);
  } finally {
    await Deno.writeFile(archive, before);
  }
});

for (
  const [name, dependencies, code, expected] of [
    ["what no version meets", ["python", "needs-newer"], 2, /REQUIREMENTS_UNSATISFIABLE[^]*greeting/],
    ["what the machine has not", ["needs-cuda"], 2, /REQUIREMENTS_UNSATISFIABLE[^]*__cuda/],
    [
      "a package that the channel has not",
      ["no-such-package"],
      2,
      /REQUIREMENTS_UNSATISFIABLE[^]*no-such-package/,
    ],
    [
      "pip's packages that no version meets",
      ["python", "pip: [six==0.0.1]"],
      2,
      /REQUIREMENTS_UNSATISFIABLE[^]*six/,
    ],
    ["a version that is none", ["python=="], 2, /PROJECT_FILE_INVALID/],
  ] as const
) {
  realTest(
    ["python", "uv", "network"],
    `${name} is refused in the solver's words, and nothing is recorded`,
    async () => {
      const place = await openPlace();
      const folder = await project(place, "true", ...dependencies);
      const ended = await callSluice(place, folder, ["run", "."]);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, expected);
      assert.doesNotMatch(ended.stderr, /This is a bug of sluice|\n {4}at |Traceback/);
      assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), [
        "MLproject",
        "conda.yaml",
      ]);
    },
  );
}

realTest(
  ["python", "uv", "network"],
  "a channel whose index is broken is told of in its own words",
  async () => {
    const place = await openPlace();
    const channel = join(place.folder, "broken");
    for (const folder of ["noarch", "linux-64", "linux-aarch64"]) {
      await Deno.mkdir(join(channel, folder), { recursive: true });
      await Deno.writeTextFile(join(channel, folder, "repodata.json"), '{"packages": [');
    }
    const folder = await makeFolder(place, {
      MLproject: mlproject("true"),
      "conda.yaml": condaYaml(channel, "python"),
    });
    const ended = await callSluice(place, folder, ["run", "."]);
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /ENVIRONMENT_FAILED/);
  },
);

for (
  const [name, args, channel, why] of [
    [
      "where its channel is not there",
      [],
      "/no/such/channel",
      /as the channel file:\/\/\/no\/such\/channel cannot be reached/,
    ],
    ["with --env-manager uv", ["--env-manager", "uv"], undefined, /as was asked for/],
  ] as const
) {
  realTest(
    ["python", "uv", "network"],
    `the packages are taken from PyPI ${name}, which is told and recorded`,
    async () => {
      const place = await openPlace();
      const folder = await makeFolder(place, {
        MLproject: mlproject("python -c 'import six; print(six.__version__)'"),
        "conda.yaml": condaYaml(channel ?? place.channel, "python", "six=1.16"),
      });
      const ended = await callSluice(place, folder, ["run", ".", ...args]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(ended.stdout, "1.16.0\n");
      assert.match(ended.stderr, why);
      assert.equal(readRuns(folder)[0]!.tags["sluice.packages"], "pypi");
      const again = await callSluice(place, folder, ["run", ".", ...args]);
      assert.match(again.stderr, args.length === 0 ? /as `sluice.lock` has them/ : why);
    },
  );
}

const sluiceModule = fileURLToPath(new URL("../../mod.ts", import.meta.url));

realTest(
  ["python", "uv", "network"],
  "a step of a pipeline runs in conda's packages, held by a sandbox, and is cached",
  async () => {
    const place = await openPlace();
    const step = (environment: string) => `
import { conda, file, pipeline, sh, step } from ${JSON.stringify(sluiceModule)};
const greet = step("greet", {
  env: ${environment},
  outputs: { said: file("txt") },
  command: ({ outputs }) => sh\`python write.py \${outputs.said}\`,
});
export default pipeline("c", { params: {} }, () => greet({}));
`;
    const listed =
      `conda({ channels: ["file://${place.channel}"], dependencies: ["python", "greeting=1.0", "setting"] })`;
    const folder = await makeFolder(place, {
      "pipeline.ts": step(listed),
      "conda.yaml": condaYaml(place.channel, "python", "greeting=1.0", "setting"),
      "write.py":
        "import greeting, os, sys\nopen(sys.argv[1], 'w').write(greeting.VERSION + os.environ['SETTING'][:4])\n",
    });
    const states = async () => {
      const ended = await callSluice(place, folder, ["run", "pipeline.ts", "--json"]);
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      const reports = ended.events.flatMap((event) => event.is === "step-ended" ? [event] : []);
      const [report] = reports;
      assert.equal(await Deno.readTextFile(report!.outputs["said"]!.path), "1.0from");
      return [report!.outcome.is, report!.sandbox];
    };
    const [first, tier] = await states();
    assert.equal(first, "finished");
    assert.notEqual(tier, "none");
    assert.deepEqual(await states(), ["cached", tier]);
    const locked = await callSluice(place, folder, ["lock", "pipeline.ts"]);
    assert.equal(locked.code, 0, locked.stderr);
    const plan = await callSluice(place, folder, ["run", "pipeline.ts", "--locked", "--dry-run"]);
    assert.match(plan.stdout, /conda, locked/);
    // The same, said by a file: the same environment but for the file's own variables.
    await Deno.writeTextFile(join(folder, "pipeline.ts"), step('conda({ file: "conda.yaml" })'));
    assert.deepEqual((await states())[0], "finished");
  },
);

realTest(["python", "uv", "network"], "ten processes that need it at once make it once", async () => {
  const place = await openPlace();
  const folder = await project(place, "true", "python", "greeting=2.0");
  const warm = await callSluice(place, folder, ["run", "."]);
  assert.equal(warm.code, 0, warm.stderr);
  await Deno.remove(environmentsOf(place), { recursive: true });
  const ended = await Promise.all(
    Array.from(
      { length: 10 },
      (_, index) =>
        callSluice(place, folder, [
          "run",
          ".",
          "--json",
          "--tracking-uri",
          `sqlite:///${folder}/${index}.db`,
        ]),
    ),
  );
  const made = ended.flatMap(({ events }) =>
    events.filter((event) => event.is === "environment-ready" && event.isNew)
  );
  assert.deepEqual(
    ended.map(({ code }) => code),
    Array(10).fill(0),
    ended.map(({ stderr }) => stderr).join("\n"),
  );
  assert.equal(made.length, 1);
});

realTest(
  ["python", "uv", "network"],
  "after kill -9 in the middle the next start makes it whole",
  async () => {
    const place = await openPlace();
    const folder = await project(place, says, "python", "greeting=1.0", "setting");
    assert.equal((await callSluice(place, folder, ["run", "."])).code, 0);
    for (const afterMs of [120, 200, 280]) {
      await Deno.remove(environmentsOf(place), { recursive: true });
      const child = startSluice(place, folder, ["run", "."]);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      child.kill("SIGKILL");
      await finish(child);
      const ended = await callSluice(place, folder, ["run", "."]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(ended.stdout, "1.0 True of the file\n");
    }
  },
);

realTest(
  ["python", "uv", "network"],
  "an archive's entry that leads out of the environment is not written",
  async () => {
    const place = await openPlace();
    const channel = join(place.folder, "hostile");
    const make = `
import hashlib, io, json, os, sys, tarfile, bz2
channel = sys.argv[1]
index = {"name": "hostile", "version": "1", "build": "0", "build_number": 0, "subdir": "noarch", "depends": [], "noarch": "generic"}
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w") as archive:
    def add(name, content):
        info = tarfile.TarInfo(name); info.size = len(content); archive.addfile(info, io.BytesIO(content))
    add("../../../../escaped.txt", b"out")
    add("info/index.json", json.dumps(index).encode())
    add("info/paths.json", json.dumps({"paths_version": 1, "paths": [{"_path": "../../../../escaped.txt", "path_type": "hardlink", "sha256": hashlib.sha256(b"out").hexdigest(), "size_in_bytes": 3}]}).encode())
data = bz2.compress(out.getvalue())
os.makedirs(channel + "/noarch"); os.makedirs(channel + "/linux-64"); os.makedirs(channel + "/linux-aarch64")
open(channel + "/noarch/hostile-1-0.tar.bz2", "wb").write(data)
entry = {**index, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "md5": hashlib.md5(data).hexdigest()}
for subdir, packages in [("noarch", {"hostile-1-0.tar.bz2": entry}), ("linux-64", {}), ("linux-aarch64", {})]:
    json.dump({"info": {"subdir": subdir}, "packages": packages, "packages.conda": {}}, open(f"{channel}/{subdir}/repodata.json", "w"))
`;
    const { success } = await new Deno.Command("python3", { args: ["-c", make, channel] }).output();
    assert.ok(success);
    const folder = await makeFolder(place, {
      MLproject: mlproject("true"),
      "conda.yaml": condaYaml(channel, "hostile"),
    });
    await callSluice(place, folder, ["run", "."]);
    const escaped: string[] = [];
    const look = (at: string) => {
      for (const entry of Deno.readDirSync(at)) {
        if (entry.name === "escaped.txt") escaped.push(join(at, entry.name));
        if (entry.isDirectory && !/^(environments|conda|tools|uv)$/.test(entry.name)) {
          look(
            join(at, entry.name),
          );
        }
      }
    };
    look(place.folder);
    assert.deepEqual(escaped, []);
  },
);
