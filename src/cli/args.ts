import { Command, CommanderError, Option } from "commander";
import {
  aboutSetting,
  didYouMean,
  environmentOf,
  flagOf,
  isList,
  SETTING_NAMES,
  type SettingName,
} from "../config/mod.ts";
import { creditBytes, duration, seqNumber, wholeNumber } from "./option_values.ts";
import {
  PUBLISH_HELP,
  type PublishingCommand,
  publishOptions,
  readPublish,
  readUnpublish,
  UNPUBLISH_HELP,
} from "./publish_args.ts";

/** What was asked for, besides settings. */
export type Request =
  | { readonly command: "run"; readonly printConfig: boolean }
  | PublishingCommand
  | {
    readonly command: "get";
    readonly meta: string;
    readonly output: string;
    readonly overwrite: boolean;
    /** Most that it may cost, credit bytes. */
    readonly budgetCb?: number | undefined;
    /** By when it should be here. */
    readonly deadlineMs?: number | undefined;
  }
  | { readonly command: "id"; readonly targetRank: number | undefined }
  | { readonly command: "status" }
  | { readonly command: "peers"; readonly sort: string | undefined }
  | {
    readonly command: "store";
    readonly sort: string | undefined;
    readonly limit: number;
    readonly by: string;
  }
  | {
    readonly command: "ledger";
    readonly sort: string | undefined;
    /** prove, verify, pay, invoices or settle, and whom or what; undefined: the table. */
    readonly deed: string | undefined;
    readonly what: string | undefined;
    /** With pay. */
    readonly cb: string | undefined;
    readonly wait: boolean;
    /** With settle. */
    readonly proof: string | undefined;
  }
  | { readonly command: "trace"; readonly id: string; readonly svg: string | undefined }
  | {
    readonly command: "put-value";
    /** Undefined with --file or --withdraw. */
    readonly value: string | undefined;
    readonly file: string | undefined;
    readonly salt: string;
    readonly ttlSeconds: number | undefined;
    readonly lifetimeSeconds: number | undefined;
    readonly seq: bigint | undefined;
    readonly replaces: bigint | undefined;
    readonly withdraw: boolean;
  }
  | { readonly command: "get-value"; readonly publicKey: string; readonly salt: string }
  | { readonly command: "doctor" }
  | { readonly command: "bench"; readonly end: BenchEnd | undefined }
  | { readonly command: "version" };

/** What `skerry bench` asks of a process of its own: one end of a transfer. */
export type BenchEnd =
  | { readonly kind: "serve"; readonly scenario: string }
  | { readonly kind: "fetch"; readonly scenario: string; readonly target: string };

export type SettingFlags = Readonly<Partial<Record<SettingName, unknown>>>;

export type ParsedArgs =
  | { readonly kind: "request"; readonly request: Request; readonly flags: SettingFlags }
  /** Text that was asked for: --help. */
  | { readonly kind: "help"; readonly text: string }
  /** One sentence about what is wrong. */
  | { readonly kind: "wrong"; readonly message: string };

/** Columns of --help, whatever the terminal: the text is compared in a test. */
const HELP_COLUMNS = 96;
const STORE_ROWS = 100;
const STORE_ROWS_MAX = 10_000; // what the admin API gives at most
const RANK_MAX = 63;

/** Reads the command line. @param argv without the program's own name. Never throws. */
export function parseArgs(argv: readonly string[]): ParsedArgs {
  let found: ParsedArgs | undefined;
  let help = "";
  const program = buildProgram((request, flags) => {
    found = { kind: "request", request, flags };
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showSuggestionAfterError(false).configureOutput({
      writeOut: (text) => void (help += text),
      writeErr: () => {},
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      getOutHasColors: () => false,
    });
  }
  const [first = "", second = ""] = argv;
  const named = first === "help" ? second : first;
  if (!named.startsWith("-") && named !== "" && !program.commands.some(isNamed(named))) {
    return { kind: "wrong", message: unknownCommand(named, program) };
  }
  try {
    const isVersion = argv[0] === "--version" || argv[0] === "-V";
    program.parse(isVersion ? ["version", ...argv.slice(1)] : [...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return HELP_CODES.includes(error.code) && help !== ""
      ? { kind: "help", text: help }
      : { kind: "wrong", message: explain(error, program, argv) };
  }
  return found ?? { kind: "wrong", message: NO_COMMAND };
}

const HELP_CODES = ["commander.helpDisplayed", "commander.help"];
const NO_COMMAND = "no command given. Try: skerry --help";
const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found in the network, 4 no running node,
5 refused, 6 timed out, 130 interrupted.`;

type Found = (request: Request, flags: SettingFlags) => void;

function buildProgram(found: Found): Command {
  const program = new Command("skerry")
    .description("A node of a peer-to-peer network that serves its content over plain HTTP.")
    .usage("COMMAND [OPTIONS]")
    .helpCommand("help [COMMAND]", "show the help of a command")
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${operandsOf(command)}` })
    .addHelpText("after", EXIT_CODES);
  const add: Add = (signature, help, settings, own, read) => {
    const command = program.command(signature).description(help);
    command.usage(`[OPTIONS] ${operandsOf(command)}`.trim());
    for (const option of own) command.addOption(option);
    for (const option of settingOptions(settings)) command.addOption(option);
    command.action((...received: unknown[]) => {
      const operands = received.slice(0, -2); // then come the options and the command itself
      found(read(command.opts(), operands), settingFlags(command.opts()));
    });
  };
  addRun(add);
  addContentCommands(add);
  addValueCommands(add);
  addNodeCommands(add);
  addTableCommands(add);
  addBench(program, found);
  return program;
}

