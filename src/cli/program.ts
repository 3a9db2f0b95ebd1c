/** From the arguments of the program to the command they name. */
import { type Failure, refuse } from "../core/error.ts";
import { nearest } from "../core/nearest.ts";
import { showValue } from "../core/parameter.ts";
import { listNames } from "../core/suggest.ts";
import { readCandidateRequest } from "../terminal/candidate_request.ts";
import { programHelp } from "../terminal/command_help.ts";
import { helpOption } from "../terminal/command_spec.ts";
import { unknownFlag } from "../terminal/option_values.ts";
import { type Command, helpLayout, type Surroundings } from "./command.ts";
import { commands, findCommand } from "./commands.ts";
import { programExamples, programOptions, programTitle } from "./program_spec.ts";

/** Gives the exit code. Fails with COMMAND_UNKNOWN, FLAG_UNKNOWN, and whatever the command fails with. */
export async function runProgram(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const asked = readCandidateRequest(argv);
  if (asked !== undefined) {
    const { printCandidates } = await import("./complete.ts");
    return await printCandidates(
      asked.words.slice(1, asked.index),
      asked.words[asked.index] ?? "",
      surroundings,
    );
  }
  const [first] = argv;
  if (first === undefined) return printProgramHelp(commands, surroundings);
  if (first === "help") return await runHelp(argv, surroundings);
  if (first.startsWith("-")) return runOption(first, argv, surroundings);
  const found = findCommand(argv);
  if (found !== undefined) return await found.command.run(found.rest, surroundings);
  const group = commands.filter(({ spec }) => spec.name.startsWith(`${first} `));
  if (group.length === 0) refuse(unknownCommand(first, commands));
  const second = argv[1];
  if (second === undefined || second === "--help" || second === "-h") {
    return printProgramHelp(group, surroundings, first);
  }
  return refuse(unknownCommand(`${first} ${second}`, group));
}

/** Of the command that is named after all the words that ask for help, or of the program. */
async function runHelp(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const first = argv.findIndex((word) => !["help", "--help", "-h"].includes(word));
  return first < 0
    ? printProgramHelp(commands, surroundings)
    : await runProgram([...argv.slice(first), "--help"], surroundings);
}

async function runOption(
  first: string,
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  switch (first) {
    case "--help":
    case "-h":
      return await runHelp(argv, surroundings);
    case "--version":
    case "-V": {
      const { sluiceVersion } = await import("../compose/version.ts");
      surroundings.stdout.write(`sluice ${sluiceVersion} (deno ${Deno.version.deno})\n`);
      return 0;
    }
    default:
      return refuse(unknownFlag(first.split("=")[0]!, programOptions));
  }
}

function printProgramHelp(shown: readonly Command[], surroundings: Surroundings, group?: string): number {
  const specs = shown.map(({ spec }) => spec);
  const examples = group === undefined
    ? programExamples
    : specs.flatMap(({ name, examples }) =>
      examples.slice(0, 1).map((example) => ({
        ...example,
        arguments: `${name} ${example.arguments}`.trimEnd(),
      }))
    );
  const title = group === undefined ? programTitle : `The commands of \`sluice ${group}\`.`;
  const options = group === undefined ? programOptions : [helpOption];
  const help = { program: "sluice", ...helpLayout(surroundings) };
  surroundings.stdout.write(programHelp(title, specs, options, examples, help));
  return 0;
}

function unknownCommand(name: string, among: readonly Command[]): Failure {
  const names = [...new Set(among.map(({ spec }) => spec.name))];
  const near = nearest(name, names) ?? nearest(name, names.map((each) => each.split(" ")[0]!));
  return {
    code: "COMMAND_UNKNOWN",
    message: `Cannot run \`sluice ${showValue(name)}\` as there is no command of that name`,
    hint: `${near === undefined ? "" : `Did you mean \`sluice ${near}\`? `}Commands: ${listNames(names)}`,
  };
}
