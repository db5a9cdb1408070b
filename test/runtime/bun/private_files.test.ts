import { privateFiles } from "../../../src/runtime/shared/private_files.ts";
import { privateFilesConformance } from "../../conformance/private_files.ts";

privateFilesConformance("node:fs/promises on bun", privateFiles);
