import type { Container, EphemeralContainer, PodSpec } from "../../../api/wire.ts";

export type AnyContainer = Container | EphemeralContainer;

/** What a check found: `reason (detail)`. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** Init containers, containers, ephemeral ones: the order in which they are named. */
export function containersOf(spec: PodSpec): readonly AnyContainer[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...((spec.ephemeralContainers ?? []) as EphemeralContainer[])];
}

export function plural(one: string, several: string, count: number): string {
  return count === 1 ? one : several;
}

/** `"a", "b"` */
export function quoted(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word)).join(", ");
}

/** `container "a"`, `containers "a", "b"`. */
export function named(containers: readonly { readonly name: string }[]): string {
  return `${plural("container", "containers", containers.length)} ${quoted(containers.map(({ name }) => name))}`;
}

/** `pod and containers "a"`: who set something. */
export function setters(pod: boolean, containers: readonly { readonly name: string }[]): string {
  return [...(pod ? ["pod"] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(" and ");
}

/** Each once, sorted. */
export function distinct(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}
