import { localFiles } from "../../../src/runtime/shared/local_files.ts";
import { localFilesConformance } from "../../conformance/local_files.ts";

localFilesConformance("node:fs on Deno", localFiles);
