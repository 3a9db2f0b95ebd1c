/** The files that `sluice init --ci` writes: a workflow of GitHub or GitLab that runs the pipeline of a folder. */

export const ciServices = ["github", "gitlab"] as const;
export type CiService = (typeof ciServices)[number];

/** The Deno that sluice is tested with, from npm. */
const deno = "npx -y deno@2.9.6";
const sluice = `${deno} run -A sluice/cli`;
const run = `${deno} run -A pipeline.ts --locked`;
/** What is kept between runs is at most this, so that moving it costs less than it saves. */
const gc = `${sluice} cache gc --max 5GB`;

/** Where the service looks for its workflow, from the root of the repository. */
export const ciPath = (service: CiService): string =>
  service === "github" ? ".github/workflows/sluice.yml" : ".gitlab-ci.yml";

/** `folder` leads from the root of the repository to the pipeline: empty, or such as `models/wine`. */
export function ciFile(service: CiService, folder: string): string {
  return service === "github" ? githubWorkflow(folder) : gitlabPipeline(folder);
}

const head = (service: CiService) =>
  `# Written by \`sluice init --ci ${service}\`, and yours to change. It runs the pipeline with what sluice.lock says.
# Commit sluice.lock, which \`sluice lock\` writes. sluice itself comes from the \`imports\` of deno.json.
`;

function githubWorkflow(folder: string): string {
  const below = folder === "" ? "" : `${folder}/`;
  const defaults = folder === "" ? "" : `
defaults:
  run:
    working-directory: ${folder}
`;
  return `${head("github")}
name: sluice

on:
  push:
    branches: [main]
  pull_request:
  workflow_dispatch:

permissions:
  contents: read
${defaults}
jobs:
  run:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v5.0.0
        with:
          persist-credentials: false

      # The Python that environments ask for, as in \`python({ version: "3.12", … })\`.
      - uses: actions/setup-python@v6.0.0
        with:
          python-version: "3.12"

      # Results and environments of earlier runs; what is found is checked before it is used.
      - uses: actions/cache/restore@v5.0.1
        with:
          path: |
            ~/.cache/sluice
            ~/.cache/deno
          key: sluice-\${{ runner.os }}-\${{ runner.arch }}-\${{ hashFiles('${below}sluice.lock') }}-\${{ github.run_id }}-\${{ github.run_attempt }}
          restore-keys: |
            sluice-\${{ runner.os }}-\${{ runner.arch }}-\${{ hashFiles('${below}sluice.lock') }}-
            sluice-\${{ runner.os }}-\${{ runner.arch }}-

      # Ubuntu lets only programs with an AppArmor profile make user namespaces, which bubblewrap needs.
      # Where that cannot be changed, steps are held by Landlock.
      - name: Allow bubblewrap
        run: |
          restriction=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
          if [ -e "$restriction" ] && [ "$(cat "$restriction")" = 1 ]; then
            sudo -n sysctl -q -w kernel.apparmor_restrict_unprivileged_userns=0 || true
          fi

      - name: Say what this machine has, and which sandbox holds the steps
        run: ${sluice} doctor

      - name: Run the pipeline
        run: |
          mkdir -p .sluice
          ${run} --summary "$GITHUB_STEP_SUMMARY" --summary .sluice/junit.xml

      - name: Keep what was used last
        if: always()
        run: ${gc}

      - uses: actions/cache/save@v5.0.1
        if: always()
        with:
          path: |
            ~/.cache/sluice
            ~/.cache/deno
          key: sluice-\${{ runner.os }}-\${{ runner.arch }}-\${{ hashFiles('${below}sluice.lock') }}-\${{ github.run_id }}-\${{ github.run_attempt }}

      - uses: actions/upload-artifact@v5.0.0
        if: always()
        with:
          name: junit
          path: ${below}.sluice/junit.xml
          include-hidden-files: true
          if-no-files-found: ignore

      - uses: actions/upload-artifact@v5.0.0
        if: always()
        with:
          name: mlflow
          path: |
            ${below}mlflow.db
            ${below}mlruns
          if-no-files-found: ignore
`;
}

function gitlabPipeline(folder: string): string {
  const below = folder === "" ? "" : `${folder}/`;
  const enter = folder === "" ? "" : `
    - cd "$CI_PROJECT_DIR/${folder}"`;
  return `${head("gitlab")}
sluice:
  # Node for Deno, and Debian's Python, which is 3.13: name another image where environments ask for another Python.
  # Containers mostly have no user namespaces, so that steps are held by Landlock; with them, by bubblewrap.
  image: node:24-trixie
  timeout: 1h
  variables:
    # GitLab keeps only what lies in the project's folder.
    XDG_CACHE_HOME: $CI_PROJECT_DIR/.cache
  # Results and environments of earlier runs; what is found is checked before it is used.
  cache:
    key:
      prefix: sluice
      files:
        - ${below}sluice.lock
    paths:
      - .cache/sluice
      - .cache/deno
    when: always
  before_script:
    - mkdir -p "$XDG_CACHE_HOME"
    - echo '*' > "$XDG_CACHE_HOME/.gitignore"
    - python3 -c "import ensurepip" 2> /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; }${enter}
    - mkdir -p .sluice
  script:
    - ${sluice} doctor
    - ${run} --summary .sluice/summary.md --summary .sluice/junit.xml
  after_script:${enter}
    - ${gc}
  artifacts:
    when: always
    paths:
      - ${below}.sluice/summary.md
      - ${below}mlflow.db
      - ${below}mlruns
    reports:
      junit: ${below}.sluice/junit.xml
`;
}
