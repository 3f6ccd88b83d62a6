import type { DaemonSet, Deployment, PodTemplate, PodTemplateSpec, ReplicaSet, ReplicationController, StatefulSet } from "../wire.ts";
import { defaultClaim } from "./claim.ts";
import { dropInitContainerAnnotations } from "./pod.ts";
import { defaultPodSpec } from "./pod-spec.ts";

const REVISIONS = 10;
const PROGRESS_DEADLINE_S = 600;

/** Defaults of a pod's template; an absent one is an empty one. */
export function defaultTemplate(template: PodTemplateSpec): void {
  template.spec ??= { containers: [] };
  dropInitContainerAnnotations(template.metadata);
  defaultPodSpec(template.spec);
}

function templateOf(spec: { template?: PodTemplateSpec }): PodTemplateSpec {
  return (spec.template ??= {});
}

export function defaultPodTemplate(object: PodTemplate): void {
  defaultTemplate(templateOf(object));
}

export function defaultDeployment(deployment: Deployment): void {
  const spec = (deployment.spec ??= {} as NonNullable<Deployment["spec"]>);
  defaultTemplate(templateOf(spec));
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= "25%";
    rolling.maxSurge ??= "25%";
  }
  spec.revisionHistoryLimit ??= REVISIONS;
  spec.progressDeadlineSeconds ??= PROGRESS_DEADLINE_S;
}

export function defaultReplicaSet(replicaSet: ReplicaSet): void {
  const spec = (replicaSet.spec ??= {} as NonNullable<ReplicaSet["spec"]>);
  defaultTemplate(templateOf(spec));
  spec.replicas ??= 1;
}

/** Labels and selector of a ReplicationController are those of its template, where it has none. */
export function defaultReplicationController(controller: ReplicationController): void {
  const spec = (controller.spec ??= {});
  if (spec.template) {
    const labels = spec.template.metadata?.labels;
    if (labels && Object.keys(labels).length > 0) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(controller.metadata.labels ?? {}).length === 0) controller.metadata.labels = { ...labels };
    }
    defaultTemplate(spec.template);
  }
  spec.replicas ??= 1;
}

export function defaultDaemonSet(daemonSet: DaemonSet): void {
  const spec = (daemonSet.spec ??= {} as NonNullable<DaemonSet["spec"]>);
  defaultTemplate(templateOf(spec));
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= REVISIONS;
}

export function defaultStatefulSet(statefulSet: StatefulSet): void {
  const spec = (statefulSet.spec ??= {} as NonNullable<StatefulSet["spec"]>);
  defaultTemplate(templateOf(spec));
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = "v1";
    claim.kind = "PersistentVolumeClaim";
    defaultClaim(claim);
  }
  spec.podManagementPolicy ||= "OrderedReady";
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.partition ??= 0;
  }
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ||= "Retain";
  retention.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= REVISIONS;
}
