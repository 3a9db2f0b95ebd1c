/**
 * Writes `recorded.json`: how real MLflow starts the containers of each case, by podman's own service of Docker's API.
 * Run it when a case is new, or with another MLflow: `deno run -A test/containers/record.ts`.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mlflowPython } from "../real/mlflow.ts";
import { containerCases } from "./container_cases.ts";
import { addDockerProgram, openContainerPlace } from "./container_workplace.ts";
import { type ContainerAnswer, readContainerAnswer, writeProject } from "./container_answer.ts";

await using place = await openContainerPlace();
await addDockerProgram(place);
const socket = join(place.folder, "podman.sock");
const service = new Deno.Command("podman", {
  args: ["system", "service", "--time", "0", `unix://${socket}`],
  env: { ...place.variables },
  stdout: "null",
  stderr: "null",
}).spawn();
try {
  while (await Deno.stat(socket).catch(() => undefined) === undefined) {
    await new Promise((r) => setTimeout(r, 100));
  }
  const answers: Record<string, ContainerAnswer> = {};
  for (const asked of containerCases) {
    const folder = await writeProject(place, asked);
    const { code, stderr } = await new Deno.Command(await mlflowPython(), {
      args: ["-m", "mlflow", "run", "project", ...asked.arguments ?? []],
      cwd: folder,
      env: { ...place.variables, ...asked.variables, DOCKER_HOST: `unix://${socket}` },
    }).output();
    if (Deno.args.includes("--verbose")) {
      console.error(asked.name, new TextDecoder().decode(stderr).slice(-600));
    }
    answers[asked.name] = await readContainerAnswer(place, folder, code === 0);
  }
  const path = fileURLToPath(new URL("recorded.json", import.meta.url));
  await Deno.writeTextFile(path, `${JSON.stringify(answers, null, 2)}\n`);
} finally {
  service.kill();
  await service.status;
}
