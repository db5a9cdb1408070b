/** @jsxImportSource hono/jsx */
import { renderPage } from "../http/mod.ts";
import type { NodeInfo, Readiness } from "../node/mod.ts";
import type { ServeRule } from "./options.ts";

const NOT_READY = {
  not_bootstrapped: "It is not connected to the network yet: what it does not hold itself, it " +
    "cannot find now.",
  draining: "It is shutting down.",
  disk_failed: "Its disk does not work.",
};

const SERVES: Readonly<Record<ServeRule["kind"], string>> = {
  open: "It opens whatever any node of its network holds.",
  own: "It opens only what was published on this node itself.",
  allowlist: "It opens only what stands on its operator's list.",
};

/** What was typed into the box, and the sentence about it. */
export interface Mistyped {
  readonly typed: string;
  readonly why: string;
}

export interface HomeView {
  readonly info: NodeInfo;
  readonly readiness: Readiness;
  readonly serve: ServeRule;
  /** An e-mail address or URL. */
  readonly contact: string | undefined;
  readonly mistyped?: Mistyped;
}

/** What this node is, and a box to open a link; works without script. */
export function homePage({ info, readiness, serve, contact, mistyped }: HomeView): string {
  return renderPage(
    mistyped === undefined ? "skerry" : "Not a link - skerry",
    <main>
      <h1>A skerry node</h1>
      <p>
        A door to a peer-to-peer network. What somebody published there, this node fetches from the
        nodes that hold it, checks every byte against its hash, and hands on over ordinary HTTP.
        {" "}
        {SERVES[serve.kind]}
      </p>
      {!readiness.ready && <p role="status" class="note">{NOT_READY[readiness.reason]}</p>}
      <OpenForm mistyped={mistyped} />
      <HowTo />
      <section aria-labelledby="node">
        <h2 id="node">This node</h2>
        <dl>
          <dt>Network</dt>
          <dd>{info.network}</dd>
          <dt>Version</dt>
          <dd>{info.version}</dd>
          <dt>Public key</dt>
          <dd class="id">{info.publicKeyText}</dd>
          {contact !== undefined && (
            <>
              <dt>Contact</dt>
              <dd>
                <a href={/^https?:/.test(contact) ? contact : `mailto:${contact}`}>{contact}</a>
              </dd>
            </>
          )}
        </dl>
      </section>
    </main>,
  );
}

function OpenForm({ mistyped }: { mistyped: Mistyped | undefined }) {
  return (
    <form action="/open" method="get">
      <label for="link">Open a link or an id</label>
      <input
        id="link"
        name="link"
        class="id"
        required
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={mistyped?.typed}
        autofocus={mistyped !== undefined}
        aria-invalid={mistyped === undefined ? undefined : "true"}
        aria-describedby={mistyped === undefined ? "link-help" : "link-wrong"}
      />
      <button type="submit">Open</button>
      {mistyped === undefined
        ? (
          <p id="link-help" class="soft">
            An id has 52 or 40 characters. A path may follow it, and a whole link of any gateway
            will do.
          </p>
        )
        : <p id="link-wrong" class="wrong" role="alert">{mistyped.why}</p>}
    </form>
  );
}

/** The addresses behind the box, for those who write them themselves. */
function HowTo() {
  return (
    <section aria-labelledby="how">
      <h2 id="how">By address</h2>
      <dl>
        <dt class="id">
          /file/<var>id</var>/<var>path</var>
        </dt>
        <dd>a file, a site or a directory</dd>
        <dt class="id">
          /name/<var>key</var>/<var>path</var>
        </dt>
        <dd>what the owner of a public key points to now</dd>
        <dt class="id">
          /chunk/<var>id</var>
        </dt>
        <dd>one piece of a file, of at most 1 MiB</dd>
      </dl>
      <p class="soft">
        Browsers, download tools and caches all work, with ranges and resuming. An id is the hash of
        what it names, so it always means the same bytes; <a href="/verify.js">verify.js</a>{" "}
        checks them in a page that does not trust this node.
      </p>
    </section>
  );
}
