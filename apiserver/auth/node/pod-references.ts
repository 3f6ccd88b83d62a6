import type { Container, EphemeralContainer, Pod, Volume } from "../../../api/wire.ts";

type AnyContainer = Container | EphemeralContainer;

/** What a pod refers to in its namespace, as `secret/NAME`, `configmap/NAME`, `pvc/NAME`, `serviceaccount/NAME`. */
export function podReferences(pod: Pod): Set<string> {
  const found = new Set<string>();
  const { spec } = pod;
  if (spec === undefined) return found;
  if (spec.serviceAccountName) found.add(`serviceaccount/${spec.serviceAccountName}`);
  for (const secret of spec.imagePullSecrets ?? []) if (secret.name) found.add(`secret/${secret.name}`);
  for (const volume of spec.volumes ?? []) volumeReferences(volume, pod.metadata.name ?? "", found);
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])] as AnyContainer[]) containerReferences(container, found);
  return found;
}

function containerReferences(container: AnyContainer, found: Set<string>): void {
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.secretKeyRef?.name) found.add(`secret/${variable.valueFrom.secretKeyRef.name}`);
    if (variable.valueFrom?.configMapKeyRef?.name) found.add(`configmap/${variable.valueFrom.configMapKeyRef.name}`);
  }
  for (const source of container.envFrom ?? []) {
    if (source.secretRef?.name) found.add(`secret/${source.secretRef.name}`);
    if (source.configMapRef?.name) found.add(`configmap/${source.configMapRef.name}`);
  }
}

/** Volume sources that name a secret in a field of their own. */
function volumeReferences(volume: Volume, podName: string, found: Set<string>): void {
  const secrets = [
    volume.secret?.secretName,
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.csi?.nodePublishSecretRef?.name,
    volume.flexVolume?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.rbd?.secretRef?.name,
    volume.scaleIO?.secretRef?.name,
    volume.storageos?.secretRef?.name,
    ...(volume.projected?.sources ?? []).map((source) => source.secret?.name),
  ];
  for (const secret of secrets) if (secret) found.add(`secret/${secret}`);
  for (const configMap of [volume.configMap?.name, ...(volume.projected?.sources ?? []).map((source) => source.configMap?.name)]) if (configMap) found.add(`configmap/${configMap}`);
  if (volume.persistentVolumeClaim?.claimName) found.add(`pvc/${volume.persistentVolumeClaim.claimName}`);
  if (volume.ephemeral !== undefined) found.add(`pvc/${podName}-${volume.name}`);
}
