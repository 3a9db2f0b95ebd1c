import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { runSluice, workingFolder } from "../run/run_project.ts";

const pipelineText = (inner: string): string =>
  `import { file, given, host, main, path, pipeline, sh, step } from "sluice";
const copy = step("copy", { env: host(), inputs: { from: file() }, outputs: { out: file() }, ${inner}
  command: ({ inputs, outputs }) => sh\`cp \${inputs.from} \${outputs.out}\` });
const chosen = pipeline("copying", {}, () => ({ copy: copy({ from: given.file(NAME, file()) }) }));
export default chosen;
if (import.meta.main) await main(chosen);
`;

/** Asked with a folder that holds `pipeline/pipeline.ts`, `pipeline/a.txt`, `outside.txt` and `taken/file`. */
const cases: readonly {
  readonly name: string;
  readonly output: string;
  readonly given?: string;
  readonly inner?: string;
  readonly links?: readonly (readonly [path: string, target: string])[];
  readonly flags?: readonly string[];
  readonly code: string;
  readonly says: RegExp;
}[] = [
  {
    name: "a folder that is not empty",
    output: "taken",
    code: "FOLDER_NOT_EMPTY",
    says: /the folder is not empty/,
  },
  { name: "a file in its place", output: "outside.txt", code: "FOLDER_NOT_EMPTY", says: /that is no folder/ },
  {
    name: "a folder among the sources",
    output: "pipeline/out",
    code: "ARGUMENT_INVALID",
    says: /is among the sources/,
  },
  {
    name: "a given file outside of the pipeline's folder",
    output: "new",
    given: "../outside.txt",
    code: "GIVEN_FILE_INVALID",
    says: /lies outside of the pipeline's folder/,
  },
  {
    name: "a given file that is not there",
    output: "new",
    given: "b.txt",
    code: "GIVEN_FILE_MISSING",
    says: /there is nothing/,
  },
  {
    name: "a given link that leads out",
    output: "new",
    given: "link.txt",
    inner: "sources: [],",
    links: [["pipeline/link.txt", "../outside.txt"]],
    code: "GIVEN_FILE_INVALID",
    says: /lies outside of the pipeline's folder/,
  },
  {
    name: "a source that is a link which leads out",
    output: "new",
    links: [["pipeline/link.txt", "../outside.txt"]],
    code: "GIVEN_FILE_INVALID",
    says: /a link that leads out/,
  },
  {
    name: "what cannot be said, with --strict",
    output: "new",
    inner: 'sources: [], sandbox: "full", memory: "1GB",',
    flags: ["--strict"],
    code: "ARGUMENT_INVALID",
    says: /copy: sandbox: nothing holds[^]*copy: memory: /,
  },
];

for (const { name, output, given = "a.txt", inner = "", links = [], flags = [], code, says } of cases) {
  Deno.test(`sluice export refuses ${name}, and writes nothing`, async () => {
    await using root = await workingFolder();
    for (const folder of ["pipeline", "taken"]) await Deno.mkdir(join(root.path, folder));
    await Deno.writeTextFile(
      join(root.path, "pipeline", "pipeline.ts"),
      pipelineText(inner).replace("NAME", JSON.stringify(given)),
    );
    for (const path of ["pipeline/a.txt", "outside.txt", "taken/file"]) {
      await Deno.writeTextFile(join(root.path, path), "text\n");
    }
    for (const [path, target] of links) await Deno.symlink(target, join(root.path, path));
    const before = list(root.path);
    const { code: exit, stderr } = await runSluice(["export", "pipeline", "-o", output, ...flags], root.path);
    strictEqual(exit, 2, stderr);
    match(stderr, new RegExp(`^error\\[${code}\\]`));
    match(stderr, says);
    deepStrictEqual(list(root.path), before);
  });
}

const list = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].flatMap((entry) =>
    entry.isDirectory ? [entry.name, ...list(join(folder, entry.name))] : [entry.name]
  ).sort();