type Add = (
  signature: string,
  help: string,
  settings: "all" | "run",
  own: readonly Option[],
  read: (options: Record<string, unknown>, operands: unknown[]) => Request,
) => void;

function addRun(add: Add): void {
  add(
    "run",
    "start the node and its gateway in the foreground; SIGINT or SIGTERM stop it",
    "run",
    [new Option("--print-config", "show the settings and where each came from, then stop")],
    ({ printConfig }) => ({ command: "run", printConfig: printConfig === true }),
  );
}

function addNodeCommands(add: Add): void {
  add(
    "id",
    "show the identity; the first time, create it",
    "all",
    [
      new Option("--target-rank <N>", "search in the foreground until the rank is at least N")
        .argParser(wholeNumber(1, RANK_MAX)),
    ],
    ({ targetRank }) => ({ command: "id", targetRank: targetRank as number | undefined }),
  );
  add(
    "doctor",
    "check clock, disk, UDP buffers, ports and file limits; say what to do about each",
    "run",
    [],
    () => ({ command: "doctor" }),
  );
  add("version", "show version, commit, runtime and target", "all", [], () => ({
    command: "version",
  }));
}

function addContentCommands(add: Add): void {
  add(
    "publish <PATH...>",
    PUBLISH_HELP,
    "all",
    publishOptions(),
    (options, [paths]) => readPublish(options, paths),
  );
  add("unpublish <META>", UNPUBLISH_HELP, "all", [], readUnpublish);
  add(
    "get <META>",
    "fetch a file or a directory tree; META is an id or link, /path may follow",
    "all",
    [
      new Option("-o, --output <PATH>", "where to write it; - is standard output, for a file")
        .makeOptionMandatory(),
      new Option("--overwrite", "replace files that are there with other contents"),
      new Option("--budget <CB>", "pay no more than this, in credit bytes, as 5000000 or 64MiB")
        .argParser(creditBytes),
      new Option("--deadline <TIME>", "give up after this, as 20s or 5min; buy cheaply until then")
        .argParser(duration),
    ],
    ({ output, overwrite, budget, deadline }, [meta]) => ({
      command: "get",
      meta: meta as string,
      output: output as string,
      overwrite: overwrite === true,
      budgetCb: budget === undefined ? undefined : Number(budget),
      deadlineMs: deadline as number | undefined,
    }),
  );
  add(
    "trace <ID>",
    "where a chunk or file is: the lookup round by round, holders, first byte",
    "all",
    [new Option("--svg <FILE>", "draw it into this file; - is standard output")],
    ({ svg }, [id]) => ({ command: "trace", id: id as string, svg: svg as string | undefined }),
  );
}

function addValueCommands(add: Add): void {
  const salt = (help: string) => new Option("--salt <TEXT>", help).default("", "none");
  add(
    "put-value [VALUE]",
    "sign a value with this node's key and keep it in the network; a link makes a name of the key",
    "all",
    [
      new Option("--file <PATH>", "take the value from a file"),
      salt("one of several values of the key, at most 64 bytes"),
      new Option("--ttl <SECONDS>", "how long readers and caches may keep it (default 300)")
        .argParser(wholeNumber(0, 86_400)),
      new Option("--lifetime <SECONDS>", "how long it outlives this node (default 86400)")
        .argParser(wholeNumber(10, 604_800)),
      new Option("--seq <N>", "its number (default one more than the newest)").argParser(seqNumber),
      new Option("--replaces <N>", "only if the newest has this number").argParser(seqNumber),
      new Option("--withdraw", "repeat the value no more: it runs out"),
    ],
    ({ file, salt, ttl, lifetime, seq, replaces, withdraw }, [value]) => ({
      command: "put-value",
      value: value as string | undefined,
      file: file as string | undefined,
      salt: salt as string,
      ttlSeconds: ttl as number | undefined,
      lifetimeSeconds: lifetime as number | undefined,
      seq: seq as bigint | undefined,
      replaces: replaces as bigint | undefined,
      withdraw: withdraw === true,
    }),
  );
  add(
    "get-value <KEY>",
    "the newest value of a public key, checked",
    "all",
    [salt("which of the key's values")],
    ({ salt }, [key]) => ({
      command: "get-value",
      publicKey: key as string,
      salt: salt as string,
    }),
  );
}

