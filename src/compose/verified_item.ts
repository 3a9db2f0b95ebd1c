/** One thing that was compared. */
export interface VerifiedItem {
  readonly step: string;
  /** `step`: one that does not finish any more, or was not recorded. */
  readonly is: "output" | "metric" | "step";
  /** Empty for a step. */
  readonly name: string;
  readonly verdict: "same" | "different" | "missing";
  /** Where it differs, or what differs and does not count. */
  readonly detail: string;
}
