/** Planning very many steps, of which none has run. */
import { join } from "node:path";
import { type Layers, writeLayeredProject } from "../layered_project.ts";
import { measure, measureInTurn } from "../measure.ts";
import { findPeer } from "../peers.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const many: Layers = { layers: 100, width: 100 };
const most: Layers = { layers: 100, width: 1000 };
const limitMs = 1000;
const limitBytes = 600e6;
/** What a step of the most may cost beside one of many, for that to be called linear. */
const limitRatio = 1.5;

export async function measurePlanMany(
  { root, deno, folder, variables, rounds }: Workplace,
): Promise<Row[]> {
  const own = { ...variables, XDG_CACHE_HOME: await folder() };
  const projectOf = async (size: Layers) => {
    const project = await folder();
    await writeLayeredProject(project, size);
    return project;
  };
  const planOf = (project: string) => () =>
    measure({
      argv: [deno, "run", "-A", join(root, "src/cli/main.ts"), "plan", "--sandbox", "off"],
      folder: project,
      variables: own,
    });
  const manyProject = await projectOf(many), mostProject = await projectOf(most);
  const snakemake = await findPeer("snakemake");
  const measured = await measureInTurn({
    many: planOf(manyProject),
    most: planOf(mostProject),
  }, Math.min(rounds, 5));
  // It takes half a minute and more, and varies by little.
  const peer = await measure({ argv: [snakemake, "-n"], folder: manyProject, variables });
  const ratio = measured.most.wallMs / stepsOf(most) / (measured.many.wallMs / stepsOf(many));
  const work = (size: Layers) => `\`sluice plan\` of ${stepsOf(size)} steps`;
  return [
    {
      work: work(many),
      must: `≤ ${seconds(limitMs)}`,
      reached: `${seconds(measured.many.wallMs)}, ${megabytes(measured.many.peakBytes)}; \`snakemake -n\` ${
        seconds(peer.wallMs)
      }, ${megabytes(peer.peakBytes)}`,
      isReached: measured.many.wallMs <= limitMs,
    },
    {
      work: work(most),
      must: `≤ ${megabytes(limitBytes)}, and a step ≤ ${limitRatio}× one of ${stepsOf(many)}`,
      reached: `${seconds(measured.most.wallMs)}, ${megabytes(measured.most.peakBytes)}: ${
        ratio.toFixed(2)
      }×`,
      isReached: measured.most.peakBytes <= limitBytes && ratio <= limitRatio,
    },
  ];
}

const stepsOf = ({ layers, width }: Layers): number => layers * width;
