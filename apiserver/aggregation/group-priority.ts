/** Priorities of the built-in groups: where discovery lists them, and what their local APIServices say. */
const PRIORITIES: Readonly<Record<string, number>> = {
  "": 18_000,
  "apiregistration.k8s.io": 20_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "admissionregistration.k8s.io": 16_700,
  "apiextensions.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "resource.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
};

const CUSTOM_GROUP = 1_000;
const VERSION = 15;
const NEWER_VERSION = 30;
const CORE_VERSION = 1;
const CUSTOM_VERSION = 100;

/** Built into this server, not made by a CustomResourceDefinition. */
export function isBuiltInGroup(group: string): boolean {
  return Object.hasOwn(PRIORITIES, group);
}

/** As kube-apiserver has it; groups of custom resources come after all of its own. */
export function groupPriority(group: string): number {
  return PRIORITIES[group] ?? CUSTOM_GROUP;
}

export function versionPriority(group: string, version: string): number {
  if (!isBuiltInGroup(group)) return CUSTOM_VERSION;
  if (group === "") return CORE_VERSION;
  return version === "v1" ? VERSION : NEWER_VERSION;
}
