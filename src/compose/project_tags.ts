/** What a run of an MLflow project is tagged with: MLflow's own, and ours beside them. */
import type { EnvironmentSpec } from "../core/environment.ts";
import type { MlflowProject, ProjectEntryPoint } from "../core/mlproject.ts";
import type { Tag } from "../core/tracking.ts";
import type { ContainerImage } from "../environments/container_image.ts";
import type { LocatedProject } from "./locate_project.ts";
import { userName } from "./run_origin.ts";
import { sluiceVersion } from "./version.ts";

/** `manager` is what made the environment, `spec` what was asked of it; undefined for what is on PATH. */
export function projectTags(
  { origin, project }: LocatedProject,
  entryPoint: ProjectEntryPoint,
  manager: string | undefined,
  spec: EnvironmentSpec | undefined,
): Tag[] {
  const tag = (key: string, value: string | undefined): Tag[] => value === undefined ? [] : [{ key, value }];
  return [
    ...tag("mlflow.user", userName()),
    ...tag("mlflow.source.name", origin.source),
    ...tag("mlflow.source.type", "PROJECT"),
    ...tag("mlflow.project.entryPoint", entryPoint.name),
    ...tag("mlflow.source.git.commit", origin.commit),
    ...tag("mlflow.source.git.repoURL", origin.remoteUrl),
    ...tag("mlflow.source.git.branch", origin.branch),
    ...tag("mlflow.project.backend", "local"),
    ...tag("mlflow.project.env", manager),
    ...tag("sluice.version", sluiceVersion),
    ...(spec === undefined ? [] : packagesTags(project, spec)),
  ];
}

/** That what conda would install came from elsewhere. */
export const packagesTags = ({ environment }: MlflowProject, spec: EnvironmentSpec): Tag[] =>
  environment.is === "conda"
    ? [{ key: "sluice.packages", value: spec.kind === "conda" ? "conda" : "pypi" }]
    : [];

/** Of a run in a container. */
export const imageTags = ({ name, id }: ContainerImage): Tag[] => [
  { key: "mlflow.docker.image.uri", value: name },
  { key: "mlflow.docker.image.id", value: id },
];
