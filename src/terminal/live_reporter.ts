/** A run as a view that is redrawn in place, on a terminal's standard error. */
import type { Event } from "../core/event.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import { displayWidth } from "./display_width.ts";
import { liveLines, type LiveSize } from "./live_view.ts";
import { warningText, writeClosing } from "./plain_reporter.ts";
import type { ReporterSurface } from "./reporter_surface.ts";
import { newRunView, updateRunView } from "./run_view.ts";

/** No more than ten drawings a second, and no more than a twentieth of the time: of very many steps a view takes some. */
const drawEveryMs = 100;
const mostOfTime = 1 / 20;

/** `now` is the clock of the events; a test has its own. */
export function liveReporter(surface: ReporterSurface, now: () => number = Date.now): Reporter {
  const { stderr } = surface;
  const view = newRunView();
  let drawn: string[] = [];
  let drawnAt = -Infinity;
  let drawMs = 0;
  let above: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueAt = Infinity;

  const draw = () => {
    drawnAt = now();
    const lines = liveLines(view, drawnAt, stderr.size(), surface.paintError);
    const isSame = lines.length === drawn.length && lines.every((line, index) => line === drawn[index]);
    if (!isSame || above.length > 0) {
      stderr.write(eraseText(drawn, stderr.size()) + [...above, ...lines].map(lineText).join(""));
      drawn = lines;
      above = [];
    }
    drawMs = now() - drawnAt;
  };
  // The elapsed times move on while nothing else happens.
  const drawAt = (instant: number) => {
    if (timer !== undefined && dueAt <= instant) return;
    clearTimeout(timer);
    dueAt = instant;
    timer = setTimeout(() => {
      timer = undefined;
      draw();
      if (view.started !== undefined) drawAt(now() + 1000);
    }, Math.max(0, instant - now()));
    Deno.unrefTimer(timer);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };

  return {
    report(event) {
      updateRunView(view, event);
      above.push(...linesAbove(event));
      if (event.is === "run-ended") {
        stop();
        finish(event);
      } else if (event.is !== "step-output") {
        drawAt(Math.max(now(), drawnAt + Math.max(drawEveryMs, drawMs / mostOfTime)));
      }
    },
    close() {
      stop();
      // A run that never came to its end leaves no view behind: what went wrong is said next.
      if (view.ended === undefined) {
        stderr.write(eraseText(drawn, stderr.size()) + above.map(lineText).join(""));
        drawn = above = [];
      }
      return Promise.resolve();
    },
  };

  /** The closing table says all the view did, unless it goes elsewhere. */
  function finish(event: Extract<Event, { is: "run-ended" }>): void {
    if (surface.stdout.isTerminal) {
      stderr.write(eraseText(drawn, stderr.size()) + above.map(lineText).join(""));
      above = [];
    } else {
      draw();
    }
    drawn = [];
    writeClosing(surface, view, event);
  }
}

/** What stays above the view. */
function linesAbove(event: Event): string[] {
  if (event.is === "warning") return [warningText(event)];
  if (event.is === "step-retrying") {
    return [warningText({ ...event, is: "warning", message: event.failure.message })];
  }
  return [];
}

const lineText = (line: string) => `${line}\u001b[K\n`;

/**
 * Back to where the drawn lines begin, and everything from there gone.
 *
 * Lines of a terminal made narrower have wrapped; what a lower one has scrolled away stays there.
 */
function eraseText(drawn: readonly string[], { columns, rows }: LiveSize): string {
  // deno-lint-ignore no-control-regex -- our own colours take no cells
  const widths = drawn.map((line) => displayWidth(line.replaceAll(/\u001b\[\d+m/g, "")));
  const all = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  return all === 0 ? "" : `\u001b[${Math.min(all, Math.max(1, rows - 1))}A\r\u001b[J`;
}
