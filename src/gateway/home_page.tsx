/** @jsxImportSource hono/jsx */
import { renderPage } from "../http/mod.ts";
import type { NodeInfo, Readiness } from "../node/mod.ts";

const NOT_READY = {
  not_bootstrapped: "It is not connected to the network yet.",
  draining: "It is shutting down.",
  disk_failed: "Its disk does not work.",
};

/** What this node is, and a box to open a link; works without script. */
export function homePage(info: NodeInfo, readiness: Readiness): string {
  return renderPage(
    "skerry",
    <main>
      <h1>A skerry node</h1>
      <p>
        This is a door to a peer-to-peer network. What somebody published there, it fetches from the
        nodes that hold it, checks every byte against its hash, and hands on over ordinary HTTP.
      </p>
      <form action="/open" method="get">
        <label for="link">Open a link or an id</label>
        <input
          id="link"
          name="link"
          required
          autocomplete="off"
          spellcheck={false}
          placeholder="52 or 40 characters, or a whole link"
        />
        <button type="submit">Open</button>
      </form>
      {!readiness.ready && <p role="status">{NOT_READY[readiness.reason]}</p>}
      <dl>
        <dt>Network</dt>
        <dd>{info.network}</dd>
        <dt>Version</dt>
        <dd>{info.version}</dd>
        <dt>Public key</dt>
        <dd class="id">{info.publicKeyText}</dd>
      </dl>
    </main>,
  );
}
