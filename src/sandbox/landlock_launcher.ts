/**
 * The launcher of tier two: a process that gives up all that its step may not do, then becomes the step's program.
 *
 * Its function is run by its text, as a program of its own: it may use nothing but what it is given.
 * Rights and structures: linux/landlock.h, linux/seccomp.h, linux/capability.h, linux/prctl.h, linux/openat2.h.
 */

/** What the launcher is told as JSON. */
export interface LaunchOrder {
  /** Of system calls on this machine. */
  readonly numbers: Readonly<
    Record<
      | "capset"
      | "close_range"
      | "landlock_add_rule"
      | "landlock_create_ruleset"
      | "landlock_restrict_self"
      | "openat2"
      | "seccomp",
      number
    >
  >;
  /** Of 127.0.0.1, and any other machine, that may be connected to; null where the network is not held. */
  readonly ports: readonly number[] | null;
  readonly folder: string;
  /** Names of the variables the program is given, with the launcher's own values. */
  readonly variables: readonly string[];
  /** The program's own DENO_DIR. */
  readonly packages: string | null;
  /** A seccomp filter in base64. */
  readonly filter: string;
  /** What is executed; its arguments name it by themselves. */
  readonly program: string;
}

/**
 * Arguments: a `LaunchOrder` as JSON, then a rule each (rights in hexadecimal, a question mark where the
 * path may be gone, a colon, a real path), `--`, and the
 * program's arguments from its name on. What it cannot do it says after `sluice-landlock: `, and ends with 126.
 */
