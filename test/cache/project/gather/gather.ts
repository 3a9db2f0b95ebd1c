/** A step of a folder of its own: all that lies in it is its source. */
import { file, host, many, optional, sh, step } from "sluice";

export const gather = step("gather", {
  env: host(),
  cache: true,
  inputs: { models: many(file()), extra: optional(file()) },
  outputs: { all: file({ format: "txt" }) },
  command: ({ inputs, outputs }) => sh`sh gather.sh ${outputs.all} ${inputs.models}`,
});
