import assert from "node:assert/strict";
import { join } from "node:path";
import { digestBytes } from "../core/digest.ts";
import { openInterpreterMemory } from "./interpreter_memory.ts";
import { recallSettled, rememberSettled } from "./settled_memory.ts";

const facts = { path: Deno.execPath(), version: "3.12.1", implementation: "cpython", prefix: "/usr" };

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await use(folder).finally(() => Deno.remove(folder, { recursive: true }));
}

Deno.test("what is known of interpreters is recalled, and forgotten when any part of it is damaged", () =>
  inFolder(async (folder) => {
    const path = join(folder, "interpreters.json");
    const memory = await openInterpreterMemory(folder);
    await memory.examine(facts.path, () => Promise.resolve(facts));
    const chosen = await memory.choose("any", facts);
    assert.deepEqual((await openInterpreterMemory(folder)).recall("any"), chosen);
    const whole = await Deno.readTextFile(path);
    for (
      const [old, next] of [
        ["examined", "examjned"],
        ["digests", "digest"],
        ["choices", ""],
        ["facts", "fact"],
        ['"3.12.1"', "3.12"],
        ["sha256:", "sha257:"],
        ['"/usr"', "[[]]"],
      ] as const
    ) {
      await Deno.writeTextFile(path, whole.replace(old, next));
      const damaged = await openInterpreterMemory(folder);
      assert.equal(damaged.recall("any"), undefined, old);
      assert.deepEqual(await damaged.choose("any", facts), chosen, old);
    }
  }));

Deno.test("what is known of interpreters may have any member more, nested as deeply as JSON can be read", () =>
  inFolder(async (folder) => {
    const path = join(folder, "interpreters.json");
    const chosen = await (await openInterpreterMemory(folder)).choose("any", facts);
    const deep = `{"a":`.repeat(7000) + "1" + "}".repeat(7000);
    const whole = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, whole.replace('"version": 1,', `"version": 1, "more": ${deep},`));
    const memory = await openInterpreterMemory(folder);
    assert.deepEqual(memory.recall("any"), chosen);
    await memory.choose("other", facts);
    assert.deepEqual((await openInterpreterMemory(folder)).recall("other"), chosen);
  }));

Deno.test("what a lock entry came to is recalled, and forgotten when any part of it is damaged", () =>
  inFolder(async (folder) => {
    const key = digestBytes("recipe");
    const surroundings = {
      project: folder,
      cache: folder,
      store: join(folder, "store"),
      variables: {},
      workingFolder: folder,
    };
    const description = { path: "/e/bin", variables: { A: "1" }, folders: ["/e"], hasMlflow: false };
    const settled = {
      id: digestBytes("id"),
      mustHold: ["bin/python"],
      restsOn: [],
      describe: () => description,
    };
    await rememberSettled(key, settled as never, "/e", surroundings as never);
    const recalled = recallSettled(key, surroundings as never);
    assert.deepEqual(recalled?.description, description);
    const [{ name }] = [...Deno.readDirSync(join(folder, "store/settled"))] as [Deno.DirEntry];
    const path = join(folder, "store/settled", name);
    const whole = await Deno.readTextFile(path);
    for (
      const [old, next] of [["mustHold", "mustHald"], ["description", "descriptjon"], ["folders", "f"], [
        "sha256",
        "a",
      ]]
    ) {
      await Deno.writeTextFile(path, whole.replace(old!, next!));
      assert.equal(recallSettled(key, surroundings as never), undefined, old);
    }
  }));
