import assert from "node:assert/strict";
import fc from "fast-check";
import { SluiceError } from "../core/error.ts";
import { type Lock, printLock, readLock } from "./lock_file.ts";

/** Broken line by line below; the golden file is held by `test/golden_test.ts`. */
const sample = `{
  "version": 1,
  "environments": {
    "sha256:a6c0f6e8e2f6f2a0ad9ea0b4cf8e1d3c1a9e7f5b2c4d6e8f0a1b2c3d4e5f6071": {
      "kind": "python",
      "python": "3.12",
      "platform": "linux-x86_64",
      "requirements": [
        "numpy>=2",
        "six"
      ],
      "packages": {
        "numpy==2.1.0": ["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"],
        "six==1.17.0": ["sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274"]
      }
    },
    "sha256:b7d1a7f9f3a7a3b1be0fb1c5da9f2e4d2b0f8a6c3d5e7f9a1b2c3d4e5f607182": {
      "kind": "python",
      "python": "3.12.1",
      "platform": "macos-aarch64",
      "requirements": [],
      "packages": {
        "tool @ git+https://example.org/tool.git@8f29c9b45bb661e7b625043e9b63d256c4203f21": []
      }
    }
  }
}
`;

Deno.test("readLock() and printLock() give a lock back byte for byte", () => {
  assert.equal(printLock(readLock(sample, "sluice.lock")), sample);
});

