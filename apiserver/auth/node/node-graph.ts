import type { Pod } from "../../../api/wire.ts";
import type { CachedObject } from "../../registry/cached-object.ts";
import type { KindCache } from "../../registry/kind-cache.ts";
import { podReferences } from "./pod-references.ts";

const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** What each node's pods refer to. References are read once for each state of a pod that somebody asks about. */
export class NodeGraph {
  readonly #pods: KindCache;
  readonly #references = new WeakMap<CachedObject, Set<string>>();

  constructor(pods: KindCache) {
    this.#pods = pods;
  }

  /** A pod on the node, in the namespace, refers to `reference` (`secret/NAME`, …). */
  refers(node: string, namespace: string, reference: string): boolean {
    return (this.#pods.onNode(node) ?? []).some((pod) => pod.namespace === namespace && this.#of(pod).has(reference));
  }

  /** The pod is bound to the node. */
  isOn(node: string, namespace: string, pod: string): boolean {
    return this.#pods.get(`${namespace}/${pod}`)?.field("spec.nodeName") === node;
  }

  #of(cached: CachedObject): Set<string> {
    let references = this.#references.get(cached);
    if (references === undefined) {
      const pod = cached.object() as Pod;
      // A mirror pod is the node's own word: it must not open anything.
      references = pod.metadata.annotations?.[MIRROR_ANNOTATION] === undefined ? podReferences(pod) : new Set();
      this.#references.set(cached, references);
    }
    return references;
  }
}
