/**
 * A place with podman, an image of its own, and projects that name it. The image holds a small system: bash and a few
 * programs of this machine with their libraries, and no more.
 */
import { dirname, join } from "node:path";

export interface ContainerPlace {
  /** Everything lies in it; `bin` is first on PATH. */
  readonly folder: string;
  /** What makes podman work in it, also where a container may not do all that it may elsewhere. */
  readonly variables: Readonly<Record<string, string>>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const imageName = "localhost/sluice-test:1";
/** Without a colon: MLflow's own tags have none. */
const programs = ["bash", "cat", "echo", "env", "ls", "mkdir", "pwd", "sh", "sleep", "sort", "touch", "tr"];

/** Names its storage and its runtime, as a user does in files of their own. */
export async function openContainerPlace(): Promise<ContainerPlace> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-containers-" }));
  const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
  await write(
    "containers.conf",
    `[containers]\ndefault_ulimits=[]\n[engine]\ncgroup_manager="cgroupfs"\nruntime="runc"\nevents_logger="file"\n`,
  );
  await write(
    "storage.conf",
    `[storage]\ndriver="vfs"\nrunroot="${join(folder, "run")}"\ngraphroot="${join(folder, "graph")}"\n`,
  );
  await write("registries.conf", "unqualified-search-registries = []\n");
  const variables = {
    CONTAINERS_CONF: join(folder, "containers.conf"),
    CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
    CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
    PATH: `${join(folder, "bin")}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
  };
  await Deno.mkdir(join(folder, "bin"));
  const place = {
    folder,
    variables,
    async [Symbol.asyncDispose]() {
      await podman(place, ["system", "reset", "--force"]).catch(() => {});
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
  await importImage(place);
  return place;
}

/** Gives its standard output; throws what it says when it fails. */
export async function podman(
  { folder, variables }: Pick<ContainerPlace, "folder" | "variables">,
  args: readonly string[],
): Promise<string> {
  const output = await new Deno.Command("podman", { args: [...args], cwd: folder, env: { ...variables } })
    .output();
  const text = new TextDecoder();
  if (!output.success) throw new Error(`podman ${args[0]}: ${text.decode(output.stderr)}`);
  return text.decode(output.stdout);
}

async function importImage(place: ContainerPlace): Promise<void> {
  const root = join(place.folder, "root");
  for (const name of ["tmp", "etc", "proc", "dev", "sys"]) {
    await Deno.mkdir(join(root, name), { recursive: true });
  }
  for (const program of programs) await addProgram(root, program);
  const archive = join(place.folder, "root.tar");
  await run("tar", ["-C", root, "-cf", archive, "."]);
  await podman(place, ["import", archive, imageName]);
  await Deno.remove(root, { recursive: true });
}

async function addProgram(root: string, name: string): Promise<void> {
  const path = (await run("sh", ["-c", `command -v ${name}`])).trim();
  const from = path.startsWith("/") ? path : `/bin/${name}`;
  await addFile(root, await Deno.realPath(from), `/bin/${name}`);
  for (const [, library] of (await run("ldd", [from])).matchAll(/(\/\S+) \(0x/g)) {
    await addFile(root, await Deno.realPath(library!), library!);
  }
}

async function addFile(root: string, from: string, path: string): Promise<void> {
  const to = join(root, path);
  await Deno.mkdir(dirname(to), { recursive: true });
  await Deno.copyFile(from, to);
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const output = await new Deno.Command(program, { args: [...args] }).output();
  if (!output.success) throw new Error(`${program}: ${new TextDecoder().decode(output.stderr)}`);
  return new TextDecoder().decode(output.stdout);
}

/**
 * A program of the name `docker` in `bin`, which is podman and writes down how a container was started. As Docker's service
 * does, it makes folders that are to be mounted and are not there.
 */
export async function addDockerProgram({ folder }: ContainerPlace): Promise<void> {
  const path = join(folder, "bin", "docker");
  await Deno.writeTextFile(
    path,
    `#!/bin/bash
if [ "$1" = run ]; then
  printf '%s\\0' "$@" > "${join(folder, "started")}"
  for at in $(seq 1 $#); do
    next=$((at + 1))
    if [ "\${!at}" = -v ] && [ ! -e "\${!next%%:*}" ]; then mkdir -p "\${!next%%:*}"; fi
  done
fi
exec podman "$@"
`,
  );
  await Deno.chmod(path, 0o755);
}

/** How the last container was started; undefined where none was. */
export async function readStarted({ folder }: ContainerPlace): Promise<readonly string[] | undefined> {
  const path = join(folder, "started");
  const text = await Deno.readTextFile(path).catch(() => undefined);
  await Deno.remove(path).catch(() => {});
  return text?.split("\0").slice(0, -1);
}
