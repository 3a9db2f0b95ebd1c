/** `sluice completion`: a script that teaches a shell to complete our commands. */
import { completionScript, type Shell } from "../../terminal/completion_script.ts";
import { makeCommand } from "../command.ts";

export const completion = makeCommand({
  name: "completion",
  summary: "Print a completion script for a shell",
  description: "A pipeline file that is executable has its own: `./pipeline.ts --completion bash`.",
  positionals: [{
    name: "shell",
    value: { is: "choice", placeholder: "SHELL", choices: ["bash", "zsh", "fish"] },
    description: "Which shell",
  }],
  options: [],
  examples: [
    { arguments: "bash > ~/.local/share/bash-completion/completions/sluice", description: "For bash" },
    { arguments: "zsh > ~/.zfunc/_sluice", description: "For zsh, with ~/.zfunc in fpath" },
    { arguments: "fish > ~/.config/fish/completions/sluice.fish", description: "For fish" },
  ],
}, (call) => {
  call.stdout.write(completionScript(call.positionals[0] as Shell, "sluice"));
  return Promise.resolve(0);
});
