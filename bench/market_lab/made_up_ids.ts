import { askForMadeUpIds } from "../../test/support/made_up_ids.ts";
import { threadMs } from "../thread_time.ts";
import type { Part } from "./part.ts";

const QUESTIONS = 1_000_000;

/** What questions for chunks that do not exist lead to, and cost. */
export function measureMadeUpIds(): Part {
  askForMadeUpIds(QUESTIONS / 10); // compiled
  const before = threadMs();
  const { pulls, remembered, debtCb } = askForMadeUpIds(QUESTIONS);
  const microseconds = (threadMs() - before) * 1000 / QUESTIONS;
  return {
    title: "Chunks that do not exist",
    markdown: [
      "The product's `Sales` and `DemandBook` on questions for a million ids that nobody has, from",
      "100 networks, a thousand a second, on credit that suffices:",
      `${pulls} fetches for others, ${remembered} ids remembered, ${
        debtCb.toLocaleString("en")
      } cb`,
      `to pay. A question takes ${
        microseconds.toFixed(1)
      } µs of a processor in the market's cores,`,
      `the drawing of the id included: ${(microseconds / 10).toFixed(2)} % of it at a thousand a`,
      "second. The packets that bring it are not counted.",
    ].join(" "),
    charts: [],
    figures: {
      "market.made_up_ids_fetched": pulls / QUESTIONS,
      "market.made_up_ids_processor_share": microseconds / 1000,
    },
  };
}
