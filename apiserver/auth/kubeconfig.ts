import type { KeyPair } from "./pki.ts";

export interface KubeconfigOptions {
  /** `https://host:port` */
  readonly server: string;
  /** CA certificate, PEM. */
  readonly ca: string;
  readonly client: KeyPair;
  readonly clusterName?: string;
  readonly userName: string;
}

/** A kubeconfig (YAML, which JSON is part of) with certificates inside, its one context current. */
export function kubeconfigText(options: KubeconfigOptions): string {
  const cluster = options.clusterName ?? "berth";
  const context = `${options.userName}@${cluster}`;
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  return [
    "apiVersion: v1",
    "kind: Config",
    `current-context: ${JSON.stringify(context)}`,
    "clusters:",
    `- name: ${JSON.stringify(cluster)}`,
    "  cluster:",
    `    server: ${JSON.stringify(options.server)}`,
    `    certificate-authority-data: ${base64(options.ca)}`,
    "contexts:",
    `- name: ${JSON.stringify(context)}`,
    "  context:",
    `    cluster: ${JSON.stringify(cluster)}`,
    `    user: ${JSON.stringify(options.userName)}`,
    "users:",
    `- name: ${JSON.stringify(options.userName)}`,
    "  user:",
    `    client-certificate-data: ${base64(options.client.certificate)}`,
    `    client-key-data: ${base64(options.client.key)}`,
    "",
  ].join("\n");
}
