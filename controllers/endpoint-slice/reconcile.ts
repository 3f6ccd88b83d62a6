import type { EndpointSlice } from "../../api/wire.ts";
import { semanticEqual } from "../shared/equal.ts";
import type { Endpoint, EndpointPort, Group } from "./desired.ts";

/** Endpoints in one slice at most. */
export const MAX_ENDPOINTS = 100;

/** What becomes of slices. New ones have no name yet. */
export interface SlicePlan {
  readonly create: { readonly ports: readonly EndpointPort[]; readonly endpoints: readonly Endpoint[] }[];
  readonly update: { readonly slice: EndpointSlice; readonly endpoints: readonly Endpoint[] }[];
  readonly remove: EndpointSlice[];
}

/**
 * The fewest writes that make the slices of one family hold what is desired: endpoints stay where they are, slices that change anyway are filled first,
 * then one that has room for all the rest, then new ones. With nothing at all one empty slice remains. `labelsDiffer`: a slice that has to be
 * written for its labels. Pure, after Kubernetes' EndpointSlice reconciler.
 */
export function planSlices(desired: ReadonlyMap<string, Group>, existing: readonly EndpointSlice[], labelsDiffer: (slice: EndpointSlice) => boolean, max = MAX_ENDPOINTS): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const byPorts = Map.groupBy(existing, portsKey);
  for (const [key, group] of desired) planGroup(plan, group, byPorts.get(key) ?? [], labelsDiffer, max);
  for (const [key, slices] of byPorts) if (!desired.has(key)) plan.remove.push(...slices);
  if (desired.size === 0) keepPlaceholder(plan, labelsDiffer);
  return plan;
}

function planGroup(plan: SlicePlan, { ports, endpoints }: Group, slices: readonly EndpointSlice[], labelsDiffer: (slice: EndpointSlice) => boolean, max: number): void {
  const missing = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const states = slices.map((slice) => {
    const kept = takeKept(slice, missing);
    return { slice, kept, changed: !semanticEqual(kept, slice.endpoints) || labelsDiffer(slice) };
  });
  const rest = [...missing.values()];
  const changing = states.filter((state) => state.changed).sort((a, b) => b.kept.length - a.kept.length);
  for (const state of changing) state.kept.push(...rest.splice(0, max - state.kept.length));
  while (rest.length > 0) {
    const count = Math.min(rest.length, max);
    const roomy = rest.length < max ? states.filter((state) => !state.changed && state.kept.length + rest.length <= max).sort((a, b) => b.kept.length - a.kept.length)[0] : undefined;
    if (roomy === undefined) plan.create.push({ ports, endpoints: rest.splice(0, count) });
    else {
      roomy.changed = true;
      roomy.kept.push(...rest.splice(0, count));
    }
  }
  for (const { slice, kept, changed } of states) {
    if (kept.length === 0) plan.remove.push(slice);
    else if (changed) plan.update.push({ slice, endpoints: kept });
  }
}

/** The slice's endpoints that are still desired, in their newest form; they are missing no more. */
function takeKept(slice: EndpointSlice, missing: Map<string, Endpoint>): Endpoint[] {
  const kept: Endpoint[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    const identity = identityOf(endpoint);
    const wanted = missing.get(identity);
    if (wanted === undefined) continue;
    missing.delete(identity);
    kept.push(wanted);
  }
  return kept;
}

/** A Service without any endpoint keeps one empty slice, which says that it has none. */
function keepPlaceholder(plan: SlicePlan, labelsDiffer: (slice: EndpointSlice) => boolean): void {
  const placeholder = plan.remove.find((slice) => (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0);
  if (placeholder === undefined) {
    plan.create.push({ ports: [], endpoints: [] });
    return;
  }
  plan.remove.splice(plan.remove.indexOf(placeholder), 1);
  if (labelsDiffer(placeholder)) plan.update.push({ slice: placeholder, endpoints: [] });
}

export function portsKey(slice: EndpointSlice): string {
  return JSON.stringify((slice.ports ?? []).map(({ name = "", port, protocol = "TCP", appProtocol }) => ({ name, port, protocol, ...(appProtocol ? { appProtocol } : {}) })));
}

function identityOf({ addresses, targetRef }: Endpoint): string {
  return JSON.stringify([addresses, targetRef?.kind, targetRef?.namespace, targetRef?.name, targetRef?.uid]);
}
