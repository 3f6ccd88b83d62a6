import test from "ava";
import { PROGRAMS, runtimeConformance } from "../../cri/conformance/suite.ts";
import { systemClock } from "../../lib/clock.ts";
import { FakeRuntime, type Program } from "./fake-runtime.ts";

const programs: Record<string, Program> = {
  [PROGRAMS.endsWith7]: { runs_ms: 1, exitCode: 7 },
  [PROGRAMS.obeysTerm]: { onTerm: 3 },
  [PROGRAMS.isDeaf]: {},
  [PROGRAMS.absent]: { startError: "no such file or directory" },
};

runtimeConformance(test, "fake", async () => {
  const runtime = new FakeRuntime(systemClock);
  runtime.program = (config) => programs[config.command.at(-1) ?? ""] ?? {};
  runtime.exec = () => ({ exitCode: 5, output: "out\n" });
  return { client: runtime.client(), image: "img", cgroupParent: "", logDir: "/nowhere", stop: async () => {} };
});
