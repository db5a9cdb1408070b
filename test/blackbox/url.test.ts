import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe } from "../support/harness.ts";
import { CURL_HAS_HTTP2, Http2Client } from "./http2_client.ts";
import { HttpClient } from "./http_client.ts";
import { rowsAnywhere } from "./rows_anywhere.ts";
import { connectionRows } from "./rows_connection.ts";
import { siteOf, writeSite } from "./site.ts";
import type { Target } from "./target.ts";

const URL_ASKED = process.env["BLACKBOX_URL"] ?? "";
const AUTHORITY = process.env["BLACKBOX_CA"] ?? "";
const FOLDER = process.env["BLACKBOX_SITE"] ?? "dist/blackbox-site";
const PATH = AUTHORITY === "" ? undefined : AUTHORITY;

/** `make blackbox URL=…`: the rows that need nothing but a URL, asked of any gateway whose network
 * has the fixture; where there is TLS, by HTTP/2 as well. */
if (URL_ASKED !== "") {
  const pem = PATH === undefined ? undefined : readFileSync(PATH, "utf8");
  asked("HTTP/1.1", () => new HttpClient(URL_ASKED, pem), connectionRows);
  if (URL_ASKED.startsWith("https:")) {
    if (CURL_HAS_HTTP2) asked("HTTP/2", () => new Http2Client(URL_ASKED, PATH), () => {});
    else console.warn("no curl that speaks HTTP/2: the rows are asked by HTTP/1.1 only");
  }
}

function asked(
  version: string,
  client: () => HttpClient,
  moreRows: (target: () => Target) => void,
): void {
  describe(`black box by ${version}: ${URL_ASKED}`, () => {
    let known: Target | undefined;
    const target = (): Target => {
      if (known === undefined) throw new Error("the fixture is not there");
      return known;
    };

    beforeAll(async () => {
      if (!existsSync(FOLDER)) writeSite(FOLDER);
      const site = await siteOf(FOLDER);
      const http = client();
      const { status } = await http.get(`/file/${site.link}/`);
      if (status !== 200) {
        const how = `publish it by: skerry publish ${FOLDER}`;
        throw new Error(`${URL_ASKED} answers ${status} for the fixture ${site.link}; ${how}`);
      }
      known = { http, site };
    }, 60_000);

    rowsAnywhere(target);
    moreRows(target);
  });
}
