/** Houses and what they cost: outliers are left out, then a line is fitted. Its steps are tested in `pipeline_test.ts`. */
import { dataset, file, float, int, main, many, optional, pipeline, step } from "sluice";

export const Houses = dataset({ area: float(), price: float() });

export const clean = step("clean", {
  description: "Leave out what is too large to be true",
  params: { largest: float().min(1).describe("Square metres") },
  inputs: { houses: Houses },
  outputs: { kept: Houses },
  metrics: ["dropped"],
  run: async ({ params, inputs, outputs }) => {
    const [head, ...rows] = (await Deno.readTextFile(inputs.houses)).trimEnd().split("\n");
    const kept = rows.filter((row) => Number(row.split(",")[0]) <= params.largest);
    if (kept.length === 0) {
      console.error(`no house of ${rows.length} has at most ${params.largest} square metres`);
      Deno.exit(3);
    }
    await Deno.writeTextFile(outputs.kept, `${[head, ...kept].join("\n")}\n`);
    console.log(`kept ${kept.length} of ${rows.length}`);
    return { dropped: rows.length - kept.length };
  },
});

export const fit = step("fit", {
  description: "Fit a line by gradient descent",
  params: { rounds: int().min(1).max(10_000).default(200) },
  inputs: { houses: many(Houses), start: optional(file({ format: "json" })) },
  outputs: { line: file({ format: "json" }) },
  metrics: ["loss"],
  run: async ({ params, inputs, outputs, log }) => {
    const tables = await Promise.all(inputs.houses.map((path) => Deno.readTextFile(path)));
    const points = tables.flatMap((table) => table.trimEnd().split("\n").slice(1))
      .map((row) => row.split(",").map((cell) => Number(cell) / 100) as [number, number]);
    let { slope, offset } = inputs.start === undefined
      ? { slope: 0, offset: 0 }
      : JSON.parse(await Deno.readTextFile(inputs.start));
    let loss = Infinity;
    for (let round = 1; round <= params.rounds; round++) {
      loss = 0;
      let bySlope = 0, byOffset = 0;
      for (const [area, price] of points) {
        const error = slope * area + offset - price;
        loss += error ** 2 / points.length;
        bySlope += 2 * error * area / points.length;
        byOffset += 2 * error / points.length;
      }
      slope -= bySlope / 10;
      offset -= byOffset / 10;
      log.metric("loss", loss, round);
    }
    log.tag("points", String(points.length));
    await Deno.writeTextFile(outputs.line, JSON.stringify({ slope, offset }));
    return { loss };
  },
});

const draw = step("draw", {
  description: "Draw houses",
  params: { seed: int().min(1).default(1) },
  outputs: { houses: Houses },
  run: async ({ params, outputs }) => {
    let state = params.seed;
    const random = () => (state = state * 48271 % 2147483647) / 2147483647;
    const rows = Array.from({ length: 100 }, () => {
      const area = Math.round(40 + 300 * random());
      return `${area},${2 * area + Math.round(20 * random())}`;
    });
    await Deno.writeTextFile(outputs.houses, `area,price\n${rows.join("\n")}\n`);
  },
});

const houses = pipeline("houses", {}, () => {
  const { kept } = clean({ houses: draw({}).houses, largest: 200 });
  return { fit: fit({ houses: [kept] }) };
});

export default houses;
if (import.meta.main) await main(houses);
