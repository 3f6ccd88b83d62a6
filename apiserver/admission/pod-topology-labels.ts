import type { ApiObject, Binding, Pod } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import { type AdmissionPlugin, type AdmissionRequest, NOTHING_ELSE } from "./admission.ts";

const TOPOLOGY = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] as const;

/** A pod that comes to a node gets the labels of the node's zone and region, which its containers may read (KEP-4742). */
export function podTopologyLabels(nodes: KindCache): AdmissionPlugin {
  return {
    name: "PodTopologyLabels",
    admit(request) {
      const { kind, operation, object } = request;
      if (kind.entry.kind !== "Pod" || kind.entry.group !== "" || operation !== "CREATE" || object === undefined) return;
      const node = nodeOf(request, object);
      const labels = node === undefined ? undefined : nodes.get(node)?.object().metadata.labels;
      if (labels === undefined) return;
      for (const name of TOPOLOGY) {
        const value = labels[name];
        if (value !== undefined) object.metadata.labels = { ...object.metadata.labels, [name]: value };
      }
    },
    stamp: (request) => (request.kind.entry.kind === "Pod" && request.object !== undefined && nodeOf(request, request.object) ? undefined : NOTHING_ELSE),
  };
}

/** The node that a new pod names or that a binding names explicitly as one. */
function nodeOf({ subresource }: AdmissionRequest, object: ApiObject): string | undefined {
  if (subresource === "") return (object as Pod).spec?.nodeName;
  const { target } = object as Binding;
  return subresource === "binding" && target?.kind === "Node" ? target.name : undefined;
}
