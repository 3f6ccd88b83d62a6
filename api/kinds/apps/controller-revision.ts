import { validateControllerRevision, validateControllerRevisionUpdate } from "../../validation/apps/controller-revision.ts";
import type { ControllerRevision } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

export const controllerRevision = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.ControllerRevision",
  strategy: { validate: validateControllerRevision, validateUpdate: validateControllerRevisionUpdate },
  columns: [
    nameColumn,
    column("Controller", "Object that made it.", controllerText),
    column("Revision", "Number of the revision.", (revision) => revision.revision ?? 0),
    ageColumn,
  ],
});

/** `statefulset.apps/name`. */
function controllerText(revision: ControllerRevision): string {
  const owner = revision.metadata.ownerReferences?.find((reference) => reference.controller);
  if (!owner) return NONE;
  const group = owner.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
  return `${owner.kind}${group}`.toLowerCase().concat("/", owner.name);
}
