/** What py-rattler cannot do, in its own words. */
import { refuse } from "../core/error.ts";
import type { CondaAnswer } from "./conda_script.ts";

/** Throws REQUIREMENTS_UNSATISFIABLE, ENVIRONMENT_INVALID and ENVIRONMENT_FAILED; `channels` are told of in the hint. */
export function refuseCondaAnswer(answer: CondaAnswer, channels: readonly string[]): never {
  const details = "words" in answer ? answer.words.trim() : "";
  if (answer.is === "unsatisfiable") {
    return refuse({
      code: "REQUIREMENTS_UNSATISFIABLE",
      message: "Cannot resolve the environment as no choice of conda's packages meets all requirements",
      details,
      hint: "Change the requirements that the explanation names",
    });
  }
  if (answer.is === "invalid") {
    return refuse({
      code: "ENVIRONMENT_INVALID",
      message: "Cannot resolve the environment as a package is not written as conda has it",
      details,
      hint: "Write packages as in an environment file, such as `numpy=1.26` or `numpy>=1.24,<2`",
    });
  }
  const isDigest = /hash mismatch|digest|sha256|md5/i.test(details);
  return refuse({
    code: "ENVIRONMENT_FAILED",
    message: "Cannot make the environment of conda's packages",
    details,
    hint: isDigest
      ? "What the channel offers is not what was locked: see that it can be trusted, or remove the entry from `sluice.lock`"
      : `See that the channels can be reached and hold what is locked: ${channels.join(", ")}`,
  });
}
