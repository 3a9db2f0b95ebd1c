/** Wirings that do not compile. Each line that says so can be deleted, to see the error beneath it. */
import { dataset, file, float, host, main, model, pipeline, sh, step } from "sluice";

const env = host();
const Wine = dataset({ alcohol: float(), quality: float() });

const train = step("train", {
  env,
  params: { alpha: float().min(0).max(1).default(0.5) },
  inputs: { wine: Wine },
  outputs: { model: model("sklearn") },
  metrics: ["rmse"],
  command: ({ params, inputs, outputs }) =>
    sh`python train.py ${inputs.wine} ${outputs.model} --alpha ${params.alpha}`,
});
const plot = step("plot", {
  env,
  inputs: { report: file() },
  outputs: { picture: file({ format: "png" }) },
  command: ({ inputs, outputs }) => sh`python plot.py ${inputs.report} ${outputs.picture}`,
});
const download = step("download", {
  env,
  outputs: { wine: Wine },
  command: ({ outputs }) => sh`python download.py ${outputs.wine}`,
});

const wrong = pipeline("wrong", {}, () => {
  const { wine } = download({});
  const trained = train({ wine });
  // @ts-expect-error a model is no file
  plot({ report: trained.model });
  // @ts-expect-error there is no such output
  plot({ report: trained.report });
  // @ts-expect-error there is no such parameter
  train.as("second", { wine, alhpa: 0.1 });
  // @ts-expect-error a text is no number
  train.as("third", { wine, alpha: "0.1" });
  // @ts-expect-error an input is missing
  train.as("fourth", { alpha: 0.1 });
  return { train: trained };
});

export default wrong;
if (import.meta.main) await main(wrong);
