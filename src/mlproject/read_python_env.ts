/** Reads a python_env.yaml, as `_PythonEnv.from_yaml` of MLflow 3.17.2 does. */
import { find, itemsOf, refuseUnknown } from "./expect_yaml.ts";
import { readProjectYaml } from "./read_project_yaml.ts";
import { refuseFile } from "./refuse_file.ts";
import { pythonText, type YamlValue } from "./yaml_value.ts";

export interface PythonEnv {
  /** Such as `3.10.4`; the machine's own where the file names none. */
  readonly python?: string;
  /** Lines of a requirements.txt, what builds the others first; `-r FILE` among them is relative to the project. */
  readonly requirements: readonly string[];
}

const keys = ["python", "build_dependencies", "dependencies"];

/** `file` is named in failures, as the user would type it. Throws PROJECT_FILE_INVALID. */
export function readPythonEnv(text: string, file: string): PythonEnv {
  const root = readProjectYaml(text, file);
  if (root.is !== "map") return refuseFile(file, "it is no map with `python` and `dependencies`", root);
  refuseUnknown(root, keys, file, "a python_env");
  const python = find(root, "python");
  if (python !== undefined && python.is !== "text" && python.is !== "null") {
    refuseFile(
      file,
      `\`python\` is no text but ${pythonText(python).slice(0, 80)}`,
      python,
      'Put it in quotes, as in `python: "3.10"`',
    );
  }
  return {
    ...(python === undefined || python.is === "null" ? {} : { python: python.text }),
    requirements: [
      ...listOf(find(root, "build_dependencies"), file, "build_dependencies"),
      ...listOf(find(root, "dependencies"), file, "dependencies"),
    ],
  };
}

function listOf(value: YamlValue | undefined, file: string, name: string): string[] {
  return itemsOf(value, file, name).map((item) => {
    if (item.is !== "text" || /[\n\0]/.test(item.text)) {
      refuseFile(
        file,
        `\`${name}\` holds what is no requirement`,
        item,
        "Write each as in a requirements.txt",
      );
    }
    return item.text;
  });
}
