import { Agent, type RequestOptions } from "node:https";
import { checkServerIdentity } from "node:tls";
import type { Node } from "../../../api/wire.ts";
import { internalError, notFound } from "../../../api/status/errors.ts";
import type { Clock } from "../../../lib/clock.ts";
import { issueClientCertificate, type KeyPair, type Pki } from "../../auth/pki.ts";
import type { Registry } from "../../registry/registry.ts";

const DEFAULT_PORT = 10_250;
const ADDRESS_TYPES = ["InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"];
/** The certificate is made anew long before it runs out. */
const RENEW_AFTER_MS = 30 * 24 * 3_600_000;

/** Reaches the nodes' agents as the API server, and believes only those whose certificate the cluster's CA signed. */
export class NodeClient {
  readonly #registry: Registry;
  readonly #pki: Pki;
  readonly #clock: Clock;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 16, timeout: 60_000 });
  #certificate: Promise<KeyPair> | undefined;
  #issued_ms = 0;

  constructor(options: { registry: Registry; pki: Pki; clock: Clock }) {
    this.#registry = options.registry;
    this.#pki = options.pki;
    this.#clock = options.clock;
  }

  /** Request options for a path of the node's agent. `keepAlive` false: a connection of its own. @throws StatusError 404, 500 */
  async options(nodeName: string, path: string, keepAlive: boolean): Promise<RequestOptions> {
    const { host, port } = this.#address(nodeName);
    const { certificate, key } = await this.#clientCertificate();
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

  #clientCertificate(): Promise<KeyPair> {
    const now_ms = this.#clock.now_ms();
    if (this.#certificate === undefined || now_ms - this.#issued_ms > RENEW_AFTER_MS) {
      this.#issued_ms = now_ms;
      this.#certificate = issueClientCertificate(this.#pki, { commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"] }, this.#clock);
      // A failure is not kept: the next request tries again.
      this.#certificate.catch(() => {
        this.#certificate = undefined;
      });
    }
    return this.#certificate;
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
