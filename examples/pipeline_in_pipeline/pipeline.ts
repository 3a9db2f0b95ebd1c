/** A pipeline that uses another one twice: two texts are judged, and the better one is kept. */
import { file, float, main, pipeline, step, string } from "sluice";
import { vote } from "./vote.ts";

const choose = step("choose", {
  params: { first: string(), second: string(), first_points: float(), second_points: float() },
  outputs: { best: file({ format: "txt" }) },
  metrics: ["lead"],
  run: async ({ params: { first, second, first_points, second_points }, outputs }) => {
    await Deno.writeTextFile(outputs.best, first_points >= second_points ? first : second);
    return { lead: Math.abs(first_points - second_points) };
  },
});

const contest = pipeline(
  "contest",
  {
    params: {
      first: string().default("how vexingly quick daft zebras jump"),
      second: string().default("a banana"),
    },
  },
  ({ first, second }) => {
    const a = vote.as("first", { text: first });
    const b = vote.as("second", { text: second });
    // The metrics of one pipeline are the parameters of a later step: they say what runs when.
    return { choose: choose({ first, second, first_points: a.points, second_points: b.points }) };
  },
);

export default contest;
if (import.meta.main) await main(contest);
