/** What environments are read from: requirements, projects, locks, settings, and what sluice itself notes of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readIni } from "../../../src/environments/ini.ts";
import { openInterpreterMemory } from "../../../src/environments/interpreter_memory.ts";
import { printLock, readLock } from "../../../src/environments/lock_file.ts";
import { packageName, packageVersions } from "../../../src/environments/packages.ts";
import { readPipSettings, uvSettings } from "../../../src/environments/pip_settings.ts";
import { readPyproject } from "../../../src/environments/pyproject.ts";
import { compareVersions, matchesSpecifiers, minorOf } from "../../../src/environments/python_version.ts";
import { parseRequirementsText } from "../../../src/environments/requirements_text.ts";
import { findMoved } from "../../../src/environments/uv_lock.ts";
import { parseRecord } from "../../../src/environments/verify_packages.ts";
import { golden } from "../../golden.ts";
import { anyTarget, ofText, type Target } from "../target.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const lockWithPipelines = printLock({
  environments: {
    [digest]: {
      kind: "python",
      python: "3.12",
      platform: "linux-x86_64",
      requirements: ["numpy>=2", "pkg @ git+https://host/x@abc"],
      packages: {
        "numpy==2.1.0": [digest],
        "pkg @ git+https://host/x@abc": [],
        "./a-1.0-py3-none-any.whl": [digest],
      },
    },
  },
  pipelines: {
    "pipeline.ts#iris": {
      environments: [digest],
      files: { "data/raw.csv": digest },
      modules: { "npm:zod": "4.6.7" },
    },
  },
});

function readLockBack(text: string): void {
  const lock = readLock(text, "/project/sluice.lock");
  const printed = printLock(lock);
  const again = readLock(printed, "/project/sluice.lock");
  assert.deepEqual(readLock(printLock(again), "/project/sluice.lock"), again);
  assert.equal(printLock(again), printed);
}

const requirements = [
  "numpy>=2,<3\nscikit-learn[extra]==1.5.0 ; python_version < '3.13'\n# a comment\n",
  "-i https://host/simple\n--extra-index-url=https://other/simple\n--no-binary numpy\npandas\n",
  "pkg @ file:///wheels/pkg-1.0-py3-none-any.whl\n./b-2.0-py3-none-any.whl\n-r other.txt\n-c limits.txt\n",
  "a \\\n  == 1.0 \\\n  --hash=sha256:0\n",
];

const requirementsText: Target<string> = {
  name: "requirements.txt",
  weight: 1,
  open(folder) {
    Deno.writeTextFileSync(join(folder, "other.txt"), "six\n-c limits.txt\n-r other.txt\n");
    Deno.writeTextFileSync(join(folder, "limits.txt"), "six<2\n");
    Deno.writeTextFileSync(join(folder, "b-2.0-py3-none-any.whl"), "wheel");
    Deno.mkdirSync(join(folder, "folder"));
    return {
      samples: [...requirements, "-r folder\n-c .\n-r /dev/null\n"],
      run: (text) => {
        const read = parseRequirementsText(text, { folder, file: join(folder, "requirements.txt") });
        if (read.requirements.some((line) => line.endsWith("\\"))) return;
        const again = parseRequirementsText(read.requirements.join("\n"), { folder });
        assert.deepEqual(again.requirements, read.requirements);
        packageVersions(Object.fromEntries(read.requirements.map((line) => [line, null])));
      },
    };
  },
};

const pipConfiguration = [
  "[global]\nindex-url = https://host/simple\nextra-index-url =\n    https://a/simple\n    https://b/simple\n",
  "[install]\nno-binary: numpy,scipy\npre = true\nfind-links = wheels ~/more\n; comment\n[list]\nformat = columns\n",
];

function readPip(text: string): void {
  const sections = readIni(text);
  for (const section of Object.values(sections)) {
    for (const value of Object.values(section)) assert.equal(typeof value, "string");
  }
  const settings = readPipSettings(
    { PIP_CONFIG_FILE: "/pip.conf", HOME: "/home/u" },
    (path) => path === "/pip.conf" ? text : undefined,
  );
  uvSettings(settings, { HOME: "/home/u" }, "/project");
}

const project = `[project]
name = "p"
dependencies = ["numpy>=2", "pandas[excel] >=2, <3 ; marker"]
requires-python = ">=3.10,<3.14"
dynamic = []
[tool.uv]
index = [{ url = "https://host/simple", name = 'x' }]
[tool.black]
line-length = 100
when = 1979-05-27T07:32:00Z
`;
const uvLock = `version = 1
[[package]]
name = "numpy"
version = "2.1.0"
source = { registry = "https://host/simple" }
[[package]]
name = "p"
source = { virtual = "." }
[package.metadata]
requires-dist = [{ name = "numpy", specifier = ">=2" }, { name = "six", marker = "extra == 'x'" }]
`;

const versions = [">=3.10,<3.14", "~=3.11", "==3.12.*", "!=3.9.1, >3.8", "3.15.0rc2", "3.12"];

const record = `numpy/__init__.py,sha256=AbC_-09,123
"odd, ""name"".py",sha256=x=,1
numpy-2.1.0.dist-info/RECORD,,
`;

const facts = { path: "/usr/bin/python3", version: "3.12.1", implementation: "cpython", prefix: "/usr" };
const interpreterNote = JSON.stringify({
  version: 1,
  examined: { "/usr/bin/env": { stamp: "1 2", facts } },
  digests: { "/usr/bin/env": { stamp: "1 2", digest } },
  choices: { "any": "/usr/bin/env" },
});

const interpreters: Target<string> = {
  name: "interpreters.json",
  weight: 0.2,
  open: (folder) => ({
    samples: [interpreterNote],
    async run(text) {
      await Deno.writeTextFile(join(folder, "interpreters.json"), text);
      const memory = await openInterpreterMemory(folder);
      memory.recall("any");
      await memory.examine("/usr/bin/env", () => Promise.resolve(facts));
      await memory.choose("other", { ...facts, path: "/usr/bin/env" });
    },
  }),
};

export const environmentTargets: readonly Target[] = [
  ofText("sluice.lock", [await golden("sluice.lock"), lockWithPipelines], readLockBack),
  requirementsText,
  ofText("pip.conf", pipConfiguration, readPip),
  ofText("pyproject.toml", [project], (text) => readPyproject(text, "/project/pyproject.toml")),
  ofText("uv.lock", [uvLock], (text) => findMoved(["numpy>=2"], text, "/project/uv.lock")),
  ofText("version of Python", versions, (text) => {
    matchesSpecifiers(text, "3.12.1");
    assert.equal(compareVersions(text, text), 0);
    minorOf(text);
  }),
  ofText(
    "name of a package",
    ["numpy==2.1.0", "Pkg_a[x, y] @ git+https://h/x@1", "./a-1.0-py3-none-any.whl"],
    (text) => {
      packageName(text);
      packageVersions({ [text]: [] });
    },
  ),
  ofText("RECORD of a package", [record], parseRecord),
  interpreters,
].map((target) => anyTarget(target as Target<never>));
