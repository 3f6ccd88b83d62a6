import { defaultDaemonSet } from "../../defaults/workload.ts";
import { fieldPath } from "../../status/field-path.ts";
import { validateDaemonSet, validateDaemonSetStatusUpdate, validateDaemonSetUpdate } from "../../validation/apps/daemon-set.ts";
import { semanticEqual } from "../../validation/equality.ts";
import { templateWarnings } from "../../validation/pod/warnings.ts";
import type { DaemonSet } from "../../wire.ts";
import { ageColumn, column, containerColumns, labelsText, nameColumn, selectorText } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";
import { statusOnly } from "../strategies.ts";
import { templated } from "../templated.ts";

const TEMPLATE = fieldPath("spec", "template");
const integer = { type: "integer" } as const;
/** Counts the changes of the template; once a field of the spec. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

const prepare = templated<DaemonSet>("io.k8s.api.apps.v1.DaemonSetSpec", (daemonSet) => daemonSet.spec?.template);

function setTemplateGeneration(daemonSet: DaemonSet, generation: number): void {
  daemonSet.metadata.annotations = { ...daemonSet.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

function templateGeneration(daemonSet: DaemonSet): number {
  const text = daemonSet.metadata.annotations?.[TEMPLATE_GENERATION] ?? "";
  return /^-?[0-9]{1,15}$/.test(text) ? Number(text) : 0;
}

const keepSpec = statusOnly<DaemonSet>();

/** The count of template changes belongs to the spec. */
const statusStrategy: UpdateStrategy<DaemonSet> = {
  prepareForUpdate(daemonSet, old, context) {
    keepSpec.prepareForUpdate(daemonSet, old, context);
    setTemplateGeneration(daemonSet, templateGeneration(old));
  },
  validateUpdate: validateDaemonSetStatusUpdate,
};

export const daemonSet = defineKind<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.apps.v1.DaemonSet",
  subresources: {
    status: statusSubresource("DaemonSet", statusStrategy),
  },
  strategy: {
    applyDefaults: defaultDaemonSet,
    prepareForCreate(daemonSet, context) {
      prepare.prepareForCreate(daemonSet, context);
      setTemplateGeneration(daemonSet, Math.max(templateGeneration(daemonSet), 1));
    },
    prepareForUpdate(daemonSet, old, context) {
      prepare.prepareForUpdate(daemonSet, old, context);
      const changed = !semanticEqual("io.k8s.api.core.v1.PodTemplateSpec", daemonSet.spec?.template, old.spec?.template);
      setTemplateGeneration(daemonSet, templateGeneration(old) + (changed ? 1 : 0));
    },
    validate: (daemonSet, context) => validateDaemonSet(daemonSet, context.allowPrivileged ?? false),
    validateUpdate: (daemonSet, old, context) => validateDaemonSetUpdate(daemonSet, old, context.allowPrivileged ?? false),
    warnings: (daemonSet, old) => (old === undefined || templateGeneration(daemonSet) !== templateGeneration(old) ? templateWarnings(daemonSet.spec?.template, TEMPLATE) : []),
  },
  columns: [
    nameColumn,
    column("Desired", "Nodes that shall run a pod.", (daemonSet) => daemonSet.status?.desiredNumberScheduled ?? 0, integer),
    column("Current", "Nodes that run one.", (daemonSet) => daemonSet.status?.currentNumberScheduled ?? 0, integer),
    column("Ready", "Nodes whose pod is ready.", (daemonSet) => daemonSet.status?.numberReady ?? 0, integer),
    column("Up-to-date", "Nodes whose pod is of the newest template.", (daemonSet) => daemonSet.status?.updatedNumberScheduled ?? 0, integer),
    column("Available", "Nodes whose pod has been ready long enough.", (daemonSet) => daemonSet.status?.numberAvailable ?? 0, integer),
    column("Node Selector", "Labels of the nodes.", (daemonSet) => labelsText(daemonSet.spec?.template.spec?.nodeSelector)),
    ageColumn,
    ...containerColumns<DaemonSet>((daemonSet) => daemonSet.spec?.template.spec),
    column("Selector", "Which pods it owns.", (daemonSet) => selectorText(daemonSet.spec?.selector), { wide: true }),
  ],
});
