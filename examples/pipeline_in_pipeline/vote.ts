/** A pipeline of its own: three judges with tempers of their own give points to a text, and the mean counts. */
import { dataset, each, file, float, int, main, many, pipeline, step, string } from "sluice";

const Points = dataset({ judge: string(), points: int() });

const judge = step("judge", {
  params: { text: string(), judge_name: string(), temper: float().min(0.1) },
  outputs: { card: Points },
  run: async ({ params: { text, judge_name, temper }, outputs }) => {
    const points = Math.round(new Set(text).size * temper);
    await Deno.writeTextFile(outputs.card, `judge,points\n${judge_name},${points}\n`);
  },
});

const count = step("count", {
  inputs: { cards: many(Points) },
  outputs: { table: file({ format: "csv" }) },
  metrics: ["points"],
  run: async ({ inputs, outputs }) => {
    const cards = await Promise.all(inputs.cards.map((path) => Deno.readTextFile(path)));
    const rows = cards.map((card) => card.trim().split("\n").at(-1)!);
    await Deno.writeTextFile(outputs.table, ["judge,points", ...rows, ""].join("\n"));
    const points = rows.map((row) => Number(row.split(",").at(-1)));
    return { points: points.reduce((sum, value) => sum + value, 0) / points.length };
  },
});

export const vote = pipeline("vote", { params: { text: judge.params.text } }, ({ text }) => {
  const judges = [{ judge_name: "strict", temper: 0.5 }, { judge_name: "fair", temper: 1 }, {
    judge_name: "kind",
    temper: 1.5,
  }];
  const cards = each(judges, (each, name) => judge.as(`judge-${name}`, { text, ...each }).card);
  const { points, table } = count({ cards });
  return { points, table };
});

export default vote;
if (import.meta.main) await main(vote);
