/** Suites and tests that are skipped on the reference server, which differs on purpose. */
import { subjectName } from "./subject";

/** Like `describe`, but skipped on the reference server. */
export const ownSuite = subjectName === "reference" ? describe.skip : describe;

/** Like `it`, but skipped on the reference server. */
export const ownTest = subjectName === "reference" ? it.skip : it;
