import assert from "node:assert/strict";
import { join } from "node:path";
import { SluiceError } from "../core/error.ts";
import { TrackingError } from "../core/tracking.ts";
import { below, localFolder } from "./artifact_location.ts";
import { openLocalArtifacts } from "./local_artifacts.ts";

async function inFolder(check: (location: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await check(join(folder, "run", "artifacts"), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const artifacts = openLocalArtifacts("/base");
const content = (text: string) => new Blob([text]).stream();
const isInvalid = (error: unknown) =>
  error instanceof TrackingError && error.code === "INVALID_PARAMETER_VALUE";

for (
  const [location, expected] of [
    ["/a/b", "/a/b"],
    ["/a/../b/", "/b"],
    ["file:///a/b%20c", "/a/b c"],
    ["file://host/a", undefined],
    ["mlruns/0", "/base/mlruns/0"],
    ["./mlruns/0", "/base/mlruns/0"],
    ["s3://bucket/a", undefined],
    ["mlflow-artifacts:/1/a", undefined],
  ] as const
) {
  Deno.test(`the folder of ${location} is ${expected}`, () =>
    assert.equal(localFolder(location, "/base"), expected));
}

for (
  const [location, expected] of [
    ["/a", "/a/1/artifacts"],
    ["/a/", "/a/1/artifacts"],
    ["file:///a b", "file:///a b/1/artifacts"],
    ["s3://bucket", "s3://bucket/1/artifacts"],
    ["s3://bucket/a?x=1#y", "s3://bucket/a/1/artifacts?x=1#y"],
    ["mlflow-artifacts:/7", "mlflow-artifacts:/7/1/artifacts"],
  ] as const
) {
  Deno.test(`a run's artifacts below ${location} are at ${expected}`, () =>
    assert.equal(below(location, "1", "artifacts"), expected));
}

Deno.test("encoded ways out of a location are refused", () =>
  inFolder(async (location) => {
    const paths = [
      "%2e%2e/x",
      "a/%2E%2E/x",
      "%252e%252e/x",
      "%2fetc/passwd",
      "..%2fx",
      "a%5c..%5cx",
      "a\0b",
      "..\\x",
    ];
    for (const path of paths) {
      await assert.rejects(artifacts.read(location, path), isInvalid, path);
      await assert.rejects(artifacts.write(location, path, content("x")), isInvalid, path);
      await assert.rejects(artifacts.list(location, path), isInvalid, path);
      await assert.rejects(artifacts.take(location, path, "/nowhere"), isInvalid, path);
    }
    await artifacts.write(location, "100%.txt", content("x"));
    await artifacts.write(location, "a%20b#c?.txt", content("x"));
    assert.deepEqual((await artifacts.list(location, "")).map(({ path }) => path), [
      "100%.txt",
      "a%20b#c?.txt",
    ]);
  }));

Deno.test("no symbolic link is followed, listed or replaced through", () =>
  inFolder(async (location, folder) => {
    await Deno.mkdir(location, { recursive: true });
    await Deno.mkdir(join(folder, "secret"));
    await Deno.writeTextFile(join(folder, "secret", "key"), "secret");
    await Deno.symlink(join(folder, "secret"), join(location, "link"));
    await Deno.symlink(join(folder, "secret", "key"), join(location, "key"));
    for (const path of ["link/key", "key", "link"]) {
      await assert.rejects(artifacts.read(location, path), isInvalid, path);
      await assert.rejects(artifacts.write(location, path, content("x")), isInvalid, path);
    }
    await assert.rejects(artifacts.list(location, "link"), isInvalid);
    assert.deepEqual(await artifacts.list(location, ""), []);
    assert.equal(await Deno.readTextFile(join(folder, "secret", "key")), "secret");
  }));

Deno.test("a write that breaks off leaves what was there, and nothing else", () =>
  inFolder(async (location, folder) => {
    await artifacts.write(location, "a.txt", content("old"));
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      pull: (controller) => controller.error(new Error("gone")),
    });
    const isTold = (error: unknown) => error instanceof TrackingError && error.code === "BAD_REQUEST";
    await assert.rejects(artifacts.write(location, "a.txt", broken), isTold);
    assert.equal(await Deno.readTextFile(join(location, "a.txt")), "old");
    assert.deepEqual((await Array.fromAsync(Deno.readDir(join(folder, "run")))).map(({ name }) => name), [
      "artifacts",
    ]);
  }));

Deno.test("what is taken replaces what was there, a folder by a file and a file by a folder", () =>
  inFolder(async (location, folder) => {
    await artifacts.write(location, "x/old", content("old"));
    await Deno.writeTextFile(join(folder, "file"), "new");
    await artifacts.take(location, "x", join(folder, "file"));
    assert.equal(await Deno.readTextFile(join(location, "x")), "new");
    await Deno.mkdir(join(folder, "made"));
    await artifacts.take(location, "x", join(folder, "made"));
    assert.deepEqual(await artifacts.list(location, ""), [{ path: "x", isFolder: true }]);
  }));

Deno.test("what lies on another file system is copied and removed", async () => {
  const shared = await Deno.makeTempDir({ dir: "/dev/shm" }).catch(() => undefined);
  if (shared === undefined) return;
  await inFolder(async (location) => {
    await Deno.mkdir(join(shared, "model", "deep"), { recursive: true });
    await Deno.writeTextFile(join(shared, "model", "deep", "x"), "deep");
    await artifacts.take(location, "model", join(shared, "model"));
    assert.equal(await Deno.readTextFile(join(location, "model", "deep", "x")), "deep");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(shared)), []);
  });
  await Deno.remove(shared, { recursive: true });
});

