/** What two outputs come to, and the words for it. */

/** `allowed` says what differs and does not count; it is empty when the two are the same byte for byte. */
export type Comparison =
  | { readonly is: "same"; readonly allowed: readonly string[] }
  | {
    readonly is: "different";
    readonly first: Difference;
    /** Of a folder: how many of its files differ. */
    readonly files: number;
  }
  /** One of the two, or each, is not there. */
  | { readonly is: "missing"; readonly in: "before" | "after" | "both" };

export interface Difference {
  /** Path within an output that is a folder; empty for an output that is a file. */
  readonly file: string;
  /** Where in the file, such as `row 3, column "x"`; empty when it is the file as a whole. */
  readonly at: string;
  /** What is there, shortened; absent where there is nothing. */
  readonly before?: string;
  readonly after?: string;
  /** What two values cannot say. */
  readonly note?: string;
}

/** A difference whose file is not known yet. */
export type Found = Omit<Difference, "file">;

/** What reading two files by the values in them comes to. */
export type ByValue =
  | { readonly is: "different"; readonly found: Found }
  /** `allowed` as in `Comparison`; what differs in spelling only is not in it. */
  | { readonly is: "same"; readonly allowed: readonly string[] }
  /** At least one is not of its format, or too large to be read by value. */
  | { readonly is: "unreadable"; readonly because: string };

/** `model/MLmodel: flavors.sklearn.code: null -> "x"`. */
export function differenceText({ file, at, before, after, note }: Difference): string {
  const values = before === undefined && after === undefined
    ? undefined
    : `${before ?? "nothing"} -> ${after ?? "nothing"}`;
  const parts = [file, at, values ?? note ?? "differs"].filter((part) => part !== "");
  return parts.join(": ") + (values === undefined || note === undefined ? "" : ` (${note})`);
}

/** In one short piece, whatever it is. */
export function shorten(text: string, limit = 60): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** As JSON text, shortened. */
export const quote = (text: string): string => JSON.stringify(shorten(text));
