/** Writes docs/sandbox.md from the tables of the sandbox. */
import { sandboxDocument } from "./sandbox_document.ts";

await Deno.writeTextFile(new URL("../docs/sandbox.md", import.meta.url), await sandboxDocument());
