import type { Service } from "../../wire.ts";
import { ageColumn, column, labelsText, NONE, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { serviceStatusStrategy, serviceStrategy } from "./service-strategy.ts";

export const service = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.Service",
  subresources: {
    proxy: { type: "connect", kind: "ServiceProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    status: statusSubresource("Service", serviceStatusStrategy),
  },
  strategy: serviceStrategy,
  columns: [
    nameColumn,
    column("Type", "How the Service is reached.", (service) => service.spec?.type ?? ""),
    column("Cluster-IP", "Address inside the cluster.", (service) => service.spec?.clusterIPs?.[0] ?? NONE),
    column("External-IP", "Addresses outside the cluster.", externalAddresses),
    column("Port(s)", "Ports, with the nodes' ports behind a colon.", portsText),
    ageColumn,
    column("Selector", "Labels of the pods behind it.", (service) => labelsText(service.spec?.selector), { wide: true }),
  ],
  selectableFields: {
    "spec.clusterIP": (service) => service.spec?.clusterIP ?? "",
    "spec.type": (service) => service.spec?.type ?? "",
  },
});

function externalAddresses(service: Service): string {
  const { type, externalIPs = [], externalName } = service.spec ?? {};
  if (type === "ExternalName") return externalName ?? "";
  if (type !== "LoadBalancer") return externalIPs.join(",") || NONE;
  const reported = new Set(service.status?.loadBalancer?.ingress?.map((ingress) => ingress.ip || ingress.hostname || "").filter(Boolean));
  return [...[...reported].sort(), ...externalIPs].join(",") || "<pending>";
}

function portsText(service: Service): string {
  const ports = service.spec?.ports ?? [];
  return ports.map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ""}/${port.protocol}`).join(",") || NONE;
}
