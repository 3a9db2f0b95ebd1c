/** Writes docs/cli.md from the tables of the command line. */
import { commandLineDocument } from "../src/cli/document.ts";

await Deno.writeTextFile(new URL("../docs/cli.md", import.meta.url), commandLineDocument());
