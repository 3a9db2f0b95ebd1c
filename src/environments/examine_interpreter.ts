/** Asks a program whether it is a Python interpreter, and which. */
import type { InterpreterFacts } from "./interpreter_memory.ts";
import { runProgram } from "./run_program.ts";

const question = `
import json, os, sys, sysconfig
version = ".".join(map(str, sys.version_info[:3]))
level = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(sys.version_info[3])
shared = sysconfig.get_config_var("INSTSONAME") if sysconfig.get_config_var("Py_ENABLE_SHARED") else None
library = os.path.join(sysconfig.get_config_var("LIBDIR") or "", shared) if shared else None
print(json.dumps({
    "path": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "version": version + (level + str(sys.version_info[4]) if level else ""),
    "implementation": sys.implementation.name
        + ("-freethreaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""),
    "prefix": sys.base_prefix,
    "library": library if library and os.path.isfile(library) else None,
}))
`;

/**
 * Undefined for scripts (the shims of pyenv and its like, which answer differently in each folder), for Python 2 and
 * for whatever does not answer within ten seconds.
 */
export async function examineInterpreter(
  path: string,
  variables: Readonly<Record<string, string>>,
): Promise<InterpreterFacts | undefined> {
  try {
    if (await isScript(path)) return undefined;
    const { code, stdout } = await runProgram({
      program: path,
      arguments: ["-I", "-c", question],
      variables,
      folder: "/",
      signal: AbortSignal.timeout(10_000),
    });
    if (code !== 0) return undefined;
    const { library, ...facts } = JSON.parse(stdout);
    if (!String(facts.version).startsWith("3.")) return undefined;
    return library === null ? facts : { ...facts, library };
  } catch {
    return undefined;
  }
}

async function isScript(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const start = new Uint8Array(2);
  await file.read(start);
  return new TextDecoder().decode(start) === "#!";
}