export function launch(): void {
  const order: LaunchOrder = JSON.parse(Deno.args[0]!);
  const end = Deno.args.indexOf("--");
  const rules = Deno.args.slice(1, end), words = Deno.args.slice(end + 1);
  const { symbols: libc } = Deno.dlopen("libc.so.6", {
    call0: { name: "syscall", parameters: ["i64", "usize", "i64", "i64"], result: "i64" },
    call1: { name: "syscall", parameters: ["i64", "buffer", "i64", "i64"], result: "i64" },
    call2: { name: "syscall", parameters: ["i64", "buffer", "buffer", "i64"], result: "i64" },
    addRule: { name: "syscall", parameters: ["i64", "i64", "i64", "buffer", "i64"], result: "i64" },
    openat2: { name: "syscall", parameters: ["i64", "i64", "buffer", "buffer", "i64"], result: "i64" },
    closeRange: { name: "syscall", parameters: ["i64", "u64", "u64", "i64"], result: "i64" },
    seccomp: { name: "syscall", parameters: ["i64", "i64", "i64", "buffer"], result: "i64" },
    prctl: { parameters: ["i32", "i64", "i64", "i64", "i64"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    chdir: { parameters: ["buffer"], result: "i32" },
    signal: { parameters: ["i32", "i64"], result: "i64" },
    execvpe: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  });
  const number = (name: keyof LaunchOrder["numbers"]) => BigInt(order.numbers[name]);
  const text = (value: string) => new TextEncoder().encode(`${value}\0`);
  const pointers = (values: readonly Uint8Array<ArrayBuffer>[]) => {
    const list = new BigUint64Array(values.length + 1);
    values.forEach((value, index) => list[index] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(value)));
    return new Uint8Array(list.buffer);
  };
  const fail = (what: string): never => {
    console.error(`sluice-landlock: ${what}`);
    Deno.exit(126);
  };
  const must = (succeeded: boolean, what: string) => void (succeeded || fail(what));

  const abi = libc.call0(number("landlock_create_ruleset"), 0n, 0n, 1n);
  must(abi >= 4n, "this kernel's Landlock does not hold TCP (ABI 4, Linux 6.7)");
  const handledFiles = abi >= 5n ? 0xffffn : 0x7fffn;
  const ruleset = libc.call1(
    number("landlock_create_ruleset"),
    new Uint8Array(
      // Files; binding and connecting TCP; abstract sockets and signals.
      new BigUint64Array([handledFiles, order.ports === null ? 0n : 3n, ...(abi >= 6n ? [3n] : [])]).buffer,
    ),
    abi >= 6n ? 24n : 16n,
    0n,
  );
  must(ruleset >= 0n, "the kernel makes no set of rules");
  for (const rule of rules) {
    const colon = rule.indexOf(":"), path = rule.slice(colon + 1);
    const [rights = "", ...isOptional] = rule.slice(0, colon).split("?");
    // O_PATH and O_CLOEXEC; RESOLVE_NO_SYMLINKS: a link that was put there meanwhile is not followed.
    const how = new Uint8Array(new BigUint64Array([0x280000n, 0n, 4n]).buffer);
    const file = libc.openat2(number("openat2"), -100n, text(path), how, 24n);
    if (file < 0n && isOptional.length > 0) continue;
    must(file >= 0n, `cannot find ${path} without following a link`);
    const beneath = new DataView(new ArrayBuffer(12));
    beneath.setBigUint64(0, BigInt(`0x${rights}`) & handledFiles, true);
    beneath.setInt32(8, Number(file), true);
    const added = libc.addRule(number("landlock_add_rule"), ruleset, 1n, new Uint8Array(beneath.buffer), 0n);
    must(added === 0n, `no rule can be made for ${path}`);
    libc.close(Number(file));
  }
  for (const port of order.ports ?? []) {
    const reach = new Uint8Array(new BigUint64Array([2n, BigInt(port)]).buffer);
    must(
      libc.addRule(number("landlock_add_rule"), ruleset, 2n, reach, 0n) === 0n,
      `no rule for port ${port}`,
    );
  }
  must(libc.chdir(text(order.folder)) === 0, `cannot enter ${order.folder}`);

  // Dies with whoever started it, and not of a pipe that nobody reads: Deno ignores that signal for itself.
  const parent = Deno.ppid;
  libc.prctl(1, 9n, 0n, 0n, 0n);
  must(Deno.ppid === parent, "whoever started it is gone");
  libc.signal(13, 0n);

  must(libc.prctl(38, 1n, 0n, 0n, 0n) === 0, "the kernel knows no no_new_privs");
  if (Deno.uid() === 0) {
    // No capability for root by being root, nor later; each of the bounding set; then those of now.
    must(
      libc.prctl(28, 0xc3n, 0n, 0n, 0n) === 0 || libc.prctl(27, 0n, 0n, 0n, 0n) === 0xc3,
      "root stays root",
    );
    for (let capability = 0n; libc.prctl(24, capability, 0n, 0n, 0n) === 0; capability++);
  }
  const header = new Uint8Array(new Uint32Array([0x20080522, 0]).buffer);
  must(
    libc.call2(number("capset"), header, new Uint8Array(24), 0n) === 0n,
    "capabilities cannot be given up",
  );
  must(
    libc.call0(number("landlock_restrict_self"), BigInt.asUintN(64, ruleset), 0n, 0n) === 0n,
    "the rules cannot be put in force",
  );
  must(libc.closeRange(number("close_range"), 3n, 0xffffffffn, 4n) === 0n, "descriptors stay open");

  const environment = order.variables.map((name) =>
    text(`${name}=${name === "DENO_DIR" ? order.packages ?? "" : Deno.env.get(name) ?? ""}`)
  );
  const argv = words.map(text), program = text(order.program);
  const argvList = pointers(argv), environmentList = pointers(environment);
  const filter = Uint8Array.from(atob(order.filter), (letter) => letter.charCodeAt(0));
  const fprog = new BigUint64Array([
    BigInt(filter.length / 8),
    Deno.UnsafePointer.value(Deno.UnsafePointer.of(filter)),
  ]);
  must(
    libc.seccomp(number("seccomp"), 1n, 0n, new Uint8Array(fprog.buffer)) === 0n,
    "the filter of system calls cannot be put in force",
  );
  libc.execvpe(program, argvList, environmentList);
  fail(
    `cannot start ${
      words[0]
    }: see that it may be executed, and that the interpreter it names is shown to the step`,
  );
}
