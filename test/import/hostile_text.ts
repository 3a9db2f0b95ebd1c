/** Texts that would be code, a comment's end or a template's hole. */
import fc from "fast-check";

/** Well-formed, and without NUL, which neither YAML nor a program's arguments can hold. */
export const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(
    fc.constantFrom(
      ...[
        "`",
        "${",
        "}",
        "{",
        "'",
        '"',
        "\\",
        "\n",
        "\r",
        "\u2028",
        "\u2029",
        "*/",
        "/*",
        "//",
        "a",
        " ",
        "$1",
        "$(id)",
      ],
      ...["#", "-", "@", "é", "🙂", "\u202e", "\ud800", "\0"],
      ...["@ts-ignore", "</script>", "__proto__", "constructor", "process.exit()"],
    ),
  ).map((parts) => parts.join("")),
).map((text) => text.replaceAll("\0", "").toWellFormed());
