/** A line through some points: made of a slope, and found again. */
import { dataset, float, int, main, pipeline, step } from "sluice";

const Points = dataset({ x: float(), y: float() });

export const sample = step("sample", {
  description: "Points on a line, moved up and down in turn",
  params: { slope: float(), noise: float().min(0).default(0.5), count: int().min(2).max(1000).default(50) },
  outputs: { points: Points },
  run: async ({ params: { slope, noise, count }, outputs }) => {
    const rows = Array.from(
      { length: count },
      (_, x) => `${x},${slope * x + (x % 2 === 0 ? noise : -noise)}`,
    );
    await Deno.writeTextFile(outputs.points, ["x,y", ...rows, ""].join("\n"));
  },
});

export const fit = step("fit", {
  description: "The line through the origin that misses the points least",
  inputs: { points: Points },
  metrics: ["slope_found", "error"],
  run: async ({ inputs }) => {
    const text = await Deno.readTextFile(inputs.points);
    const points = text.trim().split("\n").slice(1).map((row) =>
      row.split(",").map(Number) as [number, number]
    );
    const sum = (of: (x: number, y: number) => number) =>
      points.reduce((total, [x, y]) => total + of(x, y), 0);
    const slope = sum((x, y) => x * y) / sum((x) => x * x);
    return { slope_found: slope, error: Math.sqrt(sum((x, y) => (y - slope * x) ** 2) / points.length) };
  },
});

const line = pipeline("line", { params: { slope: sample.params.slope.default(2) } }, ({ slope }) => {
  const sampled = sample({ slope });
  const fitted = fit({ points: sampled.points });
  return { sample: sampled, fit: fitted };
});

export default line;
if (import.meta.main) await main(line);
