import { validatePriorityLevel, validatePriorityLevelStatusUpdate } from "../../validation/flowcontrol/priority-level.ts";
import type { PriorityLevelConfiguration } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { specAndStatus, statusOnly } from "../strategies.ts";

const SHARES = 30;
const QUEUING = { queues: 64, handSize: 8, queueLengthLimit: 50 } as const;

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  plural: "prioritylevelconfigurations",
  namespaced: false,
  definition: "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  subresources: {
    status: statusSubresource("PriorityLevelConfiguration", { ...statusOnly<PriorityLevelConfiguration>("metadata"), validateUpdate: validatePriorityLevelStatusUpdate }),
  },
  strategy: {
    applyDefaults,
    ...specAndStatus<PriorityLevelConfiguration>("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec"),
    validate: validatePriorityLevel,
    validateUpdate: validatePriorityLevel,
  },
  columns: [
    nameColumn,
    column("Type", "Whether its requests are limited.", ({ spec }) => spec?.type ?? ""),
    column("NominalConcurrencyShares", "Its part of the server's concurrency.", ({ spec }) => (spec?.limited ? (spec.limited.nominalConcurrencyShares ?? 0) : NONE)),
    column("Queues", "How many queues there are.", ({ spec }) => spec?.limited?.limitResponse?.queuing?.queues ?? NONE),
    column("HandSize", "How many queues a flow is dealt.", ({ spec }) => spec?.limited?.limitResponse?.queuing?.handSize ?? NONE),
    column("QueueLengthLimit", "How many requests may wait in a queue.", ({ spec }) => spec?.limited?.limitResponse?.queuing?.queueLengthLimit ?? NONE),
    ageColumn,
  ],
});

function applyDefaults({ spec }: PriorityLevelConfiguration): void {
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  const limited = spec?.limited;
  if (!limited) return;
  limited.nominalConcurrencyShares ??= SHARES;
  limited.lendablePercent ??= 0;
  const queuing = limited.limitResponse?.queuing;
  if (!queuing) return;
  queuing.queues ||= QUEUING.queues;
  queuing.handSize ||= QUEUING.handSize;
  queuing.queueLengthLimit ||= QUEUING.queueLengthLimit;
}
