/** The libraries of a program of this machine, for where it is to run among others. */
import { basename } from "node:path";
import { refuse } from "../core/error.ts";

export interface Libraries {
  /** The program that loads them. */
  readonly loader: string;
  /** By the name that the program asks for; real paths. */
  readonly libraries: Readonly<Record<string, string>>;
}

const found = new Map<string, Promise<Libraries>>();

/** As `ldd` tells them; once in a process. Throws SANDBOX_FAILED. */
export function findLibraries(program: string): Promise<Libraries> {
  const known = found.get(program) ?? ask(program);
  found.set(program, known);
  return known;
}

async function ask(program: string): Promise<Libraries> {
  const { success, stdout } = await new Deno.Command("ldd", { args: [program], stderr: "null" }).output()
    .catch(() => ({ success: false, stdout: new Uint8Array() }));
  const paths = [...new TextDecoder().decode(stdout).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
  const loader = paths.find((path) => /^ld(-linux|64|-musl)?[^/]*\.so/.test(basename(path)));
  if (!success || loader === undefined) {
    return refuse({
      code: "SANDBOX_FAILED",
      message: `Cannot tell the libraries of \`${program}\`, by which a step in an image reaches its tracker`,
      hint: "See that `ldd` is on PATH",
    });
  }
  const libraries = paths.filter((path) => path !== loader)
    .map((path) => [basename(path), Deno.realPathSync(path)] as const);
  return { loader: Deno.realPathSync(loader), libraries: Object.fromEntries(libraries) };
}
