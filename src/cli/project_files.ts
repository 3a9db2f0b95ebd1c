/** The files that `sluice init` writes: a pipeline that runs anywhere Deno does, with its test. */
import { fileURLToPath } from "../core/file_url.ts";
import { sluiceVersion } from "../compose/version.ts";

/** Where the new folder finds sluice. */
export type SluiceSource =
  /** A checkout, which runs as it is. */
  | { readonly is: "checkout"; readonly folder: string }
  /** A published package. */
  | { readonly is: "package"; readonly version: string };

/** The sluice that runs now: a checkout is made of `.ts` files, the package of `.js` ones. */
export function findSluiceSource(): SluiceSource {
  const root = new URL("../../", import.meta.url);
  return root.protocol === "file:" && import.meta.url.endsWith(".ts")
    ? { is: "checkout", folder: fileURLToPath(root).replace(/\/$/, "") }
    : { is: "package", version: sluiceVersion };
}

/** By path below the new folder. */
export function projectFiles(name: string, source: SluiceSource): ReadonlyMap<string, string> {
  return new Map([
    ["pipeline.ts", pipelineFile(name)],
    ["pipeline_test.ts", testFile],
    ["deno.json", denoFile(source)],
    [".vscode/settings.json", `${JSON.stringify(editorSettings, undefined, 2)}\n`],
    [".gitignore", ignored.map((line) => `${line}\n`).join("")],
    ["README.md", readme(name)],
  ]);
}

const ignored = [".cache/", ".sluice/", "mlflow.db*", "mlruns/", "node_modules/"];

const editorSettings = {
  "deno.enable": true,
  "editor.formatOnSave": true,
  "[typescript]": { "editor.defaultFormatter": "denoland.vscode-deno" },
};

/** A deno.json that finds sluice. */
export function denoFile(source: SluiceSource): string {
  const config = {
    ...(source.is === "checkout" ? { links: [source.folder] } : {}),
    imports: {
      sluice: source.is === "checkout" ? "jsr:@sluice/sluice@^0.1" : `npm:@sluice/sluice@^${source.version}`,
    },
    tasks: {
      run: "deno run -A pipeline.ts",
      sluice: "deno run -A sluice/cli",
      test: "deno test -A",
      check: "deno check .",
    },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

const pipelineFile = (name: string) =>
  `/** Fits a line to points. \`deno run -A pipeline.ts --help\` says what it takes. */
import { dataset, file, float, int, main, pipeline, step } from "sluice";

const Points = dataset({ x: float(), y: float() });

export const prepare = step("prepare", {
  description: "Draw points beside a line",
  params: {
    rows: int().min(2).max(100_000).default(200).describe("How many points"),
    seed: int().min(1).default(1).describe("Of the noise"),
  },
  outputs: { points: Points },
  run: async ({ params, outputs }) => {
    let state = params.seed;
    const noise = () =>
      (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
    const rows = Array.from({ length: params.rows }, (_, index) => {
      const x = index / params.rows;
      return \`\${x},\${2 * x + 1 + noise() / 5}\`;
    });
    await Deno.writeTextFile(outputs.points, \`x,y\\n\${rows.join("\\n")}\\n\`);
  },
});

export const train = step("train", {
  description: "Fit a line by gradient descent",
  params: {
    alpha: float().min(0).max(1).default(0.5).describe("Learning rate"),
    rounds: int().min(1).max(10_000).default(200).describe(
      "How often to correct the line",
    ),
  },
  inputs: { points: Points },
  outputs: { line: file({ format: "json" }) },
  metrics: ["loss"],
  run: async ({ params, inputs, outputs, log }) => {
    const [, ...lines] = (await Deno.readTextFile(inputs.points)).trim().split(
      "\\n",
    );
    const points = lines.map((line) =>
      line.split(",").map(Number) as [number, number]
    );
    let slope = 0, offset = 0, loss = Infinity;
    for (let round = 1; round <= params.rounds; round++) {
      let bySlope = 0, byOffset = 0;
      loss = 0;
      for (const [x, y] of points) {
        const error = slope * x + offset - y;
        loss += error ** 2 / points.length;
        bySlope += 2 * error * x / points.length;
        byOffset += 2 * error / points.length;
      }
      slope -= params.alpha * bySlope;
      offset -= params.alpha * byOffset;
      if (round % 10 === 0) {
        log.metric("loss", loss, round);
        log.progress(round / params.rounds);
      }
    }
    await Deno.writeTextFile(outputs.line, JSON.stringify({ slope, offset }));
    return { loss };
  },
});

const fit = pipeline(
  ${JSON.stringify(name)},
  { description: "Fit a line", params: { alpha: train.params.alpha } },
  ({ alpha }) => {
    const { points } = prepare({});
    const { line, loss } = train({ points, alpha });
    return { line, loss };
  },
);

export default fit;
if (import.meta.main) await main(fit);
`;

const testFile = `import assert from "node:assert/strict";
import { runStep } from "sluice/testing";
import fit, { train } from "./pipeline.ts";

Deno.test("a line through three points is found", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(\`\${folder}/points.csv\`, "x,y\\n0,1\\n1,3\\n2,5\\n");
    await using made = await runStep(train, {
      params: { alpha: 0.3, rounds: 500 },
      inputs: { points: \`\${folder}/points.csv\` },
    });
    const line = JSON.parse(await Deno.readTextFile(made.outputs.line));
    assert.ok(Math.abs(line.slope - 2) < 0.01 && made.metrics.loss < 0.001);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the whole pipeline finds its line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const trackingUri = \`sqlite:///\${folder}/mlflow.db\`;
    const { metrics } = await fit.run("main", { alpha: 0.5 }, { trackingUri });
    assert.ok(metrics.loss < 0.01);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
`;

const readme = (name: string) =>
  `# ${name}

    deno task run --help            # entry points and parameters
    deno task run --alpha 0.3       # run it, logged to mlflow.db
    deno task sluice why train      # would it run again, and why
    deno task sluice lock           # write sluice.lock, for deno task run --locked
    deno task test

A step sees only its sources, its inputs and what it was granted, and what it
made is taken from the cache as long as nothing of that has changed.
\`deno task sluice runs list\`, or
\`mlflow ui --backend-store-uri sqlite:///mlflow.db\`, shows what ran.

A step in Python has an \`env\` and a command:

    const env = python({ version: "3.12", requirements: ["scikit-learn==1.7.2"] });
    command: ({ inputs, outputs }) => sh\`python train.py \${inputs.points} \${outputs.line}\`
`;
