import { defaultDeployment } from "../../defaults/workload.ts";
import { fieldPath } from "../../status/field-path.ts";
import { validateDeployment, validateDeploymentStatusUpdate, validateDeploymentUpdate } from "../../validation/apps/deployment.ts";
import { templateWarnings } from "../../validation/pod/warnings.ts";
import type { Deployment } from "../../wire.ts";
import { ageColumn, column, containerColumns, nameColumn, selectorText } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { statusOnly } from "../strategies.ts";
import { hasNewGeneration, nameWarnings, scaleSubresource, templated } from "../templated.ts";

const TEMPLATE = fieldPath("spec", "template");


export const deployment = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.apps.v1.Deployment",
  subresources: {
    scale: scaleSubresource<Deployment>(),
    status: statusSubresource("Deployment", { ...statusOnly<Deployment>("labels"), validateUpdate: validateDeploymentStatusUpdate }),
  },
  strategy: {
    applyDefaults: defaultDeployment,
    ...templated<Deployment>("io.k8s.api.apps.v1.DeploymentSpec", (deployment) => deployment.spec?.template, true),
    validate: (deployment, context) => validateDeployment(deployment, context.allowPrivileged ?? false),
    validateUpdate: (deployment, old, context) => validateDeploymentUpdate(deployment, old, context.allowPrivileged ?? false),
    warnings: (deployment, old) => [...(old ? [] : nameWarnings(deployment.metadata)), ...(hasNewGeneration(deployment, old) ? templateWarnings(deployment.spec?.template, TEMPLATE) : [])],
  },
  columns: [
    nameColumn,
    column("Ready", "Ready pods of those wanted.", (deployment) => `${deployment.status?.readyReplicas ?? 0}/${deployment.spec?.replicas ?? 0}`),
    column("Up-to-date", "Pods of the newest template.", (deployment) => deployment.status?.updatedReplicas ?? 0),
    column("Available", "Pods that have been ready long enough.", (deployment) => deployment.status?.availableReplicas ?? 0),
    ageColumn,
    ...containerColumns<Deployment>((deployment) => deployment.spec?.template.spec),
    column("Selector", "Which pods it owns.", (deployment) => selectorText(deployment.spec?.selector), { wide: true }),
  ],
});
