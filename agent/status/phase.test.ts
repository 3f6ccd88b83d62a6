import test from "ava";
import type { ContainerStatus } from "../../api/wire.ts";
import { containerOf, podOf } from "../testing/pod-bench.ts";
import { type Phase, phaseOf } from "./phase.ts";

const at = "2026-01-01T00:00:00Z";
type Short = "waiting" | "running" | "starting" | `exit${number}` | `back${number}`;

/** `exit1`: ended with 1; `back1`: waits to be restarted after that; `starting`: runs, its startup probe has not succeeded. */
function status(name: string, state: Short): ContainerStatus {
  const base = { name, image: "img", imageID: "", ready: false, restartCount: 0 };
  const terminated = { terminated: { exitCode: Number(/\d+/.exec(state)?.[0] ?? 0), startedAt: at, finishedAt: at } };
  if (state === "waiting") return { ...base, state: { waiting: { reason: "ContainerCreating" } } };
  if (state === "running") return { ...base, started: true, state: { running: { startedAt: at } } };
  if (state === "starting") return { ...base, started: false, state: { running: { startedAt: at } } };
  if (state.startsWith("exit")) return { ...base, state: terminated };
  return { ...base, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: terminated };
}

interface Case {
  readonly policy: string;
  readonly init?: readonly Short[];
  readonly sidecars?: readonly Short[];
  readonly regular: readonly Short[];
  readonly isTerminal?: boolean;
  readonly phase: Phase;
}

const cases: Case[] = [
  { policy: "Always", regular: ["waiting"], phase: "Pending" },
  { policy: "Always", regular: ["running", "waiting"], phase: "Pending" },
  { policy: "Always", regular: ["running", "running"], phase: "Running" },
  { policy: "Always", regular: ["running", "exit0"], phase: "Running" },
  { policy: "Always", regular: ["exit0", "exit1"], phase: "Running" },
  { policy: "Always", regular: ["back1"], phase: "Running" },
  { policy: "Always", regular: ["exit0"], isTerminal: true, phase: "Succeeded" },
  { policy: "Always", regular: ["exit0", "exit137"], isTerminal: true, phase: "Failed" },
  { policy: "Always", regular: ["waiting"], isTerminal: true, phase: "Pending" },
  { policy: "Never", regular: ["exit0", "exit0"], phase: "Succeeded" },
  { policy: "Never", regular: ["exit0", "exit1"], phase: "Failed" },
  { policy: "Never", regular: ["exit1", "running"], phase: "Running" },
  { policy: "OnFailure", regular: ["exit0", "exit0"], phase: "Succeeded" },
  { policy: "OnFailure", regular: ["exit0", "exit1"], phase: "Running" },
  { policy: "OnFailure", regular: ["back1"], phase: "Running" },
  { policy: "Never", init: ["running"], regular: ["waiting"], phase: "Pending" },
  { policy: "Never", init: ["exit1"], regular: ["waiting"], phase: "Failed" },
  { policy: "Always", init: ["exit1"], regular: ["waiting"], phase: "Pending" },
  { policy: "Always", init: ["back1"], regular: ["waiting"], phase: "Pending" },
  { policy: "Always", init: ["exit0", "exit0"], regular: ["running"], phase: "Running" },
  { policy: "Always", sidecars: ["starting"], regular: ["waiting"], phase: "Pending" },
  { policy: "Always", sidecars: ["running"], regular: ["waiting"], phase: "Pending" },
  { policy: "Always", sidecars: ["back1"], regular: ["running"], phase: "Running" },
  { policy: "Always", sidecars: ["starting"], regular: ["running"], phase: "Running" },
  { policy: "Never", sidecars: ["exit137"], regular: ["exit0"], phase: "Succeeded" },
  { policy: "Never", sidecars: ["running"], regular: ["exit0"], phase: "Running" },
];

for (const { policy, init = [], sidecars = [], regular, isTerminal = false, phase } of cases) {
  test(`${policy}${isTerminal ? ", to end" : ""}: init [${init}] sidecars [${sidecars}] containers [${regular}] → ${phase}`, (t) => {
    const pod = podOf({
      restartPolicy: policy,
      initContainers: [...init.map((_state, index) => containerOf(`i${index}`)), ...sidecars.map((_state, index) => containerOf(`s${index}`, { restartPolicy: "Always" }))],
      containers: regular.map((_state, index) => containerOf(`c${index}`)),
    });
    const all = [...init.map((state, index) => status(`i${index}`, state)), ...sidecars.map((state, index) => status(`s${index}`, state)), ...regular.map((state, index) => status(`c${index}`, state))];
    t.is(phaseOf(pod, all, isTerminal), phase);
  });
}
