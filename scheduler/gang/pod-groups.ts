import type { Resource } from "../../api/resources.ts";
import type { PodGroup } from "./gangs.ts";

export const podGroups: Resource<PodGroup> = { group: "scheduling.x-k8s.io", version: "v1alpha1", resource: "podgroups", kind: "PodGroup", namespaced: true };
