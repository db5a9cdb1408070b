import { utf8 } from "../../src/lib/mod.ts";
import type { RunProgram } from "../../src/ports/mod.ts";

/** A payment program as docs/payments.md has it, and the wallet behind it. What it knows does not
 * die with a node. */
export class FakeWallet {
  /** Of each question its document. */
  readonly asked: Record<string, string>[] = [];
  /** References that are paid, and that were redeemed. */
  readonly paid = new Set<string>();
  readonly redeemed = new Set<string>();
  /** Answers instead of the usual ones. */
  answers: Record<string, unknown> = {};
  run: Partial<Awaited<ReturnType<RunProgram>>> = {};

  readonly program: RunProgram = (_path, input) => {
    const asked = JSON.parse(input) as Record<string, string>;
    this.asked.push(asked);
    const answer = this.answers[asked["ask"] ?? ""] ?? this.#answer(asked);
    const stdout = utf8(JSON.stringify(answer));
    return Promise.resolve({ end: "exited", exitCode: 0, stdout, stderr: "", ...this.run });
  };

  #answer({ ask, invoice = "", reference = "" }: Record<string, string>): unknown {
    switch (ask) {
      case "quote":
        return { method: "lightning" };
      case "invoice":
        return { payTo: `lnbc-${invoice}`, reference: `hash-${invoice}` };
      case "settled":
        return this.paid.has(reference)
          ? { settled: true, proof: `preimage of ${reference}` }
          : { settled: false };
      case "redeem":
        this.redeemed.add(reference);
        return { redeemed: true };
    }
    return { error: `what is ${ask}?` };
  }
}
