/** An MLflow project whose environment is an image: what runs in the place of its command, as MLflow runs it. */
import { join } from "node:path";
import type { DockerSpec } from "../core/environment.ts";
import { refuse, SluiceError } from "../core/error.ts";
import { makeFolder, walkTree } from "../core/file_tree.ts";
import type { MlflowProject, ProjectEnvironment } from "../core/mlproject.ts";
import { removeTree } from "../core/remove_tree.ts";
import type { Argv } from "../core/argv.ts";
import { quoteWord, type Values } from "../mlproject/fill_command.ts";
import { splitWords } from "../mlproject/split_words.ts";
import type { EntryPointRun } from "../scheduler/execute_entry_point.ts";
import {
  type ContainerEngine,
  type EngineSurroundings,
  findContainerEngine,
} from "../environments/container_engine.ts";
import { buildImage, type ContainerImage, findImage } from "../environments/container_image.ts";
import { findGitCommit } from "./git_checkout.ts";

export interface ContainerOptions extends EngineSurroundings {
  /** Of the engine's `run`, by name; an empty text stands for one that has no value. */
  readonly dockerArguments: Values;
  /** Whether the project's files become part of a new image. */
  readonly buildsImage: boolean;
  readonly onProgress: (message: string) => void;
}

export interface ProjectContainer {
  readonly image: ContainerImage;
  /** For `EntryPointRun`. */
  readonly of: (command: string) => NonNullable<EntryPointRun["container"]>;
}

type DockerEnvironment = Extract<ProjectEnvironment, { is: "docker" }>;

/**
 * Finds or makes the image; nothing runs yet. Throws TOOL_MISSING, ENVIRONMENT_INVALID, also for a variable that the
 * machine has not, and ENVIRONMENT_FAILED.
 */
export async function prepareContainer(
  project: MlflowProject,
  environment: DockerEnvironment,
  options: ContainerOptions,
): Promise<ProjectContainer> {
  if (project.name === undefined && options.buildsImage) {
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: "Cannot build an image of a project that has no name",
      at: { ...(project.file === undefined ? {} : { file: project.file }) },
      hint: "Write `name: NAME` in its MLproject: the image is named by it",
    });
  }
  const environmentVariables = variablesOf(environment, project, options.variables);
  const engine = await findContainerEngine(options);
  const base = await findImage(environment.image, options.folder, engine, options.onProgress);
  const image = options.buildsImage ? await imageWithProject(project, base, engine, options) : base;
  const { dockerArguments, signal: _ } = options;
  return {
    image,
    of: (command) => ({
      argv: (runId, variables) =>
        containerArguments({ engine, image, dockerArguments, volumes: environment.volumes }, {
          name: containerName(runId),
          runId,
          variables: { ...variables, ...environmentVariables },
          command,
        }),
      end: (runId) => removeNamed(runId, engine),
    }),
  };
}

/** Whoever ran it may be dead while it goes on; `rm` of what is gone says so, and that is well. */
async function removeNamed(runId: string, engine: ContainerEngine): Promise<void> {
  const remove = () =>
    engine.run(["rm", "--force", containerName(runId)], { signal: new AbortController().signal });
  // podman fails once where the process that watched the container is dead, and knows it then.
  if ((await remove()).code !== 0) await remove();
}

/** Ends what a killed run left running. Where no engine is to be had, nothing can be. */
export async function removeContainer(
  runId: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    const signal = new AbortController().signal;
    await removeNamed(runId, await findContainerEngine({ variables, folder: "/", signal }));
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
  }
}

const containerName = (runId: string): string => `sluice-${runId}`;

interface Container {
  readonly engine: Pick<ContainerEngine, "words">;
  readonly image: ContainerImage;
  readonly dockerArguments: Values;
  readonly volumes: readonly string[];
}

interface ContainerCall {
  readonly name: string;
  readonly runId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly command: string;
}

