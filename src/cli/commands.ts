/** The commands of the program, in the order help lists them. */
import type { Command } from "./command.ts";
import { cacheDu } from "./commands/cache_du.ts";
import { cacheGc } from "./commands/cache_gc.ts";
import { cacheVerify } from "./commands/cache_verify.ts";
import { completion } from "./commands/completion.ts";
import { doctor } from "./commands/doctor.ts";
import { envGc } from "./commands/env_gc.ts";
import { envList } from "./commands/env_list.ts";
import { importCommand } from "./commands/import.ts";
import { exportCommand } from "./commands/export.ts";
import { init } from "./commands/init.ts";
import { lock } from "./commands/lock.ts";
import { plan } from "./commands/plan.ts";
import { run } from "./commands/run.ts";
import { runsCompare } from "./commands/runs_compare.ts";
import { runsExport } from "./commands/runs_export.ts";
import { runsImport } from "./commands/runs_import.ts";
import { runsList } from "./commands/runs_list.ts";
import { runsShow } from "./commands/runs_show.ts";
import { verify } from "./commands/verify.ts";
import { why } from "./commands/why.ts";

export const commands: readonly Command[] = [
  run,
  plan,
  why,
  lock,
  exportCommand,
  runsList,
  runsShow,
  runsCompare,
  runsExport,
  runsImport,
  verify,
  envList,
  envGc,
  cacheDu,
  cacheGc,
  cacheVerify,
  init,
  importCommand,
  doctor,
  completion,
];

/** The command that the first words name, and the words after. */
export function findCommand(
  argv: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const command of commands) {
    const words = command.spec.name.split(" ");
    if (words.every((word, index) => argv[index] === word)) {
      return { command, rest: argv.slice(words.length) };
    }
  }
  return undefined;
}