/** Measures the machine; for whoever works on skerry, so no help speaks of it. */
function addBench(program: Command, found: Found): void {
  const command = program.command("bench", { hidden: true })
    .option("--json")
    .option("--serve <SCENARIO>")
    .option("--fetch <SCENARIO>")
    .option("--target <END>");
  command.action((options: Record<"serve" | "fetch" | "target", string | undefined>) => {
    const { serve, fetch, target } = options;
    const end: BenchEnd | undefined = serve !== undefined
      ? { kind: "serve", scenario: serve }
      : fetch !== undefined
      ? { kind: "fetch", scenario: fetch, target: target ?? "" }
      : undefined;
    found({ command: "bench", end }, settingFlags(command.opts()));
  });
}

function addTableCommands(add: Add): void {
  const sort = () => new Option("--sort <COLUMN>", "sort by a column, largest or first one first");
  add("status", "role, reachability, peers, store and traffic at a glance", "all", [], () => ({
    command: "status",
  }));
  add("peers", "the nodes this one is connected to", "all", [sort()], ({ sort }) => ({
    command: "peers",
    sort: sort as string | undefined,
  }));
  add(
    "ledger [DEED] [OF]",
    "who owes whom; prove PEER prints what is signed, verify FILE checks such a statement; " +
      "pay PEER gets an invoice, invoices lists them, settle INVOICE marks one as paid",
    "all",
    [
      sort(),
      new Option("--cb <SIZE>", "with pay: how much credit (default what is owed)"),
      new Option("--wait", "with pay: return when it is credited"),
      new Option("--proof <TEXT>", "with settle: what shows that it is paid, for your own books"),
    ],
    ({ sort, cb, wait, proof }, [deed, what]) => ({
      command: "ledger",
      sort: sort as string | undefined,
      deed: deed as string | undefined,
      what: what as string | undefined,
      cb: cb as string | undefined,
      wait: wait === true,
      proof: proof as string | undefined,
    }),
  );
  const limit = new Option("--limit <N>", "most rows to show").default(STORE_ROWS)
    .argParser(wholeNumber(1, STORE_ROWS_MAX));
  const by = new Option("--by <WHAT>", "which rows: last used, or earning most (at most 1024)")
    .choices(["use", "revenue"]).default("use");
  add("store", "what the store holds", "all", [sort(), by, limit], ({ sort, by, limit }) => ({
    command: "store",
    sort: sort as string | undefined,
    by: by as string,
    limit: limit as number,
  }));
}

function operandsOf(command: Command): string {
  return command.registeredArguments.map((operand) => {
    const name = operand.variadic ? `${operand.name()}...` : operand.name();
    return operand.required ? name : `[${name}]`;
  }).join(" ");
}

function settingOptions(commands: "all" | "run"): Option[] {
  return SETTING_NAMES.filter((name) => commands === "run" || aboutSetting(name).commands === "all")
    .map((name) => {
      const { help, placeholder, isPlaceholderOptional, defaultText } = aboutSetting(name);
      const value = isPlaceholderOptional === true ? `[${placeholder}]` : `<${placeholder}>`;
      const flag = placeholder === undefined ? flagOf(name) : `${flagOf(name)} ${value}`;
      const note = `${environmentOf(name)}; default ${defaultText.replaceAll("`", "")}`;
      const option = new Option(flag, `${help} (${note})`);
      return isList(name) ? option.argParser(collect) : option;
    });
}

const collect = (value: string, all: readonly string[] | undefined) => [...(all ?? []), value];

function settingFlags(options: Record<string, unknown>): SettingFlags {
  const given = SETTING_NAMES.filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}

const isNamed = (name: string) => (command: Command): boolean => command.name() === name;

function unknownCommand(named: string, program: Command): string {
  const hint = didYouMean(named, program.commands.map((command) => command.name()));
  return `unknown command ${JSON.stringify(named)}${hint || ". Try: skerry --help"}`;
}

/** Commander's complaint as one sentence of ours; an unknown flag gets the nearest. */
function explain(error: CommanderError, program: Command, argv: readonly string[]): string {
  if (HELP_CODES.includes(error.code)) return NO_COMMAND;
  const named = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const command = program.commands.find(isNamed(argv[0] ?? ""));
  if (error.code === "commander.unknownOption") {
    return `unknown flag ${JSON.stringify(named)}${flagHint(named, command ?? program, program)}`;
  }
  const message = error.message.replace(/^error: /, "").replace(/\.$/, "");
  const name = command === undefined ? "" : ` ${command.name()}`;
  return `${message}. Try: skerry${name} --help`;
}

function flagHint(flag: string, command: Command, program: Command): string {
  const longs = (of: Command) => of.options.flatMap(({ long }) => long ?? []);
  const bare = flag.split("=")[0] ?? flag;
  const other = program.commands.find((candidate) => longs(candidate).includes(bare));
  if (other !== undefined && command === program) return ": flags come after the command";
  if (other !== undefined) return `: it belongs to skerry ${other.name()}`;
  const name = command === program ? "" : ` ${command.name()}`;
  return didYouMean(bare, ["--help", ...longs(command)]) || `. Try: skerry${name} --help`;
}
