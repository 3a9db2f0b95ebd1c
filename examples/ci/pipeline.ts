/** What CI runs: words are counted, then the commonest are listed. `.github` and `.gitlab-ci.yml` are by `sluice init --ci`. */
import { dataset, file, given, int, main, pipeline, step, string } from "sluice";

const Counts = dataset({ word: string(), count: int() });

const count = step("count", {
  description: "Count the words of a text",
  inputs: { text: file() },
  outputs: { counts: Counts },
  metrics: ["words"],
  run: async ({ inputs, outputs }) => {
    const words = (await Deno.readTextFile(inputs.text)).toLowerCase().match(/\p{L}+/gu) ?? [];
    const counts = new Map<string, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    const rows = [...counts].map(([word, times]) => `${word},${times}`);
    await Deno.writeTextFile(outputs.counts, `word,count\n${rows.join("\n")}\n`);
    return { words: words.length };
  },
});

const rank = step("rank", {
  description: "List the commonest words",
  params: { most: int().min(1).max(100).default(3) },
  inputs: { counts: Counts },
  outputs: { list: file({ format: "txt" }) },
  metrics: ["commonest"],
  run: async ({ params, inputs, outputs }) => {
    const [, ...rows] = (await Deno.readTextFile(inputs.counts)).trimEnd().split("\n");
    const counts = rows.map((row) => row.split(",")).map(([word, times]) => ({ word, times: Number(times) }))
      .sort((one, other) => other.times - one.times).slice(0, params.most);
    await Deno.writeTextFile(outputs.list, counts.map(({ word, times }) => `${word} ${times}\n`).join(""));
    return { commonest: counts[0]?.times ?? 0 };
  },
});

const words = pipeline("words", { params: { most: rank.params.most } }, ({ most }) => {
  const { counts } = count({ text: given.file("text.txt", file()) });
  return { rank: rank({ counts, most }) };
});

export default words;
if (import.meta.main) await main(words);
