/**
 * Writes `recorded_dvc.json`: what real `dvc repro` makes of the projects that are imported. dvc is installed from PyPI by uv,
 * for this call alone: `deno run -A test/import/record_dvc.ts`.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dvcCases } from "./dvc_cases.ts";
import { readFiles, writeFiles } from "./import_workplace.ts";

const dvcVersion = "3.67.1";
const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-record-" }));

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { DVC_NO_ANALYTICS: "1", SHELL: "/bin/bash" },
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
  }
}

try {
  await run("uv", ["venv", "-q", "dvc"], root);
  await run("uv", ["pip", "install", "-q", "-p", "dvc/bin/python", `dvc==${dvcVersion}`], root);
  const dvc = join(root, "dvc/bin/dvc");
  const recorded: Record<string, Record<string, string>> = {};
  for (const { name, files } of dvcCases) {
    const folder = join(root, name);
    await writeFiles(folder, files);
    await run(dvc, ["init", "-q", "--no-scm"], folder);
    await run(dvc, ["repro"], folder);
    recorded[name] = await readFiles(folder);
  }
  const path = fileURLToPath(new URL("recorded_dvc.json", import.meta.url));
  await Deno.writeTextFile(path, `${JSON.stringify(recorded, null, 2)}\n`);
} finally {
  await Deno.remove(root, { recursive: true });
}
