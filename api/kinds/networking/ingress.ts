import { INGRESS_CLASS_ANNOTATION, validateIngress, validateIngressStatusUpdate, validateIngressUpdate } from "../../validation/networking/ingress.ts";
import type { Ingress } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { loadBalancerWarnings } from "../load-balancer.ts";
import { specAndStatus, statusOnly } from "../strategies.ts";

const HOSTS_SHOWN = 3;

export const ingress = defineKind<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  shortNames: ["ing"],
  namespaced: true,
  definition: "io.k8s.api.networking.v1.Ingress",
  subresources: {
    status: statusSubresource<Ingress>("Ingress", { ...statusOnly<Ingress>(), validateUpdate: validateIngressStatusUpdate, warnings: loadBalancerWarnings }),
  },
  strategy: {
    ...specAndStatus<Ingress>("io.k8s.api.networking.v1.IngressSpec"),
    validate: validateIngress,
    validateUpdate: validateIngressUpdate,
    warnings: (ingress, old) =>
      old === undefined && ingress.metadata.annotations?.[INGRESS_CLASS_ANNOTATION] !== undefined && ingress.spec?.ingressClassName === undefined
        ? [`annotation "${INGRESS_CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
        : [],
  },
  columns: [
    nameColumn,
    column("Class", "Its class.", (ingress) => ingress.spec?.ingressClassName ?? NONE),
    column("Hosts", "Hosts of its rules.", hostsText),
    column("Address", "Where it is reached.", addressText),
    column("Ports", "Ports that it is served on.", (ingress) => (ingress.spec?.tls?.length ? "80, 443" : "80")),
    ageColumn,
  ],
});

function hostsText(ingress: Ingress): string {
  const rules = ingress.spec?.rules ?? [];
  const hosts: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (hosts.length === HOSTS_SHOWN) more = true;
    else if (host) hosts.push(host);
  }
  if (hosts.length === 0) return "*";
  return more ? `${hosts.join(",")} + ${rules.length - HOSTS_SHOWN} more...` : hosts.join(",");
}

function addressText(ingress: Ingress): string {
  const addresses = ingress.status?.loadBalancer?.ingress?.map((address) => address.ip || address.hostname || "").filter(Boolean);
  return [...new Set(addresses)].sort().join(",");
}
