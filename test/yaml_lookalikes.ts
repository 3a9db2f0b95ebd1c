/** Texts that YAML reads as something else where they are not quoted. */
import fc from "fast-check";

export const yamlLookalike = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
  fc.constantFrom(
    ...["no", "off", "y", "null", "~", "=", "<<", "---", "...", "? x"],
    ...["1e3", "0x10", "010", "1:30", "2024-01-31", "2024-01-31 10:00:00"],
  ),
  fc.stringMatching(/^[-+0-9.eE:_xob~]{1,8}$/),
);
