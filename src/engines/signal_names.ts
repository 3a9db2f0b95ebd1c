/** Signals by their numbers: Linux, on x86 and ARM. */

// deno-fmt-ignore
const names = [
  "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
  "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
  "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
];

/** Undefined for a number that has no name. */
export const signalNumbered = (number: number): string | undefined => names[number - 1];

/** As exit codes above 128 tell of one. */
export const signalOf = (code: number): string | undefined =>
  code > 128 ? signalNumbered(code - 128) : undefined;
