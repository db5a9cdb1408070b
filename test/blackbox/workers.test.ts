import { afterAll, beforeAll, describe } from "../support/harness.ts";
import { skerryCommand } from "../support/processes.ts";
import { OwnNodes, SLOW } from "./own_target.ts";
import { rowsAnywhere } from "./rows_anywhere.ts";
import { connectionRows } from "./rows_connection.ts";
import { cutRow } from "./rows_stream.ts";

/** What workers might do differently: the rows about answers, connections and cuts. What the
 * network and the denylist do is behind them, and asked of a node without. */
describe("black box: a node with two workers", () => {
  const nodes = new OwnNodes(skerryCommand());
  const target = () => nodes.target;

  beforeAll(() => nodes.start(["--http-workers", "2"]), SLOW);
  afterAll(() => nodes.stop(), SLOW);

  cutRow(target);
  rowsAnywhere(target);
  connectionRows(target);
});
