import { rfc3339 } from "../../../lib/clock.ts";
import { validateApiService, validateApiServiceStatusUpdate, validateApiServiceUpdate } from "../../validation/api-service.ts";
import type { APIService } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { restoreField, statusOnly } from "../strategies.ts";

const HTTPS_PORT = 443;

export const apiService = defineKind<APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  categories: ["api-extensions"],
  namespaced: false,
  definition: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  subresources: {
    status: statusSubresource("APIService", { ...statusOnly<APIService>("metadata"), validateUpdate: validateApiServiceStatusUpdate }),
  },
  strategy: {
    applyDefaults(service) {
      if (service.spec?.service) service.spec.service.port ??= HTTPS_PORT;
    },
    prepareForCreate(service, { now_ms }) {
      service.status = service.spec?.service ? {} : { conditions: [localCondition(rfc3339(now_ms))] };
    },
    prepareForUpdate(service, old) {
      restoreField(service, old, "status");
    },
    validate: validateApiService,
    validateUpdate: validateApiServiceUpdate,
    allowUnconditionalUpdate: false,
  },
  columns: [
    nameColumn,
    column("Service", "Who serves it: this server (Local) or a Service.", ({ spec }) => (spec?.service ? `${spec.service.namespace ?? ""}/${spec.service.name ?? ""}` : "Local")),
    column("Available", "Whether it answers.", availability),
    ageColumn,
  ],
});

/** What this server serves itself is there from the first moment. */
function localCondition(now: string) {
  return { type: "Available", status: "True", lastTransitionTime: now, reason: "Local", message: "Local APIServices are always available" };
}

function availability(service: APIService): string {
  const condition = service.status?.conditions?.find(({ type }) => type === "Available");
  if (condition === undefined) return "Unknown";
  return condition.status === "True" || !condition.reason ? condition.status : `${condition.status} (${condition.reason})`;
}
