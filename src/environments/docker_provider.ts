/** Environments that are images: fetched or built by Docker or podman, and from then on a folder with their files. */
import { join } from "node:path";
import { z } from "zod";
import { digestValue } from "../core/digest.ts";
import type { DockerSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import { digestTree } from "../core/file_tree.ts";
import type { ContainerEngine } from "./container_engine.ts";
import type { ContainerImage } from "./container_image.ts";
import { type DockerLockEntry, type LockEntry, requireKind } from "./lock_file.ts";
import { currentPlatform } from "./platform.ts";
import type { Answer, Provider, Settled, Surroundings, Work } from "./provider.ts";
import { runProgram } from "./run_program.ts";

export const provideDocker: Provider<"docker"> = async (spec, surroundings): Promise<Answer> => {
  const { image } = spec;
  const content = image.is === "built" ? await digestBuild(image.folder) : null;
  const name = image.is === "named" ? image.name : null;
  return {
    is: "recipe",
    recipe: {
      key: digestValue({ kind: "docker", platform: currentPlatform().target, name, content }),
      resolve: (_, work) => resolve(spec, surroundings, work),
      settle: (entry) => Promise.resolve(settle(spec, requireKind(entry, "docker"), surroundings)),
    },
  };
};

async function digestBuild(folder: string): Promise<string> {
  try {
    const { digest, files } = await digestTree(folder);
    if (files.some(({ path }) => path === "Dockerfile")) return digest;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return refuse({
    code: "ENVIRONMENT_INVALID",
    message: `Cannot build an image of \`${folder}\` as it holds no \`Dockerfile\``,
    at: { file: folder },
    hint: "Name a folder with a file of that name",
  });
}

async function openEngine(surroundings: Surroundings, work: Work): Promise<ContainerEngine> {
  const { findContainerEngine } = await import("./container_engine.ts");
  const { variables, project } = surroundings;
  return await findContainerEngine({ variables, folder: project, signal: work.signal });
}

async function resolve({ image }: DockerSpec, surroundings: Surroundings, work: Work): Promise<LockEntry> {
  work.onProgress({ is: "resolving" });
  const found = await obtain(image, surroundings, work);
  return {
    kind: "docker",
    python: "none",
    platform: currentPlatform().target,
    requirements: [image.is === "named" ? image.name : "built of a Dockerfile"],
    packages: { [found.published ?? found.name]: [found.id] },
  };
}

async function obtain(
  image: DockerSpec["image"],
  surroundings: Surroundings,
  work: Work,
): Promise<ContainerImage> {
  const { buildImage, findImage } = await import("./container_image.ts");
  const engine = await openEngine(surroundings, work);
  const onProgress = (message: string) => work.onProgress({ is: "installing", message });
  if (image.is === "named") return await findImage(image.name, surroundings.project, engine, onProgress);
  const name = `localhost/sluice-built:${
    digestValue(image.folder).slice("sha256:".length, "sha256:".length + 16)
  }`;
  return await buildImage(
    { name, folder: image.folder, file: join(image.folder, "Dockerfile") },
    engine,
    onProgress,
  );
}

function settle(spec: DockerSpec, entry: DockerLockEntry, surroundings: Surroundings): Settled {
  const [[name, [image = ""]]] = Object.entries(entry.packages) as [[string, readonly string[]]];
  const id = digestValue({ kind: "docker", image, variables: spec.variables, platform: entry.platform });
  return {
    id,
    facts: { kind: "docker", packages: 1, lock: digestValue(entry) },
    contents: { kind: "docker", packages: { [name]: image }, platform: entry.platform },
    mustHold: ["image.json"],
    restsOn: [],
    make: (folder, work) => make(spec, { name, id: image }, folder, surroundings, work),
    describe(folder) {
      const root = join(folder, "root");
      const { PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...variables } =
        readVariables(
          folder,
        );
      return {
        path: PATH.split(":").filter((each) => each.startsWith("/")),
        variables: { ...variables, ...spec.variables },
        root,
        folders: [],
      };
    },
  };
}

/** The files of the image in `root`, and what it sets for its processes in `image.json`. */
async function make(
  spec: DockerSpec,
  { name, id }: { readonly name: string; readonly id: string },
  folder: string,
  surroundings: Surroundings,
  work: Work,
): Promise<void> {
  const { exportImage, inspectImage } = await import("./container_image.ts");
  const engine = await openEngine(surroundings, work);
  // By its content, else what was locked is fetched, or built, again.
  const image = await inspectImage(id, engine) ??
    await obtain(spec.image.is === "named" ? { is: "named", name } : spec.image, surroundings, work);
  if (image.id !== id) {
    refuse({
      code: "ENVIRONMENT_FAILED",
      message: `Cannot take image \`${image.name}\` as it is not what was locked, \`${id.slice(0, 19)}…\``,
      details: `found ${image.id}`,
      hint: spec.image.is === "built"
        ? "What a Dockerfile makes differs each time: run `sluice lock --upgrade`, or push the image and name it"
        : "Fetch what was locked, or run `sluice lock --upgrade`",
    });
  }
  work.onProgress({ is: "installing", message: `taking the files of image ${image.name}` });
  const [archive, root] = [join(folder, "image.tar"), join(folder, "root")];
  await exportImage(id, archive, engine);
  await Deno.mkdir(root);
  // Devices are the sandbox's own. Of what leads out of the folder tar lets nothing through.
  const { code, stderr } = await runProgram({
    program: "tar",
    arguments: ["-xf", archive, "-C", root, "--no-same-owner", "--exclude=dev/*", "--exclude=./dev/*"],
    variables: surroundings.variables,
    folder,
    signal: work.signal,
  });
  if (code !== 0) {
    refuse({
      code: "ENVIRONMENT_FAILED",
      message: `Cannot unpack image \`${image.name}\``,
      details: stderr.trim().split("\n").slice(-10).join("\n"),
      hint: "See that the disk of the cache has room",
    });
  }
  await Deno.remove(archive);
  await Deno.writeTextFile(join(folder, "image.json"), JSON.stringify({ variables: image.variables }));
}

const ImageNote = z.object({ variables: z.array(z.string()) });

function readVariables(folder: string): Record<string, string> {
  const { variables } = ImageNote.parse(JSON.parse(Deno.readTextFileSync(join(folder, "image.json"))));
  return Object.fromEntries(variables.map((line) => {
    const at = line.indexOf("=");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
  }));
}
