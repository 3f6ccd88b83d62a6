import { Quantity } from "../quantity.ts";
import type { ApiObject, PersistentVolumeClaim, Pod, Service } from "../wire.ts";
import { type Amounts, amountsOf } from "./amounts.ts";
import { podUsage } from "./pod-usage.ts";

const ONE = Quantity.fromNumber(1);
/** Core kinds that quotas knew before they could count any kind. */
const PLAIN_NAMES = new Set(["configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services"]);
const CLASS_SUFFIX = ".storageclass.storage.k8s.io/";

/** `count/deployments.apps`, `count/pods`. */
export function countName(group: string, plural: string): string {
  return group === "" ? `count/${plural}` : `count/${plural}.${group}`;
}

/** What an object counts for, by the names that quotas have for it. */
export function usageOf(group: string, plural: string, object: ApiObject): Amounts {
  if (group === "" && plural === "pods") return podUsage(object as Pod);
  const usage = new Map([[countName(group, plural), ONE]]);
  if (group !== "") return usage;
  if (PLAIN_NAMES.has(plural)) usage.set(plural, ONE);
  if (plural === "services") for (const [name, amount] of serviceUsage(object as Service)) usage.set(name, amount);
  if (plural === "persistentvolumeclaims") for (const [name, amount] of claimUsage(object as PersistentVolumeClaim)) usage.set(name, amount);
  return usage;
}

function serviceUsage({ spec }: Service): Amounts {
  const ports = spec?.ports?.length ?? 0;
  switch (spec?.type) {
    case "NodePort":
      return new Map([["services.nodeports", Quantity.fromNumber(ports)]]);
    case "LoadBalancer":
      return new Map([
        ["services.loadbalancers", ONE],
        ["services.nodeports", Quantity.fromNumber(spec.allocateLoadBalancerNodePorts === false ? (spec.ports ?? []).filter(({ nodePort }) => nodePort).length : ports)],
      ]);
    default:
      return new Map();
  }
}

function claimUsage({ spec }: PersistentVolumeClaim): Amounts {
  const storage = amountsOf(spec?.resources?.requests).get("storage");
  const className = spec?.storageClassName;
  const usage = new Map<string, Quantity>();
  if (className) usage.set(`${className}${CLASS_SUFFIX}persistentvolumeclaims`, ONE);
  if (storage === undefined) return usage;
  usage.set("requests.storage", storage);
  if (className) usage.set(`${className}${CLASS_SUFFIX}requests.storage`, storage);
  return usage;
}

/** Amounts of a pod that quotas know by names without `requests.` or `limits.`. */
const POD_NAMES = /^(cpu|memory|ephemeral-storage|hugepages-.+|(requests|limits)\..+)$/;

/** Whether a name of a quota is that of something at all: `example.com/gpu` alone is not, `requests.example.com/gpu` is. */
export function isCounted(name: string): boolean {
  const { resource } = resourceOfName(name);
  return name.startsWith("count/") || resource !== "pods" || name === "pods" || POD_NAMES.test(name);
}

/** Whose objects a name of a quota counts: a group and a plural. */
export function resourceOfName(name: string): { readonly group: string; readonly resource: string } {
  if (name.startsWith("count/")) {
    const [resource = "", ...group] = name.slice("count/".length).split(".");
    return { group: group.join("."), resource };
  }
  if (name === "services" || name.startsWith("services.")) return { group: "", resource: "services" };
  if (name === "requests.storage" || name === "persistentvolumeclaims" || name.includes(CLASS_SUFFIX)) return { group: "", resource: "persistentvolumeclaims" };
  return { group: "", resource: PLAIN_NAMES.has(name) ? name : "pods" };
}
