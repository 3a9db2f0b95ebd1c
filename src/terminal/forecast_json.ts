/** A plan as programs read it, with what becomes of its steps. */
import type { Forecast } from "../core/cause.ts";
import type { Plan } from "../core/plan.ts";
import { planPieces } from "../core/plan_json.ts";
import { forecastJson } from "./cause_text.ts";
import { escapeControls } from "./json_reporter.ts";
import type { TextSink } from "./text_sink.ts";

/** Writes one line: the plan's own members, the same bytes for the same inputs, and `forecast` among them. */
export function writePlanJson(plan: Plan, forecast: Forecast, to: TextSink): void {
  for (const piece of planPieces(plan, { forecast: forecastJson(forecast) })) {
    to.write(to.isTerminal ? escapeControls(piece) : piece);
  }
  to.write("\n");
}
