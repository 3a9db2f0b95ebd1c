/** What the soak runs: a step of each sort, the well behaved and the others. */
import { file, host, int, main, pipeline, sh, step } from "sluice";

const env = host();
const number = int().min(0).default(0);

/** Leaves something in the shared memory of its sandbox. */
const made = step("made", {
  env,
  cache: true,
  sources: ["made.sh"],
  params: { number },
  outputs: { made: file() },
  command: ({ params, outputs }) => sh`sh made.sh ${params.number} ${outputs.made}`,
});
const measured = step("measured", {
  inputs: { made: file() },
  outputs: { report: file({ format: "txt" }) },
  metrics: ["size"],
  run: async ({ inputs, outputs, log }) => {
    let size = 0;
    for await (const { name } of Deno.readDir(inputs.made)) {
      size += (await Deno.stat(`${inputs.made}/${name}`)).size;
    }
    for (let index = 0; index < 50; index++) log.metric("size", size, index);
    await Deno.writeTextFile(outputs.report, `${size} bytes\n`);
    return { size };
  },
});
/** Has the run's own server, as it speaks of MLflow. */
const served = step("served", { env, command: () => sh`sh -c ${"true mlflow"}` });
/** Has a proxy. */
const connected = step("connected", {
  env,
  permissions: { net: ["127.0.0.1:9"] },
  command: () => sh`true`,
});
const failing = step("failing", { env, command: () => sh`sh -c ${"echo the last words; exit 3"}` });
const sleeping = step("sleeping", { env, command: () => sh`sleep 3000` });
const leaving = step("leaving", {
  env,
  command: () => sh`sh -c ${"setsid sleep 3000 & (sleep 3000 &); sleep 0.1"}`,
});

export const soak = pipeline("soak", { params: { number: made.params.number } }, ({ number }) => {
  const { report } = measured({ made: made({ number }).made });
  return { report };
});
export const troubles = pipeline("troubles", {}, () => {
  [failing, sleeping, leaving, served, connected].forEach((use) => use({}));
  return {};
});
export default soak;
if (import.meta.main) await main(soak);
