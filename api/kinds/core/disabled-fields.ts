import { visitContainers } from "../../validation/pod/visit.ts";
import type { PodSpec } from "../../wire.ts";

/** Fields that Kubernetes 1.36 knows and its default feature gates leave out: dropped from what a client sends. */
export function dropDisabledPodFields(spec: PodSpec): void {
  if (spec.schedulingGroup !== undefined) delete spec.schedulingGroup;
  visitContainers(spec, (container) => {
    const { lifecycle } = container;
    if (lifecycle?.stopSignal === undefined) return;
    delete lifecycle.stopSignal;
    if (!lifecycle.postStart && !lifecycle.preStop) delete container.lifecycle;
  });
  for (const volume of spec.volumes ?? []) {
    for (const source of volume.projected?.sources ?? []) {
      if (source.clusterTrustBundle !== undefined) delete source.clusterTrustBundle;
      if (source.podCertificate !== undefined) delete source.podCertificate;
    }
  }
}
