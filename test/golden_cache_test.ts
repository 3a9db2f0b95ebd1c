/** The formats of the store of results, against files of them, as test/golden_test.ts does. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "../src/cache/cache.ts";
import { digestsPath } from "../src/cache/digest_memory.ts";
import { openFileDigests } from "../src/cache/file_digests.ts";
import { inFolder, resultOf, writeFiles } from "../src/cache/test_results.ts";
import { type Digest, digestBytes } from "../src/core/digest.ts";
import { KeyRecord, resultVersion, StepResult } from "../src/core/step_result.ts";
import { keyVersion } from "../src/core/step_key.ts";
import { golden } from "./golden.ts";
import { getLook } from "../src/core/look.ts";

const key = digestBytes("a key");
const entryPath = (cache: string, folder: "records" | "results", key: Digest) =>
  join(cache, "store", folder, key.slice(7, 9), `${key.slice(7)}.json`);

Deno.test("a result is kept as the same bytes as the golden one, and found again", () =>
  inFolder(async (folder) => {
    const [cache, run] = [join(folder, "cache"), join(folder, "run")];
    await writeFiles(run, {
      "train.csv": "x,y\n1,2\n",
      "model/MLmodel": "flavors: {}\n",
      "model/serve.sh": { content: "#!/bin/sh\n", isProgram: true },
      "model/cache": null,
    });
    const { outputs } = await resultOf(key, run);
    const result: StepResult = {
      ...{ version: resultVersion, key, sandbox: "bubblewrap" },
      outputs: { train: outputs["train.csv"]!, model: outputs["model"]! },
      metrics: [
        { key: "rmse", value: "0.25", step: 3, timestamp: 1764000000000 },
        { key: "loss", value: "NaN", step: 0, timestamp: 1764000000001 },
      ],
      parameters: [{ key: "depth", value: "3" }],
      tags: [{ key: "note", value: "a second try" }],
      models: [{ modelId: "m-0123456789abcdef0123456789abcdef", step: 3 }],
      madeBy: {
        tracker: "sqlite:////project/mlflow.db",
        runId: "0123456789abcdef0123456789abcdef",
        artifactUri: "/project/mlruns/1/0123456789abcdef0123456789abcdef/artifacts",
        startedAt: 1764000000000,
        endedAt: 1764000002000,
      },
    };
    const opened = openCache({ cache, clock: Date.now });
    await opened.keep(result, run);
    await golden("result.json", await Deno.readTextFile(entryPath(cache, "results", key)));
    assert.deepEqual(await opened.find(key), StepResult.parse(JSON.parse(await golden("result.json"))));
  }));

Deno.test("a record is kept as the same bytes as the golden one, and found again", () =>
  inFolder(async (cache) => {
    const record: KeyRecord = {
      version: resultVersion,
      parts: {
        key: keyVersion,
        body: { is: "function", step: "train" },
        sources: digestBytes("sources"),
        environment: digestBytes("environment"),
        arguments: { alpha: { value: 0.5 } },
        inputs: { train: { content: digestBytes("x,y\n1,2\n"), name: "train.csv" }, extra: null },
        outputs: { model: { kind: "file" } },
        metrics: ["rmse"],
        permissions: {
          net: false,
          read: { "../data": digestBytes("data") },
          write: [],
          env: { A: null },
          gpu: false,
        },
      },
      sources: { "train.py": digestBytes("print(1)\n"), "run.sh": `${digestBytes("#!/bin/sh\n")} x` },
    };
    const opened = openCache({ cache, clock: Date.now });
    await opened.record(key, record, new Map());
    await golden("record.json", await Deno.readTextFile(entryPath(cache, "records", key)));
    assert.deepEqual(await opened.findRecord(key), KeyRecord.parse(JSON.parse(await golden("record.json"))));
  }));

for (const [folder, find] of [["results", "find"], ["records", "findRecord"]] as const) {
  Deno.test(`one of ${folder} of a newer version is not there, and stays as it is`, () =>
    inFolder(async (cache) => {
      const text = await golden(folder === "results" ? "result.json" : "record.json");
      const newer = text.replace(`"version":${resultVersion}`, `"version":${resultVersion + 1}`);
      await Deno.mkdir(join(entryPath(cache, folder, key), ".."), { recursive: true });
      await Deno.writeTextFile(entryPath(cache, folder, key), newer);
      assert.equal(await openCache({ cache, clock: Date.now })[find](key), undefined);
      assert.equal(await Deno.readTextFile(entryPath(cache, folder, key)), newer);
    }));
}

Deno.test("the memory of digests has the golden schema", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "data"), new Uint8Array(2 << 20));
    const digests = openFileDigests({ cache: folder, clock: () => Date.now() + 1e10 });
    await digests.digest(join(folder, "data"), getLook(join(folder, "data")));
    await digests.close();
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(digestsPath(folder), { readOnly: true });
    const pragmas = ["application_id", "user_version"].map((name) =>
      `PRAGMA ${name} = ${database.prepare(`PRAGMA ${name}`).get()![name]};\n`
    );
    const tables = database.prepare("SELECT sql FROM sqlite_master ORDER BY name").all().map((row) =>
      `${row["sql"]};\n`
    );
    database.close();
    await golden("digests.sql", [...tables, ...pragmas].join(""));
  }));
