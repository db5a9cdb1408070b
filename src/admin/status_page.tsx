/** @jsxImportSource hono/jsx */
import { renderPage } from "../http/mod.ts";
import { TraceForm } from "./trace_page.tsx";
import { NowPart, type StatusView, TablesPart } from "./live_page.tsx";

/** What the page's script needs to know. */
export interface PageSecrets {
  /** Opens /v1/live and the publishing of uploads, nothing else. */
  readonly pageKey: string;
  /** Where this node's links open, without a final slash; undefined if it has no gateway. */
  readonly gatewayUrl: string | undefined;
}

/** The node at a glance, readable as it comes. The script of /page.js keeps it up to date, draws
 * what changes over time, and publishes. */
export function statusPage(view: StatusView, { pageKey, gatewayUrl }: PageSecrets): string {
  return renderPage(
    `skerry node on ${view.info.network}`,
    <main data-key={pageKey} data-gateway={gatewayUrl}>
      <h1>skerry node on {view.info.network}</h1>
      <p id="trouble" class="note wrong" role="status" hidden />
      <div id="now">
        <NowPart {...view} />
      </div>
      <noscript>
        <p class="note">
          Without script this page stands still: load it anew. To publish, use{" "}
          <span class="id">skerry publish</span>.
        </p>
      </noscript>
      <div id="scripted" hidden>
        <Publish />
        <section class="plots" aria-label="The last ten minutes">
          <Plot id="traffic" title="Traffic" />
          <Plot id="stored" title="Store" />
        </section>
      </div>
      <section aria-labelledby="trace">
        <h2 id="trace">Trace</h2>
        <TraceForm />
      </section>
      <div id="tables">
        <TablesPart {...view} />
      </div>
    </main>,
    <>
      <link rel="stylesheet" href="/page.css" />
      <script src="/uplot.js" defer />
      <script src="/page.js" type="module" />
    </>,
  );
}

function Publish() {
  return (
    <section aria-labelledby="publish">
      <h2 id="publish">Publish</h2>
      <div id="drop">
        <label for="files">Drop files here, or choose them</label>
        <input id="files" type="file" multiple />
        <p class="soft">
          What is published is public and kept on this node. A folder is published by{" "}
          <span class="id">skerry publish</span>.
        </p>
      </div>
      <ul id="published" aria-live="polite" />
    </section>
  );
}

function Plot({ id, title }: { id: string; title: string }) {
  return (
    <figure>
      <figcaption>
        <h2>{title}</h2>
        <p id={`${id}-told`} class="soft">waiting for the first answer</p>
      </figcaption>
      <div id={id} role="img" aria-label={`${title} over the last ten minutes`} />
    </figure>
  );
}
