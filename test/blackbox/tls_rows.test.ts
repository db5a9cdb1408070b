import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe } from "../support/harness.ts";
import { skerryCommand } from "../support/processes.ts";
import { CURL_HAS_HTTP2, Http2Client } from "./http2_client.ts";
import type { HttpClient } from "./http_client.ts";
import { OwnNodes, SLOW } from "./own_target.ts";
import { rowsAnywhere } from "./rows_anywhere.ts";
import { connectionRows } from "./rows_connection.ts";
import { fileRows } from "./rows_file.ts";
import { formatRows } from "./rows_format.ts";
import { cutRow } from "./rows_stream.ts";
import type { OwnTarget, Target } from "./target.ts";

const vector = (name: string): string =>
  new URL(`../vectors/tls/${name}.pem`, import.meta.url).pathname;
const AUTHORITY = vector("authority_cert");

describe("black box: a node with a certificate of a private authority", () => {
  const nodes = new OwnNodes(skerryCommand());

  beforeAll(async () => {
    const flags = ["--tls-cert", vector("chain_cert"), "--tls-key", vector("chain_key")];
    await nodes.start(flags, readFileSync(AUTHORITY, "utf8"));
  }, SLOW);
  afterAll(() => nodes.stop(), SLOW);

  const target = (): OwnTarget => nodes.target;
  const http2 = (): HttpClient => new Http2Client(target().node.gateway, AUTHORITY);
  cutRow(target, () => CURL_HAS_HTTP2 ? [http2()] : []);

  describe("by HTTP/1.1 over TLS", () => {
    rowsAnywhere(target);
    connectionRows(target);
  });

  if (CURL_HAS_HTTP2) {
    // Not all rows: each question starts a curl. `make blackbox` asks all.
    describe("by HTTP/2", () => {
      const byHttp2 = (): Target => ({ http: http2(), site: target().site });
      fileRows(byHttp2);
      formatRows(byHttp2);
    });
  } else {
    console.warn("no curl that speaks HTTP/2: the rows are asked by HTTP/1.1 only");
  }
});