/** As MLflow has it, but for the container's name, and its network where the tracker is one of this machine. */
function containerArguments(
  { engine, image, dockerArguments, volumes }: Container,
  { name, runId, variables, command }: ContainerCall,
): Argv {
  const [program, ...rest] = engine.words;
  const named = [...dockerArguments].flatMap(([option, value]) => {
    const flag = `${option.length === 1 ? "-" : "--"}${option}`;
    return value === "" ? [flag] : [flag, value];
  });
  const hasNetwork = ["network", "net"].some((option) => dockerArguments.has(option));
  const needsHost = !hasNetwork && isOfThisMachine(variables["MLFLOW_TRACKING_URI"] ?? "");
  return [
    program,
    ...rest,
    ...["run", "--rm", "--name", name, "--label", `sluice.run=${runId}`],
    ...(needsHost ? ["--network", "host"] : []),
    ...named,
    ...volumes.flatMap((volume) => ["-v", volume]),
    ...Object.entries(variables).flatMap(([key, value]) => ["-e", `${key}=${value}`]),
    image.name,
    // MLflow has a shell of this machine read the command, and run what follows an operator outside of the image.
    ...(splitWords(command) ?? ["bash", "-c", command]),
  ];
}

const isOfThisMachine = (uri: string): boolean => /^https?:\/\/(127\.|localhost[:/]|\[::1\])/i.test(uri);

/**
 * The environment of steps that run in such an image: its files, held by a sandbox. Throws ENVIRONMENT_INVALID for what
 * only a container has.
 */
export function imageSpec(
  project: MlflowProject,
  environment: DockerEnvironment,
  { variables, dockerArguments = new Map(), buildsImage = false }: ImageOptions,
): DockerSpec {
  const asked = environment.volumes.length > 0
    ? "the `volumes` of its `docker_env`"
    : dockerArguments.size > 0
    ? "`-A`"
    : buildsImage
    ? "`--build-image`"
    : undefined;
  if (asked !== undefined) {
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: `Cannot give ${asked} to steps, which a sandbox holds in the image and no engine runs`,
      ...(project.file === undefined ? {} : { at: { file: project.file } }),
      hint: "Leave it out, or run the entry point alone, without `--cache` and `--sandbox=require`",
    });
  }
  return {
    kind: "docker",
    image: { is: "named", name: environment.image },
    variables: variablesOf(environment, project, variables),
  };
}

export interface ImageOptions {
  readonly variables: Readonly<Record<string, string>>;
  readonly dockerArguments?: Values;
  readonly buildsImage?: boolean;
}

function variablesOf(
  { environment }: DockerEnvironment,
  { file }: MlflowProject,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(environment.map((item) => {
    if (typeof item !== "string") return item;
    const value = variables[item];
    if (value !== undefined) return [item, value];
    return refuse({
      code: "ENVIRONMENT_INVALID",
      message:
        `Cannot start a container as its \`docker_env\` takes the variable \`${item}\`, which is not set`,
      ...(file === undefined ? {} : { at: { file } }),
      hint: `Set it, or write its value: \`environment: [["${item}", "value"]]\``,
    });
  }));
}

/** Where MLflow puts a project into an image. */
const projectFolder = "/mlflow/projects/code/";

/** A new image on the base with the project's files in it, named as MLflow names it. */
async function imageWithProject(
  project: MlflowProject,
  base: ContainerImage,
  engine: ContainerEngine,
  { folder, onProgress }: ContainerOptions,
): Promise<ContainerImage> {
  const commit = findGitCommit(folder);
  const name = `${project.name!}${commit === undefined ? "" : `:${commit.slice(0, 7)}`}`;
  const context = await Deno.makeTempDir({ prefix: "sluice-image-" });
  try {
    const contents = join(context, "project");
    makeFolder(contents);
    for (const { path, is, look } of walkTree(folder)) {
      if (path === ".git" || path.startsWith(".git/")) continue;
      if (is === "folder") makeFolder(join(contents, path));
      else if (is === "file") await Deno.copyFile(join(folder, path), join(contents, path));
      else if (look.is === "link") {
        await Deno.symlink(await Deno.readLink(join(folder, path)), join(contents, path));
      }
    }
    const file = join(context, "Dockerfile");
    await Deno.writeTextFile(
      file,
      `FROM ${base.name}\nCOPY project/ ${projectFolder}\nWORKDIR ${projectFolder}\n`,
    );
    onProgress(`building image ${name}`);
    return await buildImage({ name, folder: context, file }, engine, onProgress);
  } finally {
    await removeTree(context).catch(() => {});
  }
}

/** The words of a command of this machine, for who is asked before it runs. */
export const shownContainer = (environment: DockerEnvironment): string =>
  `image ${environment.image}${
    environment.volumes.length === 0
      ? ""
      : `, with ${environment.volumes.map(quoteWord).join(", ")} of this machine`
  }`;
