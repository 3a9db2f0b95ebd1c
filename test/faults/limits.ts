/** A run whose process may do less from its own first call on, as `ulimit` says it. */
import type { Bed } from "./fault_bed.ts";
import { isDenoPanic, type Originals } from "./judge_fault.ts";
import { judge } from "./try_fault.ts";

/** `files`: so many more may be open than Deno has when it has started. `fileBytes`: no file may grow over it. */
export type Limit = { readonly files: number } | { readonly fileBytes: number };

export async function tryLimit(bed: Bed, before: Originals, limit: Limit) {
  await bed.restore();
  const ended = await bed.runMeddled(async (pid) => {
    const set = "files" in limit
      ? `--nofile=${[...Deno.readDirSync(`/proc/${pid}/fd`)].length + limit.files}`
      : `--fsize=${limit.fileBytes}`;
    const { success, stderr } = await new Deno.Command("prlimit", { args: ["--pid", String(pid), set] })
      .output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  });
  const { code, stderr } = ended;
  return { code, stderr, isPanic: isDenoPanic(stderr), flaws: await judge(bed, before, ended) };
}
