/** What modules export, read by Deno's own parser. */
import { fileURLToPath } from "node:url";
import { root } from "./walk.ts";

export interface Export {
  /** By path from the repository's root. */
  readonly file: string;
  readonly name: string;
  /** Whether it is a type alone. */
  readonly isType: boolean;
  /** What `deno doc` says of it, as JSON. */
  readonly declaration: string;
  /** Its docstring. */
  readonly docstring: string | undefined;
}

interface Declaration {
  readonly location: { readonly filename: string };
  readonly declarationKind: string;
  readonly kind: string;
  readonly jsDoc?: { readonly doc?: string };
}
interface Documentation {
  readonly nodes: Readonly<
    Record<string, { readonly symbols?: readonly { name: string; declarations: readonly Declaration[] }[] }>
  >;
}

const typeKinds = new Set(["interface", "typeAlias"]);

/** What `files` declare and export; what they only pass on is another's. */
export async function readExports(files: readonly string[]): Promise<Export[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...files],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes }: Documentation = JSON.parse(new TextDecoder().decode(stdout));
  return Object.entries(nodes).flatMap(([url, { symbols = [] }]) =>
    symbols.flatMap(({ name, declarations }): Export[] => {
      const own = declarations.filter(({ declarationKind, location }) =>
        declarationKind === "export" && location.filename === url
      );
      if (own.length === 0) return [];
      return [{
        file: fileURLToPath(url).slice(root.length),
        name,
        isType: own.every(({ kind }) => typeKinds.has(kind)),
        declaration: JSON.stringify(own),
        docstring: own.find(({ jsDoc }) => jsDoc?.doc !== undefined)?.jsDoc?.doc,
      }];
    })
  );
}
