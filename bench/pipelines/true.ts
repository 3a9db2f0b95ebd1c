/** The least a run can do. */
import { host, main, pipeline, sh, step } from "sluice";

const nothing = step("nothing", { env: host(), command: () => sh`true` });

const least = pipeline("least", { params: {} }, () => {
  nothing({});
  return {};
});

export default least;
if (import.meta.main) await main(least);
