import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "../support/harness.ts";
import { scratch } from "../support/processes.ts";

const UNIT = readFileSync(
  new URL("../../docs/deploy/skerry.service", import.meta.url).pathname,
  "utf8",
);
const SLOW = { timeout: 60_000 };
/** One of the ids that systemd gives to dynamic users. */
const USER = 61_184;

/** All of the unit's lines under [Service]. */
const SECTION = /^\[Service\]\n([^]*?)^\[/m.exec(UNIT)?.[1] ?? "";
const SERVICE = [...SECTION.matchAll(/^([A-Za-z]+)=(.*)$/gm)]
  .map(([, name = "", value = ""]): [string, string] => [name, value]);

/** Lines that the run below plays for one value alone, and by what: words to bwrap, which come one
 * after the other, or to setpriv. */
const PLAYED_BY: Readonly<Record<string, readonly [value: string, words: readonly string[]]>> = {
  ProtectSystem: ["strict", ["--ro-bind", "/", "/"]],
  ProtectProc: ["invisible", ["--unshare-pid", "--proc", "/proc"]],
  PrivateDevices: ["yes", ["--dev", "/dev"]],
  PrivateTmp: ["yes", ["--tmpfs", "/tmp"]],
  ProtectHome: ["yes", ["--tmpfs", "/home", "--tmpfs", "/root", "--tmpfs", "/run"]],
};
const USER_BY: typeof PLAYED_BY = {
  DynamicUser: ["yes", ["--reuid", `${USER}`, "--regid", `${USER}`, "--clear-groups"]],
  NoNewPrivileges: ["yes", ["--no-new-privs"]],
};
/** What the run does as systemd would, and what only systemd itself can do: the unit is started by
 * no systemd here, as it needs to be process 1. */
const PLAYED = [
  ...["ExecStart", "ExecReload", "KillSignal", "StateDirectory", "UMask"],
  ...["StateDirectoryMode", "CapabilityBoundingSet"],
  ...Object.keys(PLAYED_BY),
  ...Object.keys(USER_BY),
];
const NOT_PLAYED = [
  ...["Restart", "RestartSec", "RestartPreventExitStatus", "TimeoutStopSec", "LimitNOFILE"],
  ...["ProtectClock", "ProtectHostname"],
  ...["ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups"],
  ...["RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID"],
  ...["LockPersonality", "RemoveIPC", "SystemCallArchitectures", "SystemCallFilter"],
  ...["SystemCallErrorNumber"],
];

const valueOf = (name: string): string => SERVICE.find(([one]) => one === name)?.[1] ?? "";

const wordsOf = (by: typeof PLAYED_BY): string[] => Object.values(by).flatMap(([, words]) => words);

/** $1: the command line, $4: the one to reload, $5: the signal to stop. Starts it, asks it, has it
 * reload and stop, and tells. */
const SCRIPT = `
set -eu
umask "$2"
setpriv ${wordsOf(USER_BY).join(" ")} \\
  --bounding-set "$3" $1 --network dev >/tmp/out 2>/tmp/log &
node=$!
trap 'cat /tmp/out /tmp/log >&2' EXIT
for _ in $(seq 300); do curl -sf -o /tmp/ready http://127.0.0.1:8080/readyz && break; sleep 0.1; done
echo "ready $(cat /tmp/ready)"
echo "uid $(grep ^Uid /proc/$node/status | cut -f 2)"
echo "bounding $(grep ^CapBnd /proc/$node/status | cut -f 2)"
echo "modes $(stat -c %a /var/lib/skerry/node.json /var/lib/skerry/store | xargs)"
MAINPID=$node sh -c "$4"
for _ in $(seq 100); do grep -q '"reloading"' /tmp/log && break; sleep 0.05; done
echo "reloads $(grep -c '"reloading"' /tmp/log)"
kill -s "$5" "$node"
code=0; wait "$node" || code=$?
echo "exit $code"
echo "faults $(grep -c '"level":"error"' /tmp/log || true)"
trap - EXIT
`;

test("each line of the unit is played here, or known to be systemd's alone", () => {
  const known = [...PLAYED, ...NOT_PLAYED];
  expect(SERVICE.map(([name]) => name).filter((name) => !known.includes(name))).toEqual([]);
  expect(known.filter((name) => valueOf(name) === "")).toEqual([]);
});

test("what is played for one value alone has that value", () => {
  for (const [name, [value]] of Object.entries({ ...PLAYED_BY, ...USER_BY })) {
    expect([name, valueOf(name)]).toEqual([name, value]);
  }
});

const binary = process.env["SKERRY_BINARY"] ?? "";
const missing = spawnSync("bwrap", ["--ro-bind", "/", "/", "true"]).status !== 0
  ? "no bwrap"
  : process.getuid?.() !== 0
  ? "not root, who alone may become another user"
  : binary === ""
  ? "no executable (make test-nodes builds it)"
  : undefined;

if (missing !== undefined) console.warn(`${missing}: the unit's command is not started`);
else {
  test("its command starts as a user that owns its state directory and nothing else", () => {
    const { path, remove } = scratch("unit");
    const state = join(path, "state");
    mkdirSync(state);
    chownSync(state, USER, USER);
    chmodSync(state, Number.parseInt(valueOf("StateDirectoryMode"), 8));
    const sandbox = [
      ...["--unshare-net", "--unshare-ipc", "--die-with-parent"],
      ...wordsOf(PLAYED_BY),
      ...["--tmpfs", "/var/lib", "--bind", state, `/var/lib/${valueOf("StateDirectory")}`],
      ...["--tmpfs", "/usr/local/bin", "--ro-bind", binary, "/usr/local/bin/skerry"],
      ...["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        .flatMap((cap) => ["--cap-add", cap]),
    ];
    const keep = valueOf("CapabilityBoundingSet").toLowerCase().replace("cap_", "+");
    const script = ["sh", "-c", SCRIPT, "unit", valueOf("ExecStart"), valueOf("UMask")];
    const signal = valueOf("KillSignal").replace("SIG", "");
    const words = [...sandbox, "--", ...script, `-all,${keep}`, valueOf("ExecReload"), signal];
    const { stdout, stderr, status } = spawnSync("bwrap", words, {
      encoding: "utf8",
      timeout: SLOW.timeout,
    });
    remove();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.trim().split("\n")).toEqual([
      "ready ready",
      `uid ${USER}`,
      "bounding 0000000000000400", // CAP_NET_BIND_SERVICE
      "modes 600 700",
      "reloads 1",
      "exit 0",
      "faults 0",
    ]);
  }, SLOW);
}
