import { defaultNetworkPolicy } from "../../defaults/policies.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import { cidrWarnings } from "../../validation/ip.ts";
import { validateNetworkPolicy, validateNetworkPolicyUpdate } from "../../validation/networking/network-policy.ts";
import type { NetworkPolicy } from "../../wire.ts";
import { ageColumn, column, nameColumn, selectorText } from "../columns.ts";
import { defineKind } from "../define.ts";
import { nextGeneration, startGeneration } from "../strategies.ts";

const SPEC = fieldPath("spec");

export const networkPolicy = defineKind<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  shortNames: ["netpol"],
  namespaced: true,
  definition: "io.k8s.api.networking.v1.NetworkPolicy",
  strategy: {
    applyDefaults: defaultNetworkPolicy,
    prepareForCreate: startGeneration,
    prepareForUpdate(policy, old) {
      nextGeneration(policy, old, "io.k8s.api.networking.v1.NetworkPolicySpec");
    },
    validate: validateNetworkPolicy,
    validateUpdate: validateNetworkPolicyUpdate,
    warnings: networkWarnings,
  },
  columns: [nameColumn, column("Pod-Selector", "Which pods it is about.", (policy) => selectorText(policy.spec?.podSelector)), ageColumn],
});

function networkWarnings(policy: NetworkPolicy): string[] {
  const warnings: string[] = [];
  const check = (block: { cidr: string; except?: readonly string[] } | undefined, path: FieldPath) => {
    if (!block) return;
    warnings.push(...cidrWarnings(block.cidr, path.child("cidr")));
    block.except?.forEach((cidr, i) => {
      warnings.push(...cidrWarnings(cidr, path.child("except").index(i)));
    });
  };
  policy.spec?.ingress?.forEach((rule, i) => {
    rule.from?.forEach((peer, j) => {
      check(peer.ipBlock, SPEC.child("ingress").index(i).child("from").index(j).child("ipBlock"));
    });
  });
  policy.spec?.egress?.forEach((rule, i) => {
    rule.to?.forEach((peer, j) => {
      check(peer.ipBlock, SPEC.child("egress").index(i).child("to").index(j).child("ipBlock"));
    });
  });
  return warnings;
}
