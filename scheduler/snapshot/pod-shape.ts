import { GPU_MILLI } from "../../api/placement/devices.ts";
import { type HostPort, hostPortsOf } from "../../api/placement/host-ports.ts";
import { type PodRequests, podRequests } from "../../api/placement/pod-requests.ts";
import { compileLabels, compileNodeSelector, compileTerm, type NodePredicate, pinnedNames } from "../../api/selector/node-selector.ts";
import type { Pod, PodSpec, Toleration } from "../../api/wire.ts";

export interface WeightedNodePredicate {
  readonly weight: number;
  readonly matches: NodePredicate;
}

/** Devices that a pod asks for: `count` whole ones, or `milli` thousandths of one. */
export interface DeviceRequest {
  /** The extended resource, or undefined where any device will do (a share). */
  readonly resource: string | undefined;
  readonly count: number;
  /** 1000 for whole devices. */
  readonly milli: number;
}

/**
 * All of a pod that rules about a single node look at. Pods of equal shape share one object, so that a node is judged once for all of them.
 * Frozen but for nothing: whoever caches by shape uses `id`.
 */
export interface PodShape {
  readonly id: number;
  readonly requests: PodRequests;
  /** The amounts as parallel arrays, by resource name. */
  readonly resourceNames: readonly string[];
  readonly resourceAmounts: readonly number[];
  readonly device: DeviceRequest | undefined;
  readonly tolerations: readonly Toleration[];
  /** Node selector, required node affinity and tolerations: shapes of equal text may go to the same nodes. */
  readonly accessText: string;
  /** spec.nodeSelector and the required node affinity together; undefined: any node. */
  readonly nodePredicate: NodePredicate | undefined;
  /** Names that the required node affinity pins to; undefined: open. */
  readonly pinned: readonly string[] | undefined;
  readonly preferredNodes: readonly WeightedNodePredicate[];
  readonly hostPorts: readonly HostPort[];
  readonly images: readonly string[];
  /** The one node it may go to; "": any. */
  readonly nodeName: string;
}

function nodePredicateOf(spec: PodSpec): NodePredicate | undefined {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const labels = spec.nodeSelector && Object.keys(spec.nodeSelector).length > 0 ? compileLabels(spec.nodeSelector) : undefined;
  const affinity = required ? compileNodeSelector(required) : undefined;
  if (labels === undefined || affinity === undefined) return labels ?? affinity;
  return (node) => labels(node) && affinity(node);
}

function deviceRequestOf(requests: PodRequests, deviceResources: readonly string[]): DeviceRequest | undefined {
  for (const resource of deviceResources) {
    const count = requests.amounts[resource];
    if (count) return { resource, count, milli: 1000 };
  }
  const milli = requests.amounts[GPU_MILLI];
  if (!milli) return undefined;
  return milli >= 1000 ? { resource: undefined, count: Math.ceil(milli / 1000), milli: 1000 } : { resource: undefined, count: 1, milli };
}

/** Makes shapes and shares equal ones; remembers at most `capacity` of them, the longest unused is forgotten first. */
export class PodShapes {
  readonly #byText = new Map<string, PodShape>();
  readonly #capacity: number;
  readonly #deviceResources: readonly string[];
  #nextId = 0;

  constructor(deviceResources: readonly string[], capacity = 20_000) {
    this.#deviceResources = deviceResources;
    this.#capacity = capacity;
  }

  /** `nodeName` narrows to that node; a pod that is bound already is read without. */
  of(pod: Pod, nodeName = ""): PodShape {
    const spec = pod.spec!;
    const requests = podRequests(pod);
    const hostPorts = hostPortsOf(spec);
    const images = spec.containers.map((container) => container.image ?? "");
    const text = JSON.stringify([requests, spec.nodeSelector, spec.affinity?.nodeAffinity, spec.tolerations, hostPorts, images, nodeName]);
    const known = this.#byText.get(text);
    if (known !== undefined) {
      this.#byText.delete(text);
      this.#byText.set(text, known);
      return known;
    }
    const shape = this.#compile(spec, requests, hostPorts, images, nodeName);
    this.#byText.set(text, shape);
    if (this.#byText.size > this.#capacity) this.#byText.delete(this.#byText.keys().next().value!);
    return shape;
  }

  #compile(spec: PodSpec, requests: PodRequests, hostPorts: readonly HostPort[], images: readonly string[], nodeName: string): PodShape {
    const nodeAffinity = spec.affinity?.nodeAffinity;
    const device = deviceRequestOf(requests, this.#deviceResources);
    const names = Object.keys(requests.amounts).filter((name) => name !== GPU_MILLI);
    return {
      id: this.#nextId++,
      requests,
      resourceNames: names,
      resourceAmounts: names.map((name) => requests.amounts[name]!),
      device,
      tolerations: spec.tolerations ?? [],
      accessText: JSON.stringify([spec.nodeSelector, nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, spec.tolerations]),
      nodePredicate: nodePredicateOf(spec),
      pinned: pinnedNames(nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
      preferredNodes: (nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
        .filter((term) => term.weight !== 0)
        .map((term) => ({ weight: term.weight, matches: isEmptyTerm(term.preference) ? () => false : compileTerm(term.preference) })),
      hostPorts,
      images,
      nodeName,
    };
  }
}

function isEmptyTerm(term: { matchExpressions?: unknown[]; matchFields?: unknown[] }): boolean {
  return !term.matchExpressions?.length && !term.matchFields?.length;
}
