/**
 * kill -9 of sluice, Snakemake and DVC at the same share of moments of the same small graph, and what a user must do
 * then; prints the table of docs/reliability.md.
 *
 * `deno run -A bench/killed_peers/main.ts [--kills N]`. Snakemake and DVC are installed into the user's cache when they
 * are missing. It judges nothing: it ends with 0 whatever came out.
 */
import { parseArgs } from "node:util";
import { denoFolder } from "../../src/scheduler/deno_folder.ts";
import { openPeers } from "./peers.ts";
import { peersPrograms } from "./peers_environment.ts";
import { type PeerTally, tryPeer } from "./try_peer.ts";

const { values } = parseArgs({ args: [...Deno.args], options: { kills: { type: "string", default: "40" } } });

const columns: readonly (readonly [string, (tally: PeerTally) => string])[] = [
  ["program", ({ peer }) => peer],
  ["a whole run", ({ tookMs }) => `${(tookMs / 1000).toFixed(1)} s`],
  ["killed", ({ kills }) => String(kills)],
  ["the plain command is enough", ({ plain }) => String(plain)],
  [
    "needs",
    ({ needed }) =>
      Object.entries(needed).map(([name, count]) => `${name}: ${count}`).join(", ") || "nothing",
  ],
  ["not mended, or another output", ({ wrong }) => String(wrong)],
  ["processes lived on", ({ survived }) => String(survived)],
  ["steps that had ended and ran again", ({ again, ended }) => `${again} of ${ended}`],
  ["the same, ended 0.5 s before", ({ longAgain, longEnded }) => `${longAgain} of ${longEnded}`],
];

const programs = await peersPrograms();
const lines = [columns.map(([name]) => name), columns.map(() => "---")];
for (const peer of openPeers(programs)) {
  console.error(`killing ${peer.name} …`);
  const tally = await tryPeer(peer, Number(values.kills), denoFolder(Deno.env.toObject())!);
  lines.push(columns.map(([, text]) => text(tally)));
}
for (const line of lines) console.log(`| ${line.join(" | ")} |`);
