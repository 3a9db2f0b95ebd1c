/** Runs the pipeline for some slopes and prints how well each was found. Importing a pipeline runs nothing. */
import line from "./pipeline.ts";

for (const slope of [1, 2, 5]) {
  const run = await line.run({ slope, "sample.noise": 3 });
  // Typed: `metrics.fit.slope_found` is a number, and `outputs.sample.points` the path of a csv.
  const { slope_found, error } = run.metrics.fit;
  const { size } = await Deno.stat(run.outputs.sample.points);
  console.log(
    `slope ${slope}: found ${slope_found.toFixed(3)}, error ${error.toFixed(2)}, from ${size} bytes`,
  );
}

// One step, by its name, with all that it needs: its own parameters by their short names.
const sampled = await line.run("sample", { slope: 1, count: 10 });
console.log(`${sampled.params.count} points in a run of its own`);
