/**
 * The packages of a conda environment taken from PyPI, for machines where no conda channel is to be had. What conda alone
 * has is refused; versions mean what they mean to conda: `=1.0` is any 1.0.
 */
import type { CondaEnv, CondaPackage } from "./read_conda_env.ts";
import { refuseFile } from "./refuse_file.ts";

export interface PypiEnv {
  /** Such as `3.9`; undefined where any will do. */
  readonly python?: string;
  /** Lines of a requirements.txt. */
  readonly requirements: readonly string[];
}

/** Where PyPI has another name for the same. */
const names: Readonly<Record<string, string>> = {
  "dask-core": "dask",
  "libxgboost": "xgboost",
  "matplotlib-base": "matplotlib",
  "msgpack-python": "msgpack",
  "opencv": "opencv-python-headless",
  "py-opencv": "opencv-python-headless",
  "py-xgboost": "xgboost",
  "pytables": "tables",
  "pytorch": "torch",
  "pytorch-cpu": "torch",
  "ruamel_yaml": "ruamel.yaml",
  "seaborn-base": "seaborn",
  "tensorflow-base": "tensorflow",
};

/** Programs and libraries that are no packages of Python. */
const notOnPypi =
  /^(_.*|blas|c-compiler|ca-certificates|cuda.*|cudatoolkit|cudnn|cxx-compiler|fortran-compiler|g(cc|fortran|xx)(_.*)?|git|jpeg|lib(blas|gcc.*|gomp|lapack|stdcxx.*)|m2w64.*|make|mkl|nccl|ncurses|nodejs|openjdk|openssl|r-.+|readline|sqlite|tk|vc|vs.*|xz|zlib)$/;

/** Throws PROJECT_FILE_INVALID for what PyPI cannot have, and for versions that pip has no words for. */
export function condaAsPypi(env: CondaEnv): PypiEnv {
  let python: string | undefined;
  const requirements: string[] = [];
  for (const each of env.packages) {
    if (each.name === "python") python = pythonVersion(each, env.file);
    // uv installs what pip would.
    else if (each.name === "pip") continue;
    else if (notOnPypi.test(each.name)) {
      refuseFile(
        env.file,
        `\`${each.text}\` is no package that PyPI has, and no conda channel can be reached`,
        each,
        "Install it on the machine, take it out of the file, and use `--env-manager uv`",
      );
    } else requirements.push(`${names[each.name] ?? each.name}${specifier(each, env.file)}`);
  }
  const all = [...requirements, ...env.pip];
  return {
    ...(python === undefined ? {} : { python }),
    requirements: needsOldNumpy(all) ? [...all, "numpy<2"] : all,
  };
}

function pythonVersion({ version, text, line, column }: CondaPackage, file: string): string | undefined {
  // The newest that is there satisfies a lower bound.
  if (version === undefined || /^>=[0-9.]+$/.test(version)) return undefined;
  const found = /^(?:==?|~=)?([0-9]+(?:\.[0-9]+){0,2})(?:\.\*)?$/.exec(version)?.[1];
  return found ??
    refuseFile(
      file,
      `\`${text}\` names no one version of Python`,
      { line, column },
      "Write it as `python=3.11`",
    );
}

/** As PEP 440 writes it. */
function specifier({ version, text, line, column }: CondaPackage, file: string): string {
  if (version === undefined) return "";
  if (version.includes("|")) {
    refuseFile(
      file,
      `\`${text}\` leaves a choice that pip has no words for`,
      { line, column },
      "Name one range",
    );
  }
  return version.split(",").map((part) => {
    const [, operator = "", number = ""] = /^(==|=|>=|<=|!=|~=|>|<)?(.*)$/.exec(part)!;
    if (!/^[0-9A-Za-z_.!+*]+$/.test(number)) {
      refuseFile(file, `\`${text}\` has a version that pip does not know`, { line, column });
    }
    if (operator === "=") return number.endsWith("*") ? `==${number}` : `==${number}.*`;
    return `${operator === "" ? "==" : operator}${number}`;
  }).join(",");
}

/**
 * The first version of each whose wheels run with numpy 2 as well. Wheels made before need the numpy that they were made
 * with: conda's own packages say so, PyPI's do not, so that pip takes numpy 2 beside them, which fails at import.
 */
const readyForNumpy2: Readonly<Record<string, readonly number[]>> = {
  "bottleneck": [1, 4],
  "contourpy": [1, 2, 1],
  "fastparquet": [2024, 5],
  "h5py": [3, 11],
  "matplotlib": [3, 8, 4],
  "numba": [0, 60],
  "numexpr": [2, 10],
  "onnxruntime": [1, 19],
  "opencv-python": [4, 10],
  "opencv-python-headless": [4, 10],
  "pandas": [2, 2, 2],
  "pyarrow": [16],
  "pywavelets": [1, 6],
  "scikit-image": [0, 23, 2],
  "scikit-learn": [1, 4, 2],
  "scipy": [1, 13],
  "shap": [0, 46],
  "spacy": [3, 8],
  "statsmodels": [0, 14, 2],
  "tables": [3, 10],
  "tensorflow": [2, 18],
  "torch": [2, 3],
};

/** Whether one of the requirements can only be had as a wheel from before numpy 2, and none speaks of numpy. */
function needsOldNumpy(requirements: readonly string[]): boolean {
  const read = requirements.map((line) => /^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;#]*)/.exec(line.trim()))
    .flatMap((match) => match === null ? [] : [{ name: normal(match[1]!), versions: match[2]! }]);
  if (read.some(({ name }) => name === "numpy")) return false;
  return read.some(({ name, versions }) => {
    const ready = readyForNumpy2[name];
    return ready !== undefined && versions.split(",").some((part) => isBefore(part.trim(), ready));
  });
}

const normal = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");

/** Whether a bound allows nothing from `ready` on. */
function isBefore(bound: string, ready: readonly number[]): boolean {
  const [, operator, number] = /^(==|<=|<|~=)\s*([0-9]+(?:\.[0-9]+)*)/.exec(bound) ?? [];
  if (operator === undefined || number === undefined) return false;
  const version = number.split(".").map(Number);
  // `1.0.*` and `~=1.0.2` reach up to the next of their last fixed part.
  const fixed = operator === "~=" ? version.slice(0, -1) : version;
  const isOpen = operator === "~=" || bound.includes("*");
  const compared = isOpen ? compare(fixed, ready.slice(0, fixed.length)) : compare(version, ready);
  return operator === "<" ? compared <= 0 : compared < 0;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
