/** A plan as programs read it, with what becomes of its steps. */
import { canonicalJson } from "../core/canonical_json.ts";
import type { Forecast } from "../core/cause.ts";
import type { Plan } from "../core/plan.ts";
import { forecastJson } from "./cause_text.ts";

/** One line: the plan's own members, the same bytes for the same inputs, and `forecast` among them. */
export const planJson = (plan: Plan, forecast: Forecast): string =>
  canonicalJson({ ...plan, forecast: forecastJson(forecast) });
