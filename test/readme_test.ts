/**
 * README.md, run as it stands: its `console` blocks are run from top to bottom in a copy of this repository, with an empty cache
 * of sluice's.
 *
 * A line that begins with `$ ` is a command, what follows is what it prints on both streams. Ids, times, sizes and the sandbox's tier may
 * differ, and so may what is said of an environment that is new. `UPDATE_README=1` writes what is printed into README.md.
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { consoleCommands, type Printed, withOutputs } from "./console_blocks.ts";
import { realTest } from "./real_part.ts";
import { root } from "./walk.ts";

const readme = await Deno.readTextFile(`${root}README.md`);

realTest(["uv", "python", "bash"], "the commands of README.md print what it says", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-readme-" }));
  try {
    const copied = ["pipelines", "examples", "src", "mod.ts", "testing.ts", "deno.json", "deno.lock"];
    for (const name of copied) await cp(root + name, join(folder, name), { recursive: true, filter: isKept });
    const programs = join(folder, "programs");
    await Deno.mkdir(programs);
    await writeProgram(join(programs, "deno"), "");
    await writeProgram(
      join(programs, "sluice"),
      `run -A --config '${folder}/deno.json' '${folder}/src/cli/main.ts'`,
    );

    const printed: Printed[] = [];
    // Ids as README.md has them, to those of this run.
    const ids = new Map<string, string>();
    for (const { command, output } of consoleCommands(readme)) {
      const known = command.replaceAll(/\b[0-9a-f]{8,32}\b/g, (id) => ids.get(id.slice(0, 8)) ?? id);
      const text = await run(known.replaceAll("npx -y deno@2.9.6", "deno"), folder, programs);
      for (const [index, id] of idsIn(output).entries()) ids.set(id, idsIn(text)[index] ?? id);
      printed.push({ command: known, output: text });
      if (Deno.env.get("UPDATE_README") !== "1") {
        assert.deepEqual(comparable(text), comparable(output), command);
      }
    }
    if (Deno.env.get("UPDATE_README") === "1") {
      await Deno.writeTextFile(`${root}README.md`, withOutputs(readme, printed, folder));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the TypeScript of README.md type-checks, and its pipelines can be planned", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-readme-" });
  try {
    for (const { 1: source, index } of readme.matchAll(/^```ts\n(.*?)^```$/gms)) {
      await Deno.writeTextFile(
        join(folder, `at_${index}.ts`),
        source!.replaceAll('from "./', `from "file://${root}`),
      );
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", `--config=${root}deno.json`, folder],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    for await (const { name } of Deno.readDir(folder)) {
      if (!(await Deno.readTextFile(join(folder, name))).includes("await main(")) continue;
      const args = ["run", "-A", `--config=${root}deno.json`, join(folder, name), "--dry-run"];
      const planned = await new Deno.Command(Deno.execPath(), { args }).output();
      assert.ok(planned.success, new TextDecoder().decode(planned.stderr));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the tasks and links of README.md are there", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (const [, task] of readme.matchAll(/deno(?:@[\d.]+)? task ([\w:]+)/g)) assert.ok(task! in tasks, task);
  for (const [, link] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
    assert.ok((await Deno.stat(root + link)).isFile, link);
  }
});

const isKept = (path: string): boolean => !/\/(mlruns|\.sluice|node_modules)$|\/mlflow\.db[^/]*$/.test(path);

async function writeProgram(path: string, args: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\nexec '${Deno.execPath()}' ${args} "$@"\n`, { mode: 0o755 });
}

/** What Deno and uv have downloaded is used; nothing that sluice kept of other runs is. */
async function run(command: string, folder: string, programs: string): Promise<string> {
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) => !/^(MLFLOW|SLUICE)_/.test(name));
  const usual = Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "/", ".cache");
  const caches = {
    XDG_CACHE_HOME: `${folder}/.cache`,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? join(usual, "deno"),
    UV_CACHE_DIR: Deno.env.get("UV_CACHE_DIR") ?? join(usual, "uv"),
  };
  const { stdout } = await new Deno.Command("bash", {
    args: ["-c", `{ ${command}\n} 2>&1`],
    cwd: folder,
    env: {
      ...Object.fromEntries(kept),
      ...caches,
      PATH: `${programs}:${Deno.env.get("PATH")}`,
      NO_COLOR: "1",
    },
    clearEnv: true,
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** The first eight digits of each id, in the order in which they appear for the first time. */
function idsIn(text: string): string[] {
  return [
    ...new Set([...text.matchAll(/\b(?=[0-9a-f]*\d)([0-9a-f]{8})(?:[0-9a-f]{24})?\b/g)].map(([, id]) => id!)),
  ];
}

/** Lines without what differs from run to run. */
function comparable(output: string): string[] {
  return output.split("\n").filter((line) => !line.startsWith("environment ")).map((line) =>
    line
      .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,64}\b/g, "<id>")
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "<instant>")
      .replaceAll(/\b(\d+ (m|h) )?\d+(\.\d+)? (ms|s|m|h)\b/g, "<time>")
      .replaceAll(/\b\d+(\.\d+)? (B|kB|MB)\b/g, "<size>")
      .replaceAll(/\b\d+\.\d{3,}\b/g, "<number>")
      .replaceAll(/\b(bubblewrap|landlock)\b/g, "<tier>")
      .replaceAll(/ +/g, " ")
      .trimEnd()
  ).filter((line) => line !== "");
}
