/** How wide text is on a terminal, in cells. */

/** One cell and one code unit each; our own marks among them, as loading a segmenter takes a tenth of a small run. */
const plain = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff·▶✓≡✗■–…]*$/;
const segmenter = lazily(() => new Intl.Segmenter(undefined, { granularity: "grapheme" }));
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}])/u;
const invisible = /^[\p{Mark}\p{Format}]+$/u;

/** Cells of text without control characters: two for a wide character or an emoji, none for a combining mark. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter().segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The text, cut to at most `width` cells; an ellipsis stands for what was cut. */
export function fitWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 1) return width === 1 ? "…" : "";
  let kept = "";
  let used = 0;
  for (const { segment } of segmenter().segment(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** With spaces up to a width in columns of a terminal. */
export const padWidth = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - displayWidth(text)));

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) || grapheme.includes("\ufe0f") ? 2 : 1;
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
