import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { digestFile } from "../core/file_tree.ts";
import type { PlannedStep } from "../core/plan.ts";
import { digestSourceList } from "../core/sources.ts";
import { type Question, questionKey } from "../plan/observation.ts";
import { observeWorld, type World } from "./observe_world.ts";

const place = { file: "pipeline.ts", line: 1, column: 1 };
const unasked = () => assert.fail("asked for what no file tells");
const world: World = {
  environments: { observe: unasked, prepare: unasked, contents: unasked, warm: unasked },
  digests: { digest: digestFile, close: () => Promise.resolve() },
  sandbox: { hold: unasked, confine: unasked, openProxy: unasked },
  variables: {},
  openTracker: unasked,
};

/** A folder `given` with a file, a program, a folder and a link, and a link `way` to it. */
function makeGiven(): string {
  const root = Deno.realPathSync(Deno.makeTempDirSync());
  Deno.mkdirSync(join(root, "given/inner"), { recursive: true });
  Deno.writeTextFileSync(join(root, "given/a.txt"), "one");
  Deno.writeTextFileSync(join(root, "given/inner/b.txt"), "two");
  Deno.symlinkSync("given", join(root, "way"));
  return root;
}

type FileQuestion = Extract<Question, { readonly is: "content" | "granted" | "sources" }>;
const questions: Readonly<Record<string, (root: string) => FileQuestion>> = {
  input: (root) => ({ is: "content", path: join(root, "given"), place }),
  grant: (root) => ({ is: "granted", path: join(root, "given") }),
  "grant through a link": (root) => ({ is: "granted", path: join(root, "way") }),
  "grant that is not there": (root) => ({ is: "granted", path: join(root, "absent") }),
  "folder of sources": (root) => ({ is: "sources", folder: root, modules: [join(root, "pipeline.ts")] }),
  "named source": (root) => ({ is: "sources", folder: root, only: ["given"], modules: [] }),
};

/** What is observed, and whether a step that was planned with it finds a change after `edit`. */
async function findChange(
  question: FileQuestion,
  root: string,
  edit: () => void,
): Promise<string | undefined> {
  const { observations, files } = await observeWorld([question], world);
  const observed = observations.get(questionKey(question))!;
  assert.ok(observed.ok, JSON.stringify(observed));
  const isSources = question.is === "sources";
  const step = {
    folder: isSources ? root : "/",
    sources: isSources ? digestSourceList(observed.value as Record<string, string>) : "",
    inputs: {},
    arguments: {},
    permissions: { read: isSources ? [] : [question.path] },
  } as unknown as PlannedStep;
  edit();
  return files.look().findChange(step);
}

const write = (path: string, text: string) => Deno.writeTextFileSync(path, text);

const edits: readonly {
  readonly name: string;
  readonly of: readonly (keyof typeof questions)[];
  readonly edit: (root: string) => void;
  readonly isSeen: boolean;
}[] = [
  { name: "nothing", of: Object.keys(questions), edit: () => {}, isSeen: false },
  {
    name: "a new file beside it",
    of: ["input", "grant", "named source", "folder of sources"],
    edit: (root) => write(join(root, "other.txt"), ""),
    isSeen: false,
  },
  {
    name: "a new file in a folder of it",
    of: ["input", "grant", "grant through a link", "named source", "folder of sources"],
    edit: (root) => write(join(root, "given/inner/new.txt"), ""),
    isSeen: true,
  },
  {
    name: "a new folder in it",
    of: ["input", "grant", "grant through a link", "named source", "folder of sources"],
    edit: (root) => Deno.mkdirSync(join(root, "given/new")),
    isSeen: true,
  },
  {
    name: "other bytes, with size and time as before",
    of: ["input", "grant", "grant through a link", "named source", "folder of sources"],
    edit(root) {
      const path = join(root, "given/a.txt");
      const { atime, mtime } = Deno.statSync(path);
      write(path, "eno");
      Deno.utimeSync(path, atime!, mtime!);
    },
    isSeen: true,
  },
  {
    name: "another folder where the link led",
    of: ["grant through a link"],
    edit(root) {
      Deno.mkdirSync(join(root, "later"));
      Deno.removeSync(join(root, "way"));
      Deno.symlinkSync("later", join(root, "way"));
    },
    isSeen: true,
  },
  {
    name: "a file where nothing was",
    of: ["grant that is not there"],
    edit: (root) => write(join(root, "absent"), ""),
    isSeen: true,
  },
];

for (const { name, of, edit, isSeen } of edits) {
  for (const each of of) {
    Deno.test(`A run ${isSeen ? "sees" : "minds not"} ${name}, of a ${each}`, async () => {
      const root = makeGiven();
      const changed = await findChange(questions[each]!(root), root, () => edit(root));
      assert.equal(changed !== undefined, isSeen, `${changed}`);
      if (changed !== undefined) assert.ok(changed.startsWith(dirname(join(root, "given"))), changed);
      Deno.removeSync(root, { recursive: true });
    });
  }
}

Deno.test("What may be read counts with its empty folders, and with what may be executed", async () => {
  const root = makeGiven();
  const digest = async () => {
    const question = questions["grant"]!(root);
    const answer = (await observeWorld([question], world)).observations.get(questionKey(question))!;
    return answer.ok ? answer.value : assert.fail(answer.failure.message);
  };
  const seen = [await digest()];
  Deno.mkdirSync(join(root, "given/empty"));
  seen.push(await digest());
  Deno.chmodSync(join(root, "given/a.txt"), 0o755);
  seen.push(await digest());
  assert.equal(new Set(seen).size, 3);
  Deno.removeSync(root, { recursive: true });
});
