/** The `console` blocks of a Markdown page: commands after `$ `, and below each what it prints. Pure. */

export interface Printed {
  readonly command: string;
  readonly output: string;
}

const block = /^```console\n(.*?)^```$/gms;

/** In the order of the page. */
export function consoleCommands(page: string): Printed[] {
  return [...page.matchAll(block)].flatMap(([, body]) =>
    body!.split(/^\$ /m).slice(1).map((part) => {
      const [command, ...output] = part.split("\n");
      return { command: command!, output: output.join("\n") };
    })
  );
}

/** The page with other outputs, one for each of its commands; `folder` is shown as `.`'s would be. */
export function withOutputs(page: string, printed: readonly Printed[], folder: string): string {
  let next = 0;
  return page.replaceAll(block, (_, body: string) => {
    const count = consoleCommands(`\`\`\`console\n${body}\`\`\`\n`).length;
    const parts = printed.slice(next, next += count).map(({ command, output }) => {
      const text = output.replaceAll(`${folder}/`, "").trimEnd();
      const lines = text === "" ? [] : text.split("\n").map((line) => line.trimEnd());
      return [`$ ${command}`, ...lines, ""].join("\n");
    });
    return `\`\`\`console\n${parts.join("\n")}\`\`\``;
  });
}
