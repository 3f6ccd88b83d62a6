import type { Clock } from "../../../lib/clock.ts";
import type { SchedulerConfiguration } from "../../../scheduler/configuration/configuration.ts";
import { coreOf } from "../../../scheduler/explain/cluster-objects.ts";
import { readCluster } from "../../../scheduler/explain/read-cluster.ts";
import { carryOut, cleanUp, type Outcome } from "../../../scheduler/rebalance/carry-out.ts";
import { type Goal, planMoves, type PlanOptions } from "../../../scheduler/rebalance/plan.ts";
import type { Session } from "../../api/session.ts";
import { paintFor, plain } from "../../output/paint.ts";
import { UserError } from "../../user-error.ts";
import { planJson, planText } from "./text.ts";

export interface RebalanceOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly colours: boolean;
  /** Most moves: a number of pods, or a share of the placed ones (`5%`). */
  readonly budget: string;
  readonly goals: readonly Goal[];
  readonly maxPriority?: number | undefined;
  readonly localData: boolean;
  readonly timeout_ms: number;
  /** Again after so long, for ever. */
  readonly every_ms?: number | undefined;
  readonly clock: Clock;
  readonly configuration: SchedulerConfiguration;
  readonly out: (text: string) => void;
}

/** `berth rebalance`: plans, and unless it is a dry run carries out. @throws UserError | ApiError */
export async function rebalance(session: Session, options: RebalanceOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await rebalanceOnce(session, options, signal);
    } catch (error) {
      // What keeps at it goes on: the server may be back the next time, and a pod that did not start may have.
      if (options.every_ms === undefined || signal.aborted) throw error;
      options.out(`${plain((error as Error).message)}; again in ${options.every_ms / 1000} s\n`);
    }
    if (options.every_ms === undefined || signal.aborted) return;
    await options.clock.sleep(options.every_ms, signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}

async function rebalanceOnce({ client }: Session, options: RebalanceOptions, signal: AbortSignal): Promise<void> {
  const { clock, configuration, out, colours, json, dryRun } = options;
  const paint = paintFor(colours);
  const objects = await readCluster(client, signal);
  if (!dryRun) for (const name of await cleanUp(client, objects)) out(`${plain(name)}: took away the taint that an earlier run left\n`);
  const core = coreOf(objects, { clock, configuration });
  const planOptions: PlanOptions = {
    budget: budgetOf(options.budget, core.snapshot.placements.size),
    goals: options.goals,
    localData: options.localData,
    ...(options.maxPriority !== undefined && { maxPriority: options.maxPriority }),
  };
  const plan = planMoves(core, planOptions);
  if (json) out(`${JSON.stringify(planJson(plan), undefined, 2)}\n`);
  else out(planText(plan, paint));
  if (dryRun || plan.moves.length === 0) return;
  let stopped: string | undefined;
  const tell = (outcome: Outcome) => {
    if (outcome.type === "stopped") stopped = outcome.reason;
    const { move } = outcome;
    if (json) return;
    const text = outcome.type === "moved" ? `moved: ${outcome.replacement} is on ${outcome.node}` : outcome.type === "skipped" ? `stays: ${outcome.reason}` : `stopped: ${outcome.reason}`;
    const colour = { moved: paint.green, skipped: paint.yellow, stopped: paint.red }[outcome.type];
    out(`${plain(move.pod.key)} ${colour(plain(text))}\n`);
  };
  if (!json) out("\n");
  const moved = await carryOut(plan, { ...planOptions, client, clock, configuration, timeout_ms: options.timeout_ms, signal, tell });
  if (!json) out(`${moved} of ${plan.moves.length} moves made\n`);
  if (stopped !== undefined) throw new UserError(`stopped after ${moved} of ${plan.moves.length} moves: ${stopped}`);
}

/** @throws UserError */
function budgetOf(text: string, placed: number): number {
  const match = /^(\d+)(%?)$/.exec(text);
  if (match === null || (match[2] === "%" && Number(match[1]) > 100)) throw new UserError(`--budget ${text}: write a number of pods (20) or a share of the placed ones (5%)`, 2);
  return match[2] === "%" ? Math.max(1, Math.floor((placed * Number(match[1])) / 100)) : Number(match[1]);
}
