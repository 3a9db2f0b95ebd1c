/** Ends what a dead run left running. */

/**
 * Kills every process of this user whose temporary folder lies below `folder`, as each step's does.
 *
 * Linux only; elsewhere there is no /proc and nothing is found.
 */
export async function killLeftovers(folder: string): Promise<void> {
  const mark = `TMPDIR=${folder}/`;
  for (const pid of await processIds()) {
    const variables = await Deno.readTextFile(`/proc/${pid}/environ`).catch(() => "");
    if (!variables.split("\0").some((variable) => variable.startsWith(mark))) continue;
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended in the meantime.
    }
  }
}

async function processIds(): Promise<number[]> {
  try {
    return (await Array.fromAsync(Deno.readDir("/proc"))).map(({ name }) => Number(name)).filter(
      Number.isInteger,
    );
  } catch {
    return [];
  }
}
