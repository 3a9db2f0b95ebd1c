/** Files of formats, kept under `golden/`. */
import assert from "node:assert/strict";
import { root } from "./walk.ts";

/**
 * The text of a golden file; with `made`, asserts that it is the same. Under `UPDATE_GOLDEN=1` what is made is written
 * instead.
 */
export async function golden(name: string, made?: string): Promise<string> {
  const path = `${root}test/golden/${name}`;
  if (made === undefined) return await Deno.readTextFile(path);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(path, made);
  assert.equal(made, await Deno.readTextFile(path));
  return made;
}
