/** A `pipeline.ts` as values: what an MLproject or a dvc.yaml becomes. `write_pipeline_module.ts` makes its text. */
export interface PipelineModule {
  /** Of the pipeline. */
  readonly name: string;
  /** What the module is made of, as a path. */
  readonly origin: string;
  /** What is other than it was there, a sentence each. */
  readonly notes: readonly string[];
  readonly environment: ModuleEnvironment;
  /** Of the module: constants before the steps, by name, each text of a shell. */
  readonly scripts?: Readonly<Record<string, ModuleScript>>;
  readonly parameters: readonly ModuleParameter[];
  /** In an order in which each comes after those that it needs. */
  readonly steps: readonly ModuleStep[];
  /** Files of JSON whose numbers are logged, each by a step of its own. */
  readonly logged?: readonly LoggedFile[];
  /** Names of the steps that the pipeline returns; those that log are returned as well. */
  readonly results: readonly string[];
}

export interface LoggedFile {
  readonly name: string;
  readonly step: string;
  readonly output: string;
}

export interface ModuleScript {
  readonly about: string;
  readonly text: string;
}

export type ModuleEnvironment =
  | { readonly is: "python"; readonly version?: string; readonly requirements: readonly string[] | string }
  | { readonly is: "conda"; readonly file: string }
  | { readonly is: "docker"; readonly image: string }
  | { readonly is: "host" };

/** Of the pipeline, as a step declares it. */
export interface ModuleParameter {
  readonly name: string;
  readonly step: string;
  readonly parameter: string;
}

export interface ModuleStep {
  readonly name: string;
  readonly description?: string;
  /** What stands before it, a line each. */
  readonly notes: readonly string[];
  readonly parameters: readonly StepParameter[];
  readonly inputs: readonly StepInput[];
  readonly outputs: readonly StepOutput[];
  readonly sources?: readonly string[];
  readonly permissions: {
    readonly net: boolean;
    readonly write: readonly string[];
    readonly env: readonly string[];
  };
  readonly cache?: boolean;
  readonly command: readonly ModuleWord[];
  /** Names of steps to finish first, beside those whose outputs it takes. */
  readonly after: readonly string[];
}

export interface StepParameter {
  readonly name: string;
  readonly schema: ParameterSchema;
  /** The pipeline's parameter that it gets; absent: it is set by the step's name. */
  readonly from?: string;
}

export type ParameterSchema =
  & { readonly description?: string }
  & (
    | {
      readonly type: "float" | "int";
      readonly minimum?: number;
      readonly maximum?: number;
      readonly default?: number;
    }
    | { readonly type: "boolean"; readonly default?: boolean }
    | { readonly type: "path" | "string" | "uri"; readonly default?: string }
    | { readonly type: "choice"; readonly choices: readonly string[]; readonly default?: string }
  );

export interface StepInput {
  readonly name: string;
  readonly from:
    | { readonly is: "output"; readonly step: string; readonly output: string }
    | { readonly is: "file"; readonly path: string };
}

export interface StepOutput {
  readonly name: string;
  /** Such as `csv`; absent for what has none, such as a folder. */
  readonly format?: string;
}

/** One argument of a command. */
export type ModuleWord = readonly ModuleWordPart[];
export type ModuleWordPart =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "script"; readonly name: string }
  | { readonly is: "hole"; readonly of: "inputs" | "outputs" | "params"; readonly name: string };
