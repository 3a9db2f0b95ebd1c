/** A project that ran once, and copies of it with the cache it left, to be edited and run again. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { StepForecast } from "../../src/core/cause.ts";
import { causesText, forecastText } from "../../src/terminal/cause_text.ts";
import { denoFolder } from "../../src/scheduler/deno_folder.ts";
import { finish, type Finished, sluiceProgram, startDeno } from "../run/run_project.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const source = fileURLToPath(new URL("./project/", import.meta.url));

/** How the project is run and asked about; each part as before unless it is said. */
export interface Call {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The pipeline's file, relative to the project. */
  readonly file?: string;
}

/** A folder that holds `project/` and `cache/`. */
export type Project = ReturnType<typeof openProject>;

export function openProject(root: string) {
  const folder = join(root, "project");
  const path = (file: string): string => join(folder, file);
  const variables = ({ env = {} }: Call): Record<string, string> => ({
    GREETING: "hello",
    XDG_CACHE_HOME: join(root, "cache"),
    DENO_DIR: denoFolder(Deno.env.toObject())!,
    ...env,
  });
  const start = (args: readonly string[], call: Call) =>
    finish(startDeno(["--no-check", ...args, ...call.args ?? []], folder, variables(call)));
  const run = (call: Call = {}): Promise<Finished> => start([call.file ?? "pipeline.ts", "--json"], call);
  return {
    root,
    folder,
    cache: join(root, "cache", "sluice"),
    path,
    run,
    sluice: (args: readonly string[], call: Call = {}): Promise<Finished> =>
      start([sluiceProgram, ...args], call),
    /** Every place where `from` stands; it must stand somewhere. */
    async replace(file: string, from: string, to: string): Promise<void> {
      const text = await Deno.readTextFile(path(file));
      if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
      await Deno.writeTextFile(path(file), text.replaceAll(from, to));
    },
    async write(file: string, text: string): Promise<void> {
      await Deno.mkdir(dirname(path(file)), { recursive: true });
      await Deno.writeTextFile(path(file), text);
    },
    remove: (file: string): Promise<void> => Deno.remove(path(file), { recursive: true }),
    /** What is said of each step that is not cached, as `why` says it; digests and paths are shortened. */
    async ask(call: Call = {}): Promise<Record<string, string>> {
      const plan = await expectDone(run({ ...call, args: [...call.args ?? [], "--dry-run"] }));
      const { forecast } = JSON.parse(plan.stdout) as {
        forecast: readonly ({ readonly step: string } & StepForecast)[];
      };
      const said: Record<string, string> = {};
      for (const { step, ...each } of forecast) {
        if (each.is === "cached") continue;
        const text = each.is === "depends" ? forecastText(each) : causesText(each.causes, 9);
        said[step] = text.replaceAll(`${folder}/`, "").replaceAll(/\b[0-9a-f]{12}\b/g, "#")
          // Whichever this machine has.
          .replaceAll(/→ (?:bubblewrap|landlock)$/g, "→ tier");
      }
      return said;
    },
  };
}

/** Makes the project in `root` and runs it once. */
export async function makeProject(root: string, call: Call = {}): Promise<Project> {
  const project = await writeProject(root);
  await expectDone(project.run(call));
  return project;
}

export async function writeProject(root: string): Promise<Project> {
  const project = openProject(root);
  await copyFolder(source, project.folder);
  const config = { links: [repository], imports: { sluice: "jsr:@sluice/sluice@^0.1" } };
  await Deno.writeTextFile(project.path("deno.json"), JSON.stringify(config));
  return project;
}

export async function expectDone(run: Promise<Finished>): Promise<Finished> {
  const finished = await run;
  if (finished.code !== 0) throw new Error(`${finished.stdout}\n${finished.stderr}`);
  return finished;
}

/** As it is, with its times. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true });
  const { success, stderr } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** The names of the steps that a run executed, sorted; throws when it did not finish. */
export function executedSteps({ code, events, stderr }: Finished): string[] {
  const ended = events.flatMap((event) => event.is === "step-ended" ? [event] : []);
  const other = ended.filter(({ outcome }) => outcome.is !== "finished" && outcome.is !== "cached");
  if (code !== 0 || other.length > 0) throw new Error(`${JSON.stringify(other)}\n${stderr}`);
  return ended.filter(({ outcome }) => outcome.is === "finished").map(({ step }) => step).sort();
}

/** Files below a folder, with paths relative to it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (at: string) => {
    for await (const entry of Deno.readDir(at)) {
      const path = join(at, entry.name);
      if (entry.isDirectory) await visit(path);
      else found.push(relative(folder, path));
    }
  };
  await visit(folder);
  return found.sort();
}
