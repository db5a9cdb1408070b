/** @jsxImportSource hono/jsx */
import { raw } from "hono/html";
import { renderPage } from "../http/mod.ts";
import type { Trace } from "../node/mod.ts";
import { PAGE_INK, traceSvg, traceVerdict } from "./trace_svg.ts";

/** Bytes of what may be pasted into the form: a link of a gateway with a long path. */
export const TRACED_TEXT_MAX = 2048;

/** What became of a trace. */
export type TraceOutcome =
  | { readonly kind: "unasked" }
  | { readonly kind: "traced"; readonly id: string; readonly trace: Trace }
  | { readonly kind: "failed"; readonly detail: string };

/** Asks for what is to be traced. Works without script, as the page that it leads to. */
export function TraceForm({ text = "", isWrong = false }: { text?: string; isWrong?: boolean }) {
  return (
    <form method="get" action="/trace">
      <label for="traced">Id or link to look up in the network</label>
      <input
        id="traced"
        name="id"
        value={text}
        maxlength={TRACED_TEXT_MAX}
        autocomplete="off"
        spellcheck={false}
        required
        aria-invalid={isWrong ? "true" : undefined}
        aria-describedby={isWrong ? "trouble" : undefined}
      />
      <button type="submit">Trace</button>
    </form>
  );
}

/** How a lookup went, as a picture and in words. */
export function tracePage(text: string, outcome: TraceOutcome): string {
  const isWrong = outcome.kind === "failed";
  return renderPage(
    "Trace of a lookup",
    <main>
      <h1>Trace of a lookup</h1>
      {isWrong ? <p id="trouble" class="note wrong" role="alert">{outcome.detail}</p> : null}
      <TraceForm text={text} isWrong={isWrong} />
      {outcome.kind === "traced" ? <Traced {...outcome} /> : null}
      <p>
        <a href="/">Back to the node</a>
      </p>
    </main>,
    <link rel="stylesheet" href="/page.css" />,
  );
}

function Traced({ id, trace }: { id: string; trace: Trace }) {
  return (
    <>
      <figure class="trace" role="group" tabindex={0} aria-label="The lookup over time">
        {raw(traceSvg(id, trace, PAGE_INK))}
      </figure>
      <section aria-labelledby="told">
        <h2 id="told">{traceVerdict(trace)}</h2>
        <Rounds trace={trace} />
        <Holders trace={trace} />
      </section>
    </>
  );
}

function Rounds({ trace: { rounds } }: { trace: Trace }) {
  if (rounds.length === 0) return <p>No other node was asked.</p>;
  return (
    <>
      <p>Round by round:</p>
      <ol>
        {rounds.map(({ asked, answered, ms }) => (
          <li>{answered} of {asked} nodes answered, {inMs(ms)}</li>
        ))}
      </ol>
    </>
  );
}

function Holders({ trace: { holders } }: { trace: Trace }) {
  if (holders.length === 0) return null;
  return (
    <>
      <p>Holders:</p>
      <ul>
        {holders.map(({ nodeId, address, rttMs, result }) => (
          <li>
            <span class="id">{nodeId === "" ? "a holder" : nodeId}</span> at {address}: {result}
            {rttMs === undefined ? "" : `, round trip ${inMs(rttMs)}`}
          </li>
        ))}
      </ul>
    </>
  );
}

const inMs = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
