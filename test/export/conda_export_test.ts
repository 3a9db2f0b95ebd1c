import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { callSluice, makeFolder, openCondaPlace } from "../conda/conda_channel.ts";
import { realTest } from "../real_part.ts";

realTest(
  ["python", "uv", "network"],
  "conda's packages are exported as they are locked, with their builds, and a project of them is solved and runs",
  async () => {
    await using place = await openCondaPlace();
    const folder = await makeFolder(place, {
      "pipeline.ts": `import { conda, file, pipeline, sh, step } from "sluice";
const greet = step("greet", {
  env: conda({ channels: ["file://${place.channel}"], dependencies: ["python", "greeting=1.0"] }),
  outputs: { said: file() },
  command: ({ outputs }) => sh\`python write.py \${outputs.said}\`,
});
export default pipeline("greeting", {}, () => ({ greet: greet({}) }));
`,
      "write.py": "import greeting, sys\nprint('said', greeting.VERSION)\nopen(sys.argv[1], 'w').close()\n",
    });
    const project = join(place.folder, "project");
    const exported = await callSluice(place, folder, ["export", "pipeline.ts", "-o", project, "--json"]);
    strictEqual(exported.code, 0, exported.stderr);
    deepStrictEqual(
      JSON.parse(exported.stdout).unsaid.map(({ what }: { what: string }) => what),
      ["conda: no digests, which conda.yaml has no place for"],
    );
    match(await Deno.readTextFile(join(project, "MLproject")), /^conda_env: conda.yaml$/m);
    const conda = parse(await Deno.readTextFile(join(project, "conda.yaml")));
    deepStrictEqual(conda.channels, [`file://${place.channel}`]);
    strictEqual(conda.dependencies.includes("greeting=1.0=0"), true);
    const ran = await callSluice(place, place.folder, ["run", project]);
    strictEqual(ran.code, 0, ran.stderr);
    match(ran.stdout, /^said 1\.0$/m);
  },
);
