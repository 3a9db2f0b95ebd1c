import assert from "node:assert/strict";
import { sandboxDocument } from "../tools/sandbox_document.ts";
import { root } from "./walk.ts";

Deno.test("docs/sandbox.md is what the tables say: `deno task docs` writes it", async () => {
  assert.equal(await Deno.readTextFile(`${root}docs/sandbox.md`), await sandboxDocument());
});
