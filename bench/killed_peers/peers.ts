/** Snakemake, DVC and sluice, as a user has them run the graph. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configFile, sluiceProgram } from "../../test/run/run_project.ts";
import { dvcYaml, snakefile } from "./graph.ts";

export interface Peer {
  readonly name: string;
  /** A program with its arguments; in the project's folder, with its environment. */
  readonly command: readonly string[];
  /** What a user is to do when the command does not end with 0, by what it says. */
  readonly remedies: readonly Remedy[];
  /** Makes what a project has before its first run. */
  prepare(folder: string, run: (command: readonly string[]) => Promise<Finished>): Promise<void>;
  /** Of the last step's output. */
  readOutput(folder: string): string;
}

export interface Remedy {
  readonly name: string;
  /** In the command's output. */
  readonly when: RegExp;
  /** What is done once, before the command is run again. */
  readonly before?: readonly string[];
  /** What is run instead of the command from then on. */
  readonly instead?: readonly string[];
}

export interface Finished {
  readonly code: number;
  readonly said: string;
}

const graphFolder = fileURLToPath(new URL("./graph", import.meta.url));
const copyScript = (folder: string) => Deno.copyFile(join(graphFolder, "step.sh"), join(folder, "step.sh"));

/** `programs` is the folder of Snakemake's and DVC's own. */
export function openPeers(programs: string): readonly Peer[] {
  const snakemake = [join(programs, "snakemake"), "--cores", "2", "--nocolor"];
  const dvc = join(programs, "dvc");
  return [
    ...(["require", "off"] as const).map((sandbox) => sluice(sandbox)),
    {
      name: "Snakemake 9.27.1",
      command: snakemake,
      remedies: [
        {
          name: "`--unlock`",
          when: /LockException|cannot be locked/,
          before: [...snakemake, "--unlock"],
        },
        {
          name: "`--rerun-incomplete`",
          when: /IncompleteFilesException|incomplete/,
          instead: [...snakemake, "--rerun-incomplete"],
        },
      ],
      async prepare(folder) {
        await copyScript(folder);
        await Deno.writeTextFile(join(folder, "Snakefile"), snakefile());
      },
      readOutput: (folder) => Deno.readTextFileSync(join(folder, "s3-0.txt")),
    },
    {
      name: "DVC 3.67.1",
      command: [dvc, "repro"],
      remedies: [{
        name: "`.dvc/tmp` removed",
        when: /lock|busy/i,
        before: ["rm", "-rf", ".dvc/tmp"],
      }],
      async prepare(folder, run) {
        await copyScript(folder);
        await Deno.writeTextFile(join(folder, "dvc.yaml"), dvcYaml());
        const { code, said } = await run([dvc, "init", "--quiet", "--no-scm"]);
        if (code !== 0) throw new Error(said);
      },
      readOutput: (folder) => Deno.readTextFileSync(join(folder, "s3-0.txt")),
    },
  ];
}

function sluice(sandbox: "require" | "off"): Peer {
  return {
    name: `sluice, sandbox ${sandbox === "off" ? "off" : "bubblewrap"}`,
    command: [
      ...[Deno.execPath(), "run", "-A", "--no-code-cache", "--config", configFile, sluiceProgram, "run"],
      ...[join(graphFolder, "pipeline.ts"), "--jobs", "2", "--sandbox", sandbox],
    ],
    remedies: [],
    prepare: () => Promise.resolve(),
    readOutput: (folder) => readNewest(join(folder, "mlruns", "1")),
  };
}

/** The longest output of all runs is that of the last step: it holds those of all before it. */
function readNewest(runs: string): string {
  const made = [...Deno.readDirSync(runs)].flatMap(({ name }) => {
    try {
      return [Deno.readTextFileSync(join(runs, name, "artifacts", "made.txt"))];
    } catch {
      return [];
    }
  });
  return made.sort((a, b) => b.length - a.length)[0] ?? "";
}
