import { Agent, type RequestOptions } from "node:https";
import { checkServerIdentity } from "node:tls";
import type { Node } from "../../../api/wire.ts";
import { internalError, notFound } from "../../../api/status/errors.ts";
import type { Clock } from "../../../lib/clock.ts";
import { issueClientCertificate, type Pki } from "../../auth/pki.ts";
import { RenewedCertificate } from "../../auth/renewed-certificate.ts";
import type { Registry } from "../../registry/registry.ts";

const DEFAULT_PORT = 10_250;
const ADDRESS_TYPES = ["InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"];

/** Reaches the nodes' agents as the API server, and believes only those whose certificate the cluster's CA signed. */
export class NodeClient {
  readonly #registry: Registry;
  readonly #pki: Pki;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 16, timeout: 60_000 });
  readonly #certificate: RenewedCertificate;

  constructor(options: { registry: Registry; pki: Pki; clock: Clock }) {
    this.#registry = options.registry;
    this.#pki = options.pki;
    const identity = { commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"] };
    this.#certificate = new RenewedCertificate(options.clock, () => issueClientCertificate(options.pki, identity, options.clock));
  }

  /** Request options for a path of the node's agent. `keepAlive` false: a connection of its own. @throws StatusError 404, 500 */
  async options(nodeName: string, path: string, keepAlive: boolean): Promise<RequestOptions> {
    const { host, port } = this.#address(nodeName);
    const { certificate, key } = await this.#certificate.get();
    return { host, port, path, cert: certificate, key, ca: this.#pki.ca.certificate, minVersion: "TLSv1.2", agent: keepAlive ? this.#agent : false, checkServerIdentity: nodeIdentity(nodeName) };
  }

  close(): void {
    this.#agent.destroy();
  }

  #address(nodeName: string): { host: string; port: number } {
    const kind = this.#registry.kinds.byResource("", "v1", "nodes");
    const node = kind === undefined ? undefined : (this.#registry.cache.of(kind).get(nodeName)?.object() as Node | undefined);
    if (node === undefined) throw notFound({ group: "", resource: "nodes" }, nodeName);
    const addresses = node.status?.addresses ?? [];
    const host = ADDRESS_TYPES.map((type) => addresses.find((address) => address.type === type)?.address).find((address) => address !== undefined);
    if (host === undefined) throw internalError(`no preferred addresses found; known addresses: []`);
    return { host, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || DEFAULT_PORT };
  }
}

/**
 * The certificate must be that very node's: a node says itself where it is, and one that named the API server's address (or another node's) would
 * have us ask there, as the API server, for whoever may use the node's proxy.
 */
function nodeIdentity(nodeName: string): typeof checkServerIdentity {
  return (host, certificate) => {
    const fault = checkServerIdentity(host, certificate);
    if (fault !== undefined) return fault;
    const name: unknown = certificate.subject?.CN;
    return name === `system:node:${nodeName}` ? undefined : new Error(`the certificate of ${host} is not that of node ${JSON.stringify(nodeName)}`);
  };
}
