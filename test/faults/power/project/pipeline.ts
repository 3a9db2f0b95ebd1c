/** Steps that make what a power loss can spoil: small files, a large one, a folder, an output that is not kept. */
import { dataset, file, float, host, pipeline, sh, step } from "sluice";
import { z } from "zod";

const env = host();
const Points = dataset({ x: z.number(), y: z.number() });
const sources = ["steps.sh"];

const split = step("split", {
  env,
  cache: true,
  sources,
  outputs: { points: Points, folder: file() },
  command: ({ outputs }) => sh`sh steps.sh split ${outputs.points} ${outputs.folder}`,
});
/** Large enough that the cache does not read it again each time. */
const weigh = step("weigh", {
  params: { rate: float().default(0.5) },
  sources,
  inputs: { points: Points },
  outputs: { weights: file() },
  metrics: ["loss"],
  run: async ({ params, inputs, outputs, log }) => {
    const { size } = await Deno.stat(inputs.points);
    for (let index = 0; index < 3; index++) log.metric("loss", params.rate / (index + 1), index);
    log.param("optimizer", "sgd");
    await Deno.writeFile(outputs.weights, new Uint8Array(1_200_000).fill(size + 10 * params.rate));
    return { loss: params.rate / 10 };
  },
});
/** Its inputs are the same when `rate` changes. */
const draw = step("draw", {
  env,
  cache: true,
  sources,
  inputs: { folder: file() },
  outputs: { picture: file({ format: "svg" }) },
  command: ({ inputs, outputs }) => sh`sh steps.sh draw ${inputs.folder} ${outputs.picture}`,
});
/** Never kept: what it wrote is nowhere but among the artifacts of its run. */
const report = step("report", {
  env,
  cache: false,
  sources,
  params: { loss: float() },
  inputs: { weights: file(), picture: file() },
  outputs: { text: file({ format: "txt" }) },
  command: ({ params, inputs, outputs }) =>
    sh`sh steps.sh report ${inputs.weights} ${inputs.picture} ${params.loss} ${outputs.text}`,
});

export default pipeline("power", { params: { rate: weigh.params.rate } }, ({ rate }) => {
  const { points, folder } = split({});
  const { weights, loss } = weigh({ points, rate });
  const { picture } = draw({ folder });
  return { text: report({ weights, picture, loss }).text };
});
