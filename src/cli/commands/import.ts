/** `sluice import`: writes the pipeline of an MLflow project or a dvc.yaml. */
import { cacheFolder } from "../../core/cache_folder.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { jsonOption } from "../../terminal/run_flags.ts";
import { safeText } from "../../terminal/safe_text.ts";
import { shownPath } from "../../terminal/shown_path.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { makeCommand } from "../command.ts";

export const importCommand = makeCommand({
  name: "import",
  summary: "Write the pipeline of an MLflow project or a dvc.yaml",
  description:
    "A typed `pipeline.ts` that does what the project does, formatted, beside the project's files. A project that is " +
    "fetched is copied into the folder of the pipeline, which must be new or empty. Nothing of it runs, so nobody is " +
    "asked. What is other than before is said at the top of the file, with the lines that it comes from.",
  positionals: [{
    name: "project",
    value: { is: "file", placeholder: "DIR|URI" },
    isOptional: true,
    default: "this folder",
    description: "A folder, `URI#folder` of git, a .zip, or a file MLproject or dvc.yaml",
  }],
  options: [
    {
      name: "output",
      short: "o",
      value: { is: "file", placeholder: "FILE" },
      default: "pipeline.ts beside the project's files; for what is fetched, in a new folder named after it",
      description: "Where to write the pipeline",
    },
    {
      name: "version",
      short: "v",
      value: { is: "text", placeholder: "VERSION" },
      description: "A branch, tag or commit of git",
    },
    {
      name: "env-manager",
      value: { is: "choice", placeholder: "NAME", choices: ["conda", "uv"] },
      default: "conda, or uv where a channel cannot be reached",
      description: "Whether the packages of a conda.yaml are conda's or, by uv, PyPI's",
    },
    { name: "force", description: "Write over a file that is there" },
    jsonOption,
  ],
  examples: [
    { arguments: "my-project", description: "Write my-project/pipeline.ts" },
    {
      arguments: "my-project/dvc.yaml",
      description: "The stages of a dvc.yaml, where there is an MLproject as well",
    },
    { arguments: "https://host/group/project.git#folder -v v1.2", description: "Fetch it into ./folder" },
    { arguments: "project.zip -o new/pipeline.ts", description: "Into a folder of that name" },
  ],
}, async (call) => {
  const [{ importProject }, { denoFile, findSluiceSource }] = await Promise.all([
    import("../../compose/import_project.ts"),
    import("../project_files.ts"),
  ]);
  const one = (name: string) => call.options.get(name)?.at(-1);
  const [output, version] = [one("output"), one("version")];
  const manager = one("env-manager") as "conda" | "uv" | undefined;
  const { workingFolder, variables } = call;
  const { files, origin, notes, steps } = await importProject({
    uri: call.positionals[0] ?? ".",
    ...(output === undefined ? {} : { output }),
    ...(manager === undefined ? {} : { environmentManager: manager }),
    isForced: call.options.has("force"),
    settings: denoFile(findSluiceSource()),
  }, {
    ...(version === undefined ? {} : { version }),
    workingFolder,
    variables,
    cache: () => cacheFolder(variables),
    signal: new AbortController().signal,
  });
  if (call.options.has("json")) {
    call.stdout.write(`${jsonLine({ files, origin, steps, notes })}\n`);
    return 0;
  }
  writeLines(call.stdout, files.map((path) => safeText(shownPath(path, workingFolder))));
  for (const note of notes) call.stderr.write(`- ${safeText(note)}\n`);
  call.stderr.write(
    `\nNext: sluice plan ${safeText(shownPath(files[0]!, workingFolder))}, which says what would run\n`,
  );
  return 0;
});
