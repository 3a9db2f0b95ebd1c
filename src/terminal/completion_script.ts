/** Completion scripts: thin, as they ask the program itself what may stand where the cursor is. */

export type Shell = "bash" | "zsh" | "fish";

/**
 * A script for a shell to read once, such as `source <(sluice completion bash)`.
 *
 * `program` is what is typed: `sluice`, or the name of a pipeline file that is executable. On TAB the script runs it
 * with `--completion=words INDEX WORD…`; it answers a line a candidate, the description after a tab.
 */
export function completionScript(shell: Shell, program: string): string {
  const name = program.replaceAll(/[^A-Za-z0-9_]/g, "_");
  switch (shell) {
    case "bash":
      return bashScript(name, program);
    case "zsh":
      return zshScript(name, program);
    case "fish":
      return fishScript(name, program);
  }
}

/** Words are broken at `=` and `:` by bash, so a candidate loses what stands before the last of them. */
const bashScript = (name: string, program: string) =>
  `_${name}_complete() {
  local current="\${COMP_WORDS[COMP_CWORD]}" candidate
  local line="\${COMP_LINE:0:COMP_POINT}"
  local -a words
  read -r -a words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  local whole="\${words[\${#words[@]}-1]}"
  local prefix="\${whole%"$current"}"
  [[ "$current" == [=:] ]] && prefix="$whole" && current=""
  COMPREPLY=()
  while IFS= read -r candidate; do
    candidate="\${candidate%%$'\\t'*}"
    [[ "$candidate" == "$whole"* ]] && COMPREPLY+=("\${candidate#"$prefix"}")
  done < <("\${words[0]}" --completion=words "$(( \${#words[@]} - 1 ))" "\${words[@]}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _${name}_complete ${programNames(program).join(" ")}
`;

const zshScript = (name: string, program: string) =>
  `#compdef ${programNames(program).join(" ")}
_${name}_complete() {
  local -a described
  local line value text
  while IFS=$'\\t' read -r value text; do
    described+=("\${value//:/\\\\:}\${text:+:$text}")
  done < <("\${words[1]}" --completion=words "$(( CURRENT - 1 ))" "\${words[@]}" 2>/dev/null)
  if (( \${#described} )); then _describe '${program}' described; else _files; fi
}
compdef _${name}_complete ${programNames(program).join(" ")}
`;

const fishScript = (name: string, program: string) =>
  `function __${name}_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] --completion=words (math (count $words) - 1) $words 2>/dev/null
end
${programNames(program).map((word) => `complete -c ${word} -a '(__${name}_complete)'`).join("\n")}
`;

/** A file is typed as `./pipeline.ts` too. */
const programNames = (program: string): string[] =>
  program.includes(".") ? [program, `./${program}`] : [program];
