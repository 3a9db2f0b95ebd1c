/** Projects with images, called by MLflow and by sluice. */
import { imageName } from "./container_workplace.ts";

export interface ContainerCase {
  readonly name: string;
  /** By path below the project. */
  readonly files: Readonly<Record<string, string>>;
  /** After `run`. */
  readonly arguments?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

const project = (environment: string, command: string, parameters = ""): string =>
  `name: containers\ndocker_env:\n  image: ${imageName}\n${environment}entry_points:\n  main:\n    command: ${
    JSON.stringify(command)
  }\n${parameters}`;

export const containerCases: readonly ContainerCase[] = [
  { name: "a command", files: { MLproject: project("", "echo hello") } },
  {
    name: "parameters with spaces, quotes and signs of a shell",
    files: {
      MLproject: project("", "echo {text} {other}", "    parameters: {text: string, other: {default: b}}\n"),
    },
    arguments: ["-P", "text=a 'b' \"c\" $d", "-P", "extra=x y"],
  },
  {
    name: "volumes and variables",
    files: {
      MLproject: project(
        '  volumes: ["/usr/share:/given:ro"]\n  environment: [["ONE", "1"], "OF_THE_MACHINE"]\n',
        "ls /given",
      ),
    },
    variables: { OF_THE_MACHINE: "here" },
  },
  {
    name: "options of the engine",
    files: { MLproject: project("", "pwd") },
    arguments: ["-A", "workdir=/tmp", "-A", "read-only", "-A", "m=64m"],
  },
  {
    name: "an image with the project in it",
    files: { MLproject: project("", "cat data/text.txt"), "data/text.txt": "in the image\n" },
    arguments: ["--build-image"],
  },
  { name: "a command that fails", files: { MLproject: project("", "ls /not-there") } },
  {
    name: "a variable that the machine has not",
    files: { MLproject: project('  environment: ["NOT_SET_ANYWHERE"]\n', "true") },
  },
  {
    name: "an image that does not exist",
    files: { MLproject: project("", "true").replace(imageName, "localhost/not-there:1") },
  },
];
