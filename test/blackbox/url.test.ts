import { existsSync } from "node:fs";
import { beforeAll, describe } from "../support/harness.ts";
import { HttpClient } from "./http_client.ts";
import { chunkRows } from "./rows_chunk.ts";
import { fileRows } from "./rows_file.ts";
import { formatRows } from "./rows_format.ts";
import { ruleRows } from "./rows_rules.ts";
import { siteOf, writeSite } from "./site.ts";
import type { Target } from "./target.ts";

const URL_ASKED = process.env["BLACKBOX_URL"] ?? "";
const FOLDER = process.env["BLACKBOX_SITE"] ?? "dist/blackbox-site";

/** `make blackbox URL=…`: the rows that need nothing but a URL, asked of any gateway whose network
 * has the fixture. */
if (URL_ASKED !== "") {
  describe(`black box: ${URL_ASKED}`, () => {
    let asked: Target | undefined;
    const target = (): Target => {
      if (asked === undefined) throw new Error("the fixture is not there");
      return asked;
    };

    beforeAll(async () => {
      if (!existsSync(FOLDER)) writeSite(FOLDER);
      const site = await siteOf(FOLDER);
      const http = new HttpClient(URL_ASKED);
      const { status } = await http.get(`/file/${site.link}/`);
      if (status !== 200) {
        const how = `publish it by: skerry publish ${FOLDER}`;
        throw new Error(`${URL_ASKED} answers ${status} for the fixture ${site.link}; ${how}`);
      }
      asked = { http, site };
    }, 60_000);

    chunkRows(target);
    fileRows(target);
    formatRows(target);
    ruleRows(target);
  });
}
