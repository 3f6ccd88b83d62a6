import { clusterroles } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { ClusterRole, PolicyRule } from "../../api/wire.ts";
import type { Informer } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { semanticEqual } from "../shared/equal.ts";

/** Fills the rules of ClusterRoles that have an aggregationRule from the roles that its selectors match. */
export class ClusterRoleAggregationController implements Controller {
  readonly name = "clusterrole-aggregation-controller";
  readonly #context: ControllerContext;
  readonly #roles: Informer<ClusterRole>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#roles = context.informers.get(clusterroles);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 2, reconcile: (key) => this.#reconcile(key) });
    const enqueueAll = () => {
      for (const role of this.#roles.list()) if (role.aggregationRule !== undefined) this.#loop.queue.add(role.metadata.name ?? "");
    };
    this.#roles.addHandler({ add: enqueueAll, update: enqueueAll, delete: enqueueAll });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(name: string): Promise<ReconcileResult> {
    const role = this.#roles.get(name);
    if (role?.aggregationRule === undefined) return undefined;
    const rules = aggregate(role, this.#roles.list());
    // With nothing to aggregate, rules written by hand stay.
    if (rules.length === 0 || semanticEqual(rules, role.rules)) return undefined;
    await this.#context.client.update(clusterroles, { ...role, rules });
    return undefined;
  }
}

/** The rules of all other roles that match one of the selectors, in order of selectors and names, each rule once. Pure. */
export function aggregate(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const byName = all.toSorted((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const matcher = matcherOf(selector);
    for (const part of byName) {
      if (part.metadata.name === role.metadata.name || !matcher.matches(part.metadata.labels)) continue;
      for (const rule of part.rules ?? []) if (!rules.some((known) => semanticEqual(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