Deno.test("a location that only the network leads to is refused", () =>
  assert.rejects(
    artifacts.list("s3://bucket/a", ""),
    (error) => error instanceof SluiceError && error.failure.code === "TRACKER_URI_UNSUPPORTED",
  ));

Deno.test("what is secured may be many files, empty folders and programs that nobody may write", () =>
  inFolder(async (location, folder) => {
    const made = join(folder, "made");
    await Deno.mkdir(join(made, "empty"), { recursive: true });
    const paths = Array.from({ length: 300 }, (_, index) => `out/${index}`);
    for (let index = 0; index < 300; index++) {
      await Deno.writeTextFile(join(made, String(index)), String(index), { mode: 0o444 });
    }
    await artifacts.take(location, "out", made);
    await artifacts.secure(location, [...paths, "out/empty"]);
    await artifacts.secure(location, ["out/empty", "out/7"]);
    assert.equal(await Deno.readTextFile(join(location, "out/299")), "299");
    await assert.rejects(
      artifacts.secure(location, ["out/gone"]),
      (error) => error instanceof SluiceError && error.failure.code === "TRACKER_WRITE_FAILED",
    );
    await assert.rejects(artifacts.secure(location, ["../x"]), isInvalid);
  }));

Deno.test("an artifact below a file, or of a name too long, is refused as a path that cannot be", () =>
  inFolder(async (location) => {
    await artifacts.write(location, "a/b", content("x"));
    await assert.rejects(artifacts.write(location, "a/b/c", content("y")), isInvalid);
    await assert.rejects(artifacts.write(location, "a/b/c/d", content("y")), isInvalid);
    await assert.rejects(artifacts.write(location, "n".repeat(300), content("y")), isInvalid);
    await assert.rejects(artifacts.read(location, "n".repeat(300)), isInvalid);
    assert.equal(await new Response(await artifacts.read(location, "a/b")).text(), "x");
  }));

Deno.test("a location of 100,000 characters and a line's end is gone below as fast as any other", () => {
  const startedAt = performance.now();
  assert.ok(below(`s3://b/${"a".repeat(100_000)}?q\r\n`, "x").endsWith("a/x?q\r\n"));
  assert.ok(performance.now() - startedAt < 1000);
});
