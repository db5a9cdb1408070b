import type { PayRate } from "../../config/mod.ts";
import { fromUtf8, type PublicKey, SkerryError, toHex, utf8 } from "../../lib/mod.ts";
import type { Invoice } from "../../market/mod.ts";
import type { ProgramRun, RunProgram } from "../../ports/mod.ts";
import { PAY_TO_BYTES_MAX } from "../../wire/mod.ts";
import { MANUAL_METHOD } from "./manual_driver.ts";
import {
  amountAt,
  type PaymentDriver,
  type PayQuote,
  type PayTerms,
  QUOTE_SECONDS,
} from "./payment_driver.ts";

/** A wallet that has not answered by then is not well; a payer waits as long. */
const TIMEOUT_MS = 10_000;
/** One small JSON document. */
const OUTPUT_BYTES_MAX = 65_536;
/** Programs at once: each is a process. */
const RUNNING_MAX = 4;
/** Questions that wait for one of them, 100 s of the slowest. */
const WAITING_MAX = 40;
const REFERENCE_BYTES_MAX = 256;
const PROOF_BYTES_MAX = 1_024;
const EXPIRES_SECONDS_MAX = 30 * 86_400;
const INVOICE_SECONDS = 3_600;
const WORD = /^[A-Za-z0-9._-]{1,16}$/;

type Answer = Readonly<Record<string, unknown>>;

/** Paid through a program of the operator's: one JSON document in, one out, for each question
 * (docs/payments.md). */
export class HookDriver implements PaymentDriver {
  readonly looksItself = true;
  readonly #rate: PayRate;
  readonly #path: string;
  readonly #run: RunProgram;
  readonly #network: string;
  #running = 0;
  /** BOUNDED by WAITING_MAX. */
  readonly #waiting: (() => void)[] = [];

  /** @param path of the program, absolute. */
  constructor(rate: PayRate, path: string, run: RunProgram, network: string) {
    this.#rate = rate;
    this.#path = path;
    this.#run = run;
    this.#network = network;
  }

  async quote(cb: bigint): Promise<PayQuote> {
    const { cbPerUnit, unit } = this.#rate;
    const amount = amountAt(cbPerUnit, cb);
    const asked = { cb: String(cb), amount: String(amount), unit };
    const answer = await this.#ask("quote", asked);
    const method = textOf(answer, "method", 16);
    if (!WORD.test(method) || method === MANUAL_METHOD) {
      throw this.#wrong(`"method" must be a word of 16 characters and not ${MANUAL_METHOD}`);
    }
    return {
      cb,
      amount: answer["amount"] === undefined ? amount : this.#amountOf(answer["amount"]),
      unit,
      method,
      expiresInSeconds: this.#secondsOf(answer, QUOTE_SECONDS),
    };
  }

  async invoice(quote: PayQuote, id: Uint8Array, peer: PublicKey): Promise<PayTerms> {
    const answer = await this.#ask("invoice", {
      invoice: toHex(id),
      peer: toHex(peer),
      cb: String(quote.cb),
      amount: String(quote.amount),
      unit: quote.unit,
      method: quote.method,
    });
    const payTo = textOf(answer, "payTo", PAY_TO_BYTES_MAX);
    if (payTo === "") throw this.#wrong(`"payTo" must be 1 to ${PAY_TO_BYTES_MAX} bytes on a line`);
    const reference = textOf(answer, "reference", REFERENCE_BYTES_MAX);
    return { payTo, reference, expiresInSeconds: this.#secondsOf(answer, INVOICE_SECONDS) };
  }

  async settled(invoice: Invoice): Promise<string | undefined> {
    const answer = await this.#ask("settled", askOf(invoice));
    if (answer["settled"] === false) return undefined;
    if (answer["settled"] !== true) throw this.#wrong('"settled" must be true or false');
    return textOf(answer, "proof", PROOF_BYTES_MAX);
  }

  async redeem(invoice: Invoice): Promise<void> {
    const answer = await this.#ask("redeem", { ...askOf(invoice), proof: invoice.proof });
    if (answer["redeemed"] !== true) throw this.#wrong('"redeemed" must be true');
  }

  async #ask(ask: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    await this.#turn();
    try {
      const input = `${JSON.stringify({ ask, network: this.#network, ...fields })}\n`;
      const limits = { timeoutMs: TIMEOUT_MS, outputBytesMax: OUTPUT_BYTES_MAX };
      return this.#answerOf(ask, await this.#run(this.#path, input, limits));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next(); // which takes our place
    }
  }

  #turn(): Promise<void> {
    if (this.#running < RUNNING_MAX) {
      this.#running++;
      return Promise.resolve();
    }
    if (this.#waiting.length < WAITING_MAX) {
      return new Promise((resolve) => this.#waiting.push(resolve));
    }
    const why = `${WAITING_MAX} questions wait for ${this.#path} already`;
    return Promise.reject(new SkerryError("BUSY", why));
  }

  #answerOf(ask: string, { end, exitCode, stdout, stderr }: ProgramRun): Answer {
    if (end !== "exited" || exitCode !== 0) {
      const what = {
        exited: `ended with ${exitCode}`,
        timed_out: `took longer than ${TIMEOUT_MS / 1000} s`,
        too_long: `wrote more than ${OUTPUT_BYTES_MAX} bytes`,
        not_started: "could not be started",
      }[end];
      throw this.#wrong(
        `asked for "${ask}" it ${what}${stderr === "" ? "" : `: ${stderr.trim()}`}`,
      );
    }
    const answer = jsonOf(stdout);
    if (answer === undefined) throw this.#wrong(`its answer to "${ask}" is no JSON object`);
    if (answer["error"] !== undefined) throw this.#wrong(String(answer["error"]).slice(0, 200));
    return answer;
  }

  #amountOf(given: unknown): bigint {
    const text = typeof given === "number" ? String(given) : given;
    if (typeof text === "string" && /^[1-9][0-9]{0,17}$/.test(text)) return BigInt(text);
    throw this.#wrong('"amount" must be a whole number of 1 to 18 digits');
  }

  #secondsOf(answer: Answer, otherwise: number): number {
    const given = answer["expiresSeconds"] ?? otherwise;
    const isOne = Number.isInteger(given) && (given as number) >= 1;
    if (isOne && (given as number) <= EXPIRES_SECONDS_MAX) return given as number;
    throw this.#wrong(`"expiresSeconds" must be a whole number from 1 to ${EXPIRES_SECONDS_MAX}`);
  }

  #wrong(why: string): SkerryError {
    return new SkerryError("REFUSED", `The payment program ${this.#path}: ${why}`);
  }
}

function askOf({ id, reference, amount, unit, method }: Invoice) {
  return { invoice: toHex(id), reference, amount: String(amount), unit, method };
}

/** A text of one line, at most so many bytes; empty if there is none. */
function textOf(answer: Answer, name: string, bytesMax: number): string {
  const given = answer[name] ?? "";
  if (typeof given === "string" && !/\p{Cc}/u.test(given) && utf8(given).length <= bytesMax) {
    return given;
  }
  const rule = `"${name}" must be a text of at most ${bytesMax} bytes on one line`;
  throw new SkerryError("REFUSED", `The payment program's ${rule}`);
}

function jsonOf(bytes: Uint8Array): Answer | undefined {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes) ?? "");
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Answer : undefined;
  } catch {
    return undefined;
  }
}
