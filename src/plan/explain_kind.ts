/** Kinds of outputs in a few words, so that any two that differ read differently. */
import type { KindSpec } from "../core/kind.ts";

/** `csv dataset (alpha number, note string?)`, `model with sklearn`, `file .txt`. */
export function describeKind(kind: KindSpec): string {
  switch (kind.kind) {
    case "dataset": {
      const columns = Object.entries(kind.columns).map(([name, { type, optional, choices }]) =>
        `${name} ${choices === undefined ? type : choices.join("|")}${optional === true ? "?" : ""}`
      );
      return `${kind.format} dataset (${columns.join(", ")})`;
    }
    case "model":
      return kind.flavors.length === 0 ? "model" : `model with ${kind.flavors.join(", ")}`;
    case "file":
      return kind.format === undefined ? "file" : `file .${kind.format}`;
  }
}