const hexDigits = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const digest = hexDigits(64).map((hex) => `sha256:${hex}`);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,12}$/);
const pin = fc.oneof(
  fc.tuple(name, fc.stringMatching(/^[0-9][a-z0-9.+!]{0,8}$/)).map(([one, version]) => `${one}==${version}`),
  fc.tuple(name, name).map(([one, extra]) => `${one}[${extra}]==1.0 ; sys_platform == 'win32'`),
);
const entry = fc.record({
  kind: fc.constant("python" as const),
  python: fc.constantFrom("3.9", "3.12", "3.13.1", "3.15.0b1"),
  platform: fc.constantFrom("linux-x86_64", "macos-aarch64"),
  requirements: fc.array(fc.string()),
  packages: fc.dictionary(pin, fc.uniqueArray(digest, { minLength: 1, maxLength: 3 })),
});
const path = fc.stringMatching(/^[a-z./ "]{1,12}$/);
const record = fc.record({
  environments: fc.uniqueArray(digest),
  files: fc.dictionary(path, digest),
  modules: fc.dictionary(path, fc.string()),
});
const lock = fc.record({
  environments: fc.dictionary(digest, entry),
  pipelines: fc.dictionary(path, record),
});

Deno.test("printLock() is read back as the same value", () => {
  fc.assert(fc.property(lock, (value) => {
    const printed = printLock(value);
    const map = <T, U>(of: Record<string, T>, change: (one: T) => U) =>
      Object.fromEntries(Object.entries(of).map(([key, one]) => [key, change(one)]));
    const { environments, pipelines } = readLock(printed, "sluice.lock");
    const sorted = (digests: readonly string[]) => digests.toSorted();
    assert.deepEqual(
      environments,
      map(value.environments, (one) => ({ ...one, packages: map(one.packages, sorted) })),
    );
    assert.deepEqual(
      pipelines,
      map(value.pipelines, (one) => ({
        ...{ environments: sorted(one.environments), files: { ...one.files }, modules: { ...one.modules } },
      })),
    );
    assert.equal(printLock(readLock(printed, "sluice.lock")), printed);
    assert.deepEqual(JSON.parse(printed).version, Object.keys(pipelines).length === 0 ? 1 : 2);
  }));
});

Deno.test("readLock() gives no more than what a lock says, whichever version it is of", () => {
  const text = '{"version": 2, "environments": {}, "pipelines": {}}';
  assert.deepEqual(readLock(text, "sluice.lock"), { environments: {}, pipelines: {} });
});

Deno.test("printLock() does not depend on the order of entries, packages and digests", () => {
  fc.assert(fc.property(lock, (value) => {
    const turned = <T>(record: Record<string, T>, map: (one: T) => T) =>
      Object.fromEntries(Object.entries(record).reverse().map(([key, one]) => [key, map(one)]));
    const other: Lock = {
      environments: turned(
        value.environments,
        (one) => ({ ...one, packages: turned(one.packages, (all) => all.toReversed()) }),
      ),
      pipelines: turned(value.pipelines, (one) => ({
        environments: one.environments.toReversed(),
        files: turned(one.files, (what) => what),
        modules: turned(one.modules, (what) => what),
      })),
    };
    assert.equal(printLock(other), printLock(value));
  }));
});

for (
  const [what, change, code, message, line] of [
    [
      "a newer version",
      ['"version": 1', '"version": 4'],
      "FORMAT_NEWER",
      /format 4 and this sluice knows 3/,
      2,
    ],
    ["no version", ['  "version": 1,\n', ""], "LOCK_INVALID", /`version` is wrong/, 1],
    ["a version that is text", ['"version": 1', '"version": "1"'], "LOCK_INVALID", /`version` is wrong/, 2],
    ["a missing comma", ['"kind": "python",', '"kind": "python"'], "LOCK_INVALID", /no JSON/, 5],
    ["half the file", [/"platform"[^]*/, ""], "LOCK_INVALID", /no JSON/, 6],
    ["nothing at all", [/[^]*/, ""], "LOCK_INVALID", /no JSON/, 1],
    ["a list", [/[^]*/, "[]"], "LOCK_INVALID", /it is wrong/, 1],
    ["a merge conflict", ['        "six"\n', '<<<<<<< HEAD\n"six"\n'], "LOCK_INVALID", /merge conflict/, 10],
    ["a stray word", ['        "six"\n', "        six\n"], "LOCK_INVALID", /no JSON: unexpected token/, 10],
    ["an unknown kind", ['"kind": "python"', '"kind": "conda"'], "LOCK_INVALID", /kind` is wrong/, 5],
    ["an unknown member", ['"kind": "python"', '"note": 1, "kind": "python"'], "LOCK_INVALID", /is wrong/, 4],
    ["pipelines in version 1", ["{\n", '{ "pipelines": {},\n'], "LOCK_INVALID", /is wrong/, 1],
    [
      "version 2 without pipelines",
      ['"version": 1', '"version": 2'],
      "LOCK_INVALID",
      /pipelines` is wrong/,
      1,
    ],
    ["a short digest", ["fedcba9876543210", "fedc"], "LOCK_INVALID", /is wrong/, 13],
    [
      "a package without a digest",
      [/"six==1.17.0": \[.*\]/, '"six==1.17.0": []'],
      "LOCK_INVALID",
      /no digest/,
      14,
    ],
    ["an option as a package", ["six==1.17.0", "--index-url=x"], "LOCK_INVALID", /is wrong/, 14],
    ["an option behind a package", ["six==1.17.0", "six==1 --hash=md5:0"], "LOCK_INVALID", /is wrong/, 14],
    ["a range", ["six==1.17.0", "six>=1"], "LOCK_INVALID", /is wrong/, 14],
    ["a folder", ["six==1.17.0", "./six"], "LOCK_INVALID", /is wrong/, 14],
  ] as const
) {
  Deno.test(`readLock() refuses ${what}, with the line`, () => {
    const text = sample.replace(change[0], change[1]);
    assert.throws(() => readLock(text, "/project/sluice.lock"), (error) => {
      assert(error instanceof SluiceError);
      assert.equal(error.failure.code, code);
      assert.match(error.failure.message, message);
      assert.deepEqual(error.failure.at, { file: "/project/sluice.lock", line });
      return true;
    });
  });
}

const archive = "https://channel.example/main/linux-64/python-3.12.1-h1_0.conda";
const digestOf = (kind: string, length: number) => `${kind}:${"0".repeat(length)}`;
for (
  const [what, packages, isRead] of [
    ["an archive by sha256", { [archive]: [digestOf("sha256", 64)] }, true],
    ["an archive by md5", { [archive]: [digestOf("md5", 32)] }, true],
    ["an archive of an old kind", { [archive.replace(".conda", ".tar.bz2")]: [digestOf("md5", 32)] }, true],
    [
      "a package of pip beside it",
      { [archive]: [digestOf("md5", 32)], "six==1": [digestOf("sha256", 64)] },
      true,
    ],
    ["a package of pip by md5", { "six==1": [digestOf("md5", 32)] }, false],
    ["an archive without a digest", { [archive]: [] }, false],
    [
      "an archive with a space in its address",
      { [archive.replace("main", "ma in")]: [digestOf("md5", 32)] },
      false,
    ],
    ["what is no archive", { "https://channel.example/main/python": [digestOf("md5", 32)] }, false],
    ["an archive by another way", { [archive.replace("https", "ftp")]: [digestOf("md5", 32)] }, false],
  ] as const
) {
  Deno.test(`readLock() ${isRead ? "reads" : "refuses"} of conda ${what}`, () => {
    const conda: Lock["environments"][string] = {
      ...{ kind: "conda", python: "3.12.1", platform: "linux-x86_64", requirements: ["python"] },
      packages,
    };
    const text = printLock({ environments: { [digestOf("sha256", 64)]: conda }, pipelines: {} });
    assert.equal(JSON.parse(text).version, 3);
    const read = () => readLock(text, "sluice.lock").environments[digestOf("sha256", 64)];
    if (isRead) assert.deepEqual(read(), conda);
    else {assert.throws(read, (error) =>
        error instanceof SluiceError && error.failure.code === "LOCK_INVALID");}
  });
}

Deno.test("readLock() never throws anything but a SluiceError, whatever byte is damaged", () => {
  fc.assert(fc.property(fc.nat(sample.length - 1), fc.string({ maxLength: 3 }), (at, with_) => {
    try {
      readLock(sample.slice(0, at) + with_ + sample.slice(at + 1), "sluice.lock");
    } catch (error) {
      assert(error instanceof SluiceError);
      assert(["LOCK_INVALID", "FORMAT_NEWER"].includes(error.failure.code));
    }
  }));
});
