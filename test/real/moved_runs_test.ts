/** Runs that real MLflow made, moved between its files and folders, and read by real MLflow: equal to the last point. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "../../src/cli/program.ts";
import { openBuffer } from "../../src/terminal/screen_test.ts";
import { realTest } from "../real_part.ts";
import { runPython } from "./mlflow.ts";

const file = join(import.meta.dirname!, "moved_runs.py");

/** Each move reads what an earlier one wrote, or MLflow did. */
const moves: readonly (readonly [from: string, to: string])[] = [
  ["old/mlruns", "from_folder/a.db"],
  ["from_folder/a.db", "again/mlruns"],
  ["again/mlruns", "from_folder_again/b.db"],
  ["recent.db", "from_file/c.db"],
  ["from_file/c.db", "as_folder/mlruns"],
];

realTest(
  ["mlflow"],
  "runs go from MLflow's folder or file to a file or folder of ours and back, twice, and MLflow reads all of them there",
  async () => {
    const folder = await Deno.makeTempDir();
    const python = async (...args: string[]) => {
      const env = { MLFLOW_ALLOW_FILE_STORE: "true", GIT_PYTHON_REFRESH: "quiet" };
      const { code, stdout, stderr } = await runPython({ file }, args, { cwd: folder, env });
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const uriOf = (place: string) =>
      place.endsWith(".db") ? `sqlite:///${join(folder, place)}` : `file://${join(folder, place)}`;
    try {
      await python("make", uriOf("old/mlruns"), uriOf("recent.db"));
      for (const [from, to] of moves) {
        const move = async () => {
          const [stdout, stderr] = [openBuffer(), openBuffer()];
          const argv = ["runs", "export", "--json", "-o", to];
          const variables = { MLFLOW_TRACKING_URI: from.endsWith(".db") ? `sqlite:///${from}` : "" };
          const call = from.endsWith(".db")
            ? argv
            : ["runs", "import", from, "--json", "--tracking-uri", `sqlite:///${to}`];
          assert.equal(await runProgram(call, { stdout, stderr, workingFolder: folder, variables }), 0);
          return JSON.parse(stdout.text());
        };
        const first = await move();
        assert.deepEqual([first.runs.new, first.loggedModels.new, first.registeredModels.new], [4, 1, 1], to);
        const second = await move();
        assert.deepEqual(second.runs, { new: 0, changed: 0, same: 4 });
        assert.deepEqual(second.loggedModels, { new: 0, changed: 0, same: 1 });
        assert.deepEqual([second.registeredModels.same, second.files], [1, 0]);
      }
      const places = ["old/mlruns", "recent.db", ...moves.map(([, to]) => to)];
      const read = JSON.parse((await python("dump", ...places.map(uriOf))).split("\n").at(-2)!);
      const of = (place: string) => read[places.indexOf(place)];
      assert.equal(Object.keys(of("old/mlruns").experiments["old names: é"].runs).length, 3);
      for (const place of ["from_folder/a.db", "again/mlruns", "from_folder_again/b.db"]) {
        assert.deepEqual(of(place), of("old/mlruns"), place);
      }
      for (const place of ["from_file/c.db", "as_folder/mlruns"]) {
        assert.deepEqual(of(place), of("recent.db"), place);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
