import assert from "node:assert/strict";
import { join } from "node:path";
import { digestBytes } from "../core/digest.ts";
import { SluiceError } from "../core/error.ts";
import { parseRecord, verifyPackages } from "./verify_packages.ts";

for (
  const [what, line, expected] of [
    ["a digest", "a/b.py,sha256=abc_-1,12", { path: "a/b.py", sha256: "abc_-1" }],
    ["padding", "a.py,sha256=abc=,", { path: "a.py", sha256: "abc" }],
    ["none", "a/RECORD,,", { path: "a/RECORD" }],
    ["no comma", "a.py", { path: "a.py" }],
    ["a comma in its name", '"a,b.py",sha256=abc,1', { path: "a,b.py", sha256: "abc" }],
    ["a quote in its name", '"a""b.py",sha256=abc,1', { path: 'a"b.py', sha256: "abc" }],
    ["another algorithm", "a.py,sha512=abc,1", { path: "a.py" }],
  ] as const
) {
  Deno.test(`parseRecord() reads a file with ${what}`, () => {
    assert.deepEqual(parseRecord(`${line}\r\n`), [expected]);
  });
}

const base64 = (text: string) =>
  Uint8Array.fromHex(digestBytes(text).slice(7)).toBase64({ alphabet: "base64url", omitPadding: true });

/** An environment of one package, and its `packages` folder. */
async function withEnvironment(
  test: (environment: string, packages: string, cache: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const packages = join(folder, "env/lib/python3.12/site-packages");
  await Deno.mkdir(join(packages, "alder-1.0.dist-info"), { recursive: true });
  await Deno.mkdir(join(packages, "alder"));
  await Deno.writeTextFile(join(packages, "alder/__init__.py"), "one");
  // Shared with uv's cache.
  await Deno.link(join(packages, "alder/__init__.py"), join(folder, "cached.py"));
  await Deno.writeTextFile(join(packages, "alder.pth"), "");
  await Deno.writeTextFile(join(packages, "_virtualenv.pth"), "import _virtualenv");
  const record = `alder/__init__.py,sha256=${base64("one")},3\nalder.pth,sha256=${base64("")},0\n` +
    "alder-1.0.dist-info/RECORD,,\n";
  await Deno.writeTextFile(join(packages, "alder-1.0.dist-info/RECORD"), record);
  try {
    await test(join(folder, "env"), packages, join(folder, "cache"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const { signal } = new AbortController();

Deno.test("verifyPackages() passes what is as recorded, and reads it once", async () => {
  await withEnvironment(async (environment, packages, cache) => {
    await verifyPackages(environment, cache, signal);
    assert.equal([...Deno.readDirSync(join(cache, "verified"))].length, 1);
    const path = join(packages, "alder/__init__.py");
    const { mtime, atime } = await Deno.stat(path);
    await Deno.writeTextFile(path, "two");
    await Deno.utime(path, atime!, mtime!);
    // The one change that goes unseen once a file was verified: same size, its time set back.
    await verifyPackages(environment, cache, signal);
  });
});

for (
  const [what, change, message] of [
    [
      "a file of another content",
      (packages: string) => Deno.writeTextFile(join(packages, "alder/__init__.py"), "two"),
      /`alder\/__init__.py` of `alder` 1.0 has another content/,
    ],
    [
      "a file that is missing",
      (packages: string) => Deno.remove(join(packages, "alder/__init__.py")),
      /`alder\/__init__.py` of `alder` 1.0 is missing/,
    ],
    [
      "a link in the place of a file",
      async (packages: string) => {
        const path = join(packages, "alder/__init__.py");
        await Deno.rename(path, `${path}.txt`);
        await Deno.symlink(`${path}.txt`, path);
      },
      /is missing/,
    ],
    [
      "a file outside of the environment",
      (packages: string) =>
        Deno.writeTextFile(
          join(packages, "alder-1.0.dist-info/RECORD"),
          `../../../../x,sha256=${base64("")},0\n`,
        ),
      /lies outside/,
    ],
    [
      "a .pth file of no package",
      (packages: string) => Deno.writeTextFile(join(packages, "spy.pth"), "import spy"),
      /spy.pth` is of no package/,
    ],
    [
      "a sitecustomize.py of no package",
      (packages: string) => Deno.writeTextFile(join(packages, "sitecustomize.py"), ""),
      /sitecustomize.py` is of no package/,
    ],
  ] as const
) {
  Deno.test(`verifyPackages() refuses ${what}, though it was right before`, async () => {
    await withEnvironment(async (environment, packages, cache) => {
      await verifyPackages(environment, cache, signal);
      await new Promise((done) => setTimeout(done, 5));
      await change(packages);
      await assert.rejects(verifyPackages(environment, cache, signal), (error) => {
        assert(error instanceof SluiceError);
        assert.equal(error.failure.code, "ENVIRONMENT_FAILED");
        assert.match(error.failure.message, message);
        return true;
      });
    });
  });
}
