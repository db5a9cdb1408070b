import { openDenoSqlite } from "../../../src/runtime/deno/sqlite.ts";
import { sqliteConformance } from "../../conformance/sqlite.ts";

sqliteConformance("node:sqlite", openDenoSqlite);
