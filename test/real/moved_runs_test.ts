/** Runs that real MLflow made, moved between its files and folders, and read by real MLflow: equal to the last point. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "../../src/cli/program.ts";
import { openBuffer } from "../../src/terminal/screen_test.ts";
import { realTest } from "../real_part.ts";
import { pythonEnvironment } from "./python_environment.ts";
import { type MlflowServer, runPython, startMlflowServer } from "./mlflow.ts";

const file = join(import.meta.dirname!, "moved_runs.py");
const oldFile = join(import.meta.dirname!, "moved_runs_old.py");
/** MLflow of 2023, whose default was the folder. */
const oldRequirements = ["mlflow-skinny==2.9.2", "numpy<2", "setuptools<80"];

/** Each move reads what an earlier one wrote, or MLflow did. */
const moves: readonly (readonly [from: string, to: string])[] = [
  ["old/mlruns", "from_folder/a.db"],
  ["from_folder/a.db", "again/mlruns"],
  ["again/mlruns", "from_folder_again/b.db"],
  ["older/mlruns", "from_older/e.db"],
  ["recent.db", "from_file/c.db"],
  ["from_file/c.db", "as_folder/mlruns"],
];

realTest(
  ["mlflow"],
  "runs go between folders, files and a server, ours and MLflow's, twice, and MLflow reads all of them there",
  async () => {
    const folder = await Deno.makeTempDir();
    const python = async (...args: string[]) => {
      const env = { MLFLOW_ALLOW_FILE_STORE: "true", GIT_PYTHON_REFRESH: "quiet" };
      const { code, stdout, stderr } = await runPython({ file }, args, { cwd: folder, env });
      assert.equal(code, 0, stderr);
      return stdout;
    };
    let server: MlflowServer | undefined;
    const uriOf = (place: string) =>
      place.startsWith("http")
        ? place
        : place.endsWith(".db")
        ? `sqlite:///${join(folder, place)}`
        : `file://${join(folder, place)}`;
    try {
      const move = async (from: string, to: string) => {
        const [stdout, stderr] = [openBuffer(), openBuffer()];
        const tracking = /^http|db$/;
        const uri = (place: string) => place.endsWith(".db") ? `sqlite:///${place}` : place;
        const call = tracking.test(from)
          ? ["runs", "export", "-o", to, "--tracking-uri", uri(from)]
          : ["runs", "import", from, "--tracking-uri", uri(to)];
        const surroundings = { stdout, stderr, workingFolder: folder, variables: {} };
        assert.equal(await runProgram([...call, "--json"], surroundings), 0);
        return JSON.parse(stdout.text());
      };
      await python("make", uriOf("old/mlruns"), uriOf("recent.db"));
      await writeOldRuns(join(folder, "older/mlruns"));
      for (const [from, to] of moves) {
        const first = await move(from, to);
        const [runs, models] = from.startsWith("older") ? [3, 0] : [4, 1];
        assert.deepEqual([first.runs.new, first.loggedModels.new, first.registeredModels.new], [
          runs,
          models,
          1,
        ], to);
        const second = await move(from, to);
        const same = { runs: second.runs.same, models: second.loggedModels.same, files: second.files };
        assert.deepEqual(same, { runs, models, files: 0 }, to);
        assert.equal(second.registeredModels.same, 1);
      }
      server = await startMlflowServer({
        backend: uriOf("server/mlflow.db"),
        artifacts: join(folder, "server/artifacts"),
      });
      for (const [from, to] of [["old/mlruns", server.uri], [server.uri, "from_server/d.db"]] as const) {
        assert.equal((await move(from, to)).runs.new, 4);
        const second = await move(from, to);
        assert.deepEqual([second.runs.same, second.loggedModels.same, second.registeredModels.same], [
          4,
          1,
          1,
        ]);
        assert.equal(second.files, 0);
      }
      // What came from the server is what it has.
      assert.equal((await move("from_server/d.db", server.uri)).runs.same, 4);
      const places = [
        server.uri,
        "from_server/d.db",
        "old/mlruns",
        "older/mlruns",
        "recent.db",
        ...moves.map(([, to]) => to),
      ];
      const read = JSON.parse((await python("dump", ...places.map(uriOf))).split("\n").at(-2)!);
      const of = (place: string) => read[places.indexOf(place)];
      assert.equal(Object.keys(of("old/mlruns").experiments["old names: é"].runs).length, 3);
      for (const place of ["from_folder/a.db", "again/mlruns", "from_folder_again/b.db"]) {
        assert.deepEqual(of(place), of("old/mlruns"), place);
      }
      assert.deepEqual(of("from_older/e.db"), of("older/mlruns"));
      assert.equal(Object.keys(of("from_older/e.db").experiments.older.runs).length, 3);
      for (const place of ["from_file/c.db", "as_folder/mlruns"]) {
        assert.deepEqual(of(place), of("recent.db"), place);
      }
      assert.equal(Object.keys(of(server.uri).experiments["old names: é"].runs).length, 3);
      assert.deepEqual(of("from_server/d.db"), of(server.uri));
      assert.deepEqual(withFormerIds(of(server.uri)), withFormerIds(of("old/mlruns")));
    } finally {
      await server?.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

async function writeOldRuns(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(await pythonEnvironment("mlflow-2.9", oldRequirements), {
    args: [oldFile, folder],
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "", GIT_PYTHON_REFRESH: "quiet" },
    clearEnv: true,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Ids as they were before a server gave its own; without the times at which it made models. */
function withFormerIds(read: unknown): unknown {
  let text = JSON.stringify(read);
  const origins = new Map<string, string>();
  JSON.parse(text, function (key, value) {
    const origin = value?.tags?.["sluice.importedFrom"];
    if (typeof origin === "string") origins.set(key, origin);
    return value;
  });
  for (const [id, origin] of origins) text = text.replaceAll(id, origin);
  const sorted = (value: unknown): unknown =>
    Array.isArray(value) || value === null || typeof value !== "object"
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
  return JSON.parse(text, (key, value) => {
    if (key === "sluice.importedFrom" || key === "created") return undefined;
    // A version: number, run, tags, source, time, stage.
    if (key === "versions") return value.map((version: unknown[]) => version.toSpliced(4, 1));
    return sorted(value);
  });
}
