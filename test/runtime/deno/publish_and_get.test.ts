import { localFiles } from "../../../src/runtime/shared/local_files.ts";
import { publishAndGet } from "../../support/publish_and_get.ts";

publishAndGet("node:fs on Deno", localFiles);
