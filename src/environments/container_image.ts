/** Images: found on this machine, fetched, or built. */
import { join } from "node:path";
import { z } from "zod";
import { refuse } from "../core/error.ts";
import { findLook } from "../core/look.ts";
import type { ContainerEngine } from "./container_engine.ts";

export interface ContainerImage {
  /** As it was asked for, or as it was named when it was built. */
  readonly name: string;
  /** Of its content: `sha256:…`. */
  readonly id: string;
  /** As its registry has it, `name@sha256:…`; undefined where it came from none. */
  readonly published: string | undefined;
  /** What it sets for its processes, `NAME=value`. */
  readonly variables: readonly string[];
}

/**
 * The image of that name: of this machine, else from its registry, else built from the `Dockerfile` in `folder` where
 * there is one. Throws ENVIRONMENT_INVALID with the engine's own words.
 */
export async function findImage(
  name: string,
  folder: string,
  engine: ContainerEngine,
  onProgress: (message: string) => void,
): Promise<ContainerImage> {
  requireImageName(name);
  const found = await inspectImage(name, engine);
  if (found !== undefined) return found;
  onProgress(`fetching image ${name}`);
  const pulled = await engine.run(["pull", name], { onLine: steps(onProgress) });
  if (pulled.code === 0) return await requireImage(name, engine);
  if (findLook(join(folder, "Dockerfile"))?.is !== "file") return refuseImage(name, pulled.stderr);
  onProgress(`building image ${name} from the project's Dockerfile`);
  return await buildImage({ name, folder, file: join(folder, "Dockerfile") }, engine, onProgress);
}

export interface ImageBuild {
  readonly name: string;
  /** What the file can copy from. */
  readonly folder: string;
  readonly file: string;
}

/** Throws ENVIRONMENT_FAILED with the end of what the engine printed. */
export async function buildImage(
  { name, folder, file }: ImageBuild,
  engine: ContainerEngine,
  onProgress: (message: string) => void,
): Promise<ContainerImage> {
  const built = await engine.run(["build", "-t", name, "-f", file, folder], { onLine: steps(onProgress) });
  if (built.code === 0) return await requireImage(name, engine);
  return refuse({
    code: "ENVIRONMENT_FAILED",
    message: `Cannot build image \`${name}\` from \`${file}\``,
    details: lastLines(built.stdout + built.stderr),
    hint: "Read what the engine says of it",
  });
}

/** Less what the engine says to whoever looks for its faults. */
const steps = (onProgress: (message: string) => void) => (line: string) => {
  if (line.trim() !== "" && !/^time=.* level=/.test(line)) onProgress(line);
};

const Inspected = z.array(z.object({
  Id: z.string().min(1),
  RepoDigests: z.array(z.string()).nullish(),
  Config: z.object({ Env: z.array(z.string()).nullish() }).nullish(),
})).min(1);

/** One of this machine; undefined where it is not there. */
export async function inspectImage(
  name: string,
  engine: ContainerEngine,
): Promise<ContainerImage | undefined> {
  const { code, stdout } = await engine.run(["image", "inspect", name]);
  if (code !== 0) return undefined;
  const { Id: id, RepoDigests: digests, Config: config } = Inspected.parse(JSON.parse(stdout))[0]!;
  return {
    name,
    id: id.startsWith("sha256:") ? id : `sha256:${id}`,
    // An image of this machine alone is of no registry, whatever podman calls it.
    published: digests?.find((digest) => !digest.startsWith("localhost/")),
    variables: config?.Env ?? [],
  };
}

async function requireImage(name: string, engine: ContainerEngine): Promise<ContainerImage> {
  return await inspectImage(name, engine) ?? refuseImage(name, "");
}

/** Writes all the files of an image to an archive of tar. Throws ENVIRONMENT_FAILED. */
export async function exportImage(id: string, archive: string, engine: ContainerEngine): Promise<void> {
  const created = await engine.run(["create", id, "true"]);
  const container = created.stdout.trim().split("\n").at(-1) ?? "";
  try {
    const exported = created.code === 0
      ? await engine.run(["export", "--output", archive, container])
      : created;
    if (exported.code === 0) return;
    refuse({
      code: "ENVIRONMENT_FAILED",
      message: `Cannot take the files of image \`${id}\``,
      details: lastLines(exported.stderr),
      hint: "Read what the engine says of it",
    });
  } finally {
    if (created.code === 0) {
      await engine.run(["rm", "--force", container], { signal: new AbortController().signal });
    }
  }
}

/** One that begins with a dash would be an option. */
function requireImageName(name: string): void {
  if (/^[A-Za-z0-9][\w./:@-]*$/.test(name)) return;
  refuse({
    code: "ENVIRONMENT_INVALID",
    message: `Cannot use image \`${name}\` as this is no name of an image`,
    hint: "Such as `python:3.12-slim` or `registry.example.com/group/name:tag`",
  });
}

function refuseImage(name: string, words: string): never {
  return refuse({
    code: "ENVIRONMENT_INVALID",
    message: `Cannot use image \`${name}\` as it is not on this machine and cannot be fetched`,
    ...(words.trim() === "" ? {} : { details: lastLines(words) }),
    hint:
      "Correct the name, log in to its registry, build it, or put a Dockerfile beside the project's MLproject",
  });
}

const lastLines = (text: string): string => text.trimEnd().split("\n").slice(-20).join("\n");
