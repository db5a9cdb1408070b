import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HookDriver } from "../../../src/node/pay/hook_driver.ts";
import { runProgram } from "../../../src/runtime/shared/run_program.ts";
import { afterAll, beforeAll, describe, expect, test } from "../../support/harness.ts";
import { anyKeyOf } from "../../support/market_parts.ts";
import { invoiceId, invoiceOf } from "../../support/payment_parts.ts";

const SCRIPT = fileURLToPath(new URL("../../../docs/deploy/lnd-pay-hook.sh", import.meta.url));
const RATE = { cbPerUnit: 1_000n, unit: "sat" };

/** What lnd's own command says, for the two questions that the script asks of it. */
const LNCLI = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo "$@" >> asked
[ "$1" = --rpcserver=a:1 ] || exit 1
shift
case $1 in
  addinvoice)
    printf '{"r_hash": "ab12", "payment_request": "lnbc1%s", "add_index": "1"}\\n' "$3" ;;
  lookupinvoice)
    [ "$2" = ab12 ] || { echo "[lncli] unable to locate invoice" >&2; exit 1; }
    if [ -e paid ]; then state=SETTLED preimage=0707; else state=OPEN preimage=; fi
    printf '{"state": "%s", "r_preimage": "%s"}\\n' $state $preimage ;;
  *) exit 1 ;;
esac
`;

if (spawnSync("jq", ["--version"]).error !== undefined) {
  console.warn("no jq: the example for a Lightning node is not run");
} else {
  describe("docs/deploy/lnd-pay-hook.sh", () => {
    let folder = "";
    let driver = new HookDriver(RATE, "", runProgram, "dev");
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      await chmod(join(folder, name), 0o755);
      return join(folder, name);
    };
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "skerry-lnd-"));
      const lncli = await write("lncli", LNCLI);
      const hook = await write(
        "hook",
        `#!/bin/sh\nexport LNCLI="${lncli} --rpcserver=a:1"\nexec ${SCRIPT}\n`,
      );
      driver = new HookDriver(RATE, hook, runProgram, "dev");
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test("from the quote to the preimage it does what the node asks", async () => {
      const quote = await driver.quote(2_500n);
      expect(quote).toMatchObject({ method: "lightning", amount: 3n });
      const terms = await driver.invoice(quote, invoiceId(1), anyKeyOf(1));
      expect(terms).toEqual({ payTo: "lnbc13", reference: "ab12", expiresInSeconds: 3_600 });
      const asked = (await readFile(join(folder, "asked"), "utf8")).trim();
      const name = "01".repeat(16);
      const rest = `--memo skerry ${name} --expiry 3600`;
      expect(asked).toBe(`--rpcserver=a:1 addinvoice --amt 3 ${rest}`);
      const invoice = invoiceOf(1, { method: "lightning", reference: "ab12" });
      expect(await driver.settled(invoice)).toBeUndefined();
      await write("paid", "");
      expect(await driver.settled(invoice)).toBe("0707");
      await driver.redeem(invoice);
    });

    test("what lncli cannot do is no payment, and the log gets its words", async () => {
      const lost = driver.settled(invoiceOf(1, { reference: "cd34" }));
      expect(await lost.then(() => "settled", String)).toContain("unable to locate invoice");
      const cents = new HookDriver({ ...RATE, unit: "cent" }, SCRIPT, runProgram, "dev");
      expect(await cents.quote(1n).then(() => "quoted", String)).toContain("must be in sat");
    });
  });
}

if (spawnSync("shellcheck", ["--version"]).error !== undefined) {
  console.warn("no shellcheck: the example for a Lightning node is not looked at");
} else {
  test("shellcheck finds nothing wrong with the example for a Lightning node", () => {
    const { status, stdout } = spawnSync("shellcheck", [SCRIPT], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, ""]);
  });
}
