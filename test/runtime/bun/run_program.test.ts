import { runProgram } from "../../../src/runtime/shared/run_program.ts";
import { runProgramConformance } from "../../conformance/run_program.ts";

runProgramConformance("Bun", runProgram);
