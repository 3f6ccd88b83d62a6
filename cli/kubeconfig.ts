import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatYaml, parseYaml } from "../api/codec/yaml.ts";
import { kubeconfigText } from "../apiserver/auth/kubeconfig.ts";
import { issueAdminCertificate, issueNodeClientCertificate, issueNodeServingCertificate, type KeyPair, loadPki, type Pki } from "../apiserver/auth/pki.ts";
import { SERVERS_EXTENSION } from "../client/kubeconfig.ts";
import { systemClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { readRecord } from "./daemon/cluster-record.ts";
import type { OptionValues } from "./options.ts";
import { UserError } from "./user-error.ts";

/** Extension of a user entry: the certificate with which a node's agent serves, beside the one with which it calls. */
const SERVING_EXTENSION = "berth.dev/serving-certificate";

const DEFAULT_SERVER = "https://127.0.0.1:6443";

/** A certificate with less than this left is made anew. */
const RENEW_BEFORE_MS = 30 * 24 * 3_600_000;

interface KubeconfigFile {
  clusters: { cluster: Record<string, unknown> & { server: string } }[];
  users: { user: Record<string, unknown> & { "client-certificate-data": string } }[];
}

type KubeconfigValues = OptionValues<"data-dir" | "pki-dir" | "server" | "node" | "node-ip">;

/** Where the admin's kubeconfig of a data folder is. */
export function adminKubeconfigPath(dataDir: string): string {
  return join(dataDir, "kubeconfig", "admin.yaml");
}

/**
 * Makes (or leaves, when it is still right) the admin's or a node agent's kubeconfig and returns its path.
 * @throws UserError when there is no cluster in the data folder
 */
export async function kubeconfig(values: KubeconfigValues): Promise<string> {
  const dataDir = values["data-dir"] ?? "";
  const pkiDir = values["pki-dir"] ?? join(dataDir, "pki");
  if (!existsSync(join(pkiDir, "ca.crt"))) throw new UserError(`there is no cluster in ${dataDir}: no CA in ${pkiDir}. Start one with 'make up' or 'berth server', or name its folder with --data-dir or --pki-dir`);
  const pki = await loadPki({ dir: pkiDir, clock: systemClock, random: systemRandom });
  const servers = (values.server ?? runningServer(dataDir) ?? DEFAULT_SERVER).split(",");
  return values.node === undefined ? writeAdminKubeconfig(pki, dataDir, servers) : writeNodeKubeconfig(pki, dataDir, servers, values.node, values["node-ip"]);
}

function runningServer(dataDir: string): string | undefined {
  const record = readRecord();
  return record?.dataDir === dataDir ? record.server : undefined;
}

/** The kubeconfig of kubernetes-admin. */
export async function writeAdminKubeconfig(pki: Pki, dataDir: string, servers: readonly string[]): Promise<string> {
  const path = adminKubeconfigPath(dataDir);
  if (isCurrent(path, pki, servers, [])) return path;
  write(path, kubeconfigText({ server: servers[0] ?? "", ca: pki.ca.certificate, client: await issueAdminCertificate(pki, systemClock), userName: "kubernetes-admin" }), servers);
  return path;
}

/** The kubeconfig of a node's agent, its serving certificate inside: one file to carry to the node. */
export async function writeNodeKubeconfig(pki: Pki, dataDir: string, servers: readonly string[], node: string, nodeIp: string | undefined): Promise<string> {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(node)) throw new UserError(`--node ${node}: a node's name consists of lower case letters, digits, '-' and '.'`, 2);
  const path = join(dataDir, "kubeconfig", `node-${node}.yaml`);
  const hosts = [nodeIp ?? "127.0.0.1"];
  if (isCurrent(path, pki, servers, hosts)) return path;
  const client = await issueNodeClientCertificate(pki, node, systemClock);
  const serving = await issueNodeServingCertificate(pki, node, hosts, systemClock);
  write(path, kubeconfigText({ server: servers[0] ?? "", ca: pki.ca.certificate, client, userName: `system:node:${node}` }), servers, serving);
  return path;
}

/** Whether the file is of this CA, names these servers, serves for these hosts, and its certificates last. */
function isCurrent(path: string, pki: Pki, servers: readonly string[], hosts: readonly string[]): boolean {
  try {
    const file = parseYaml(readFileSync(path, "utf8")) as KubeconfigFile;
    const serving = hosts.length === 0 ? undefined : readServingCertificate(path);
    const certificates = [file.users[0]?.user["client-certificate-data"] ?? "", ...(serving === undefined ? [] : [Buffer.from(serving.certificate).toString("base64")])].map(
      (text) => new X509Certificate(Buffer.from(text, "base64")),
    );
    const ca = new X509Certificate(pki.ca.certificate);
    const servingCertificate = certificates[1];
    return (
      file.clusters[0]?.cluster.server === servers[0] &&
      JSON.stringify(serversOf(file)) === JSON.stringify(servers.slice(1)) &&
      certificates.every((one) => one.verify(ca.publicKey) && Date.parse(one.validTo) - systemClock.now_ms() > RENEW_BEFORE_MS) &&
      hosts.every((host) => servingCertificate?.checkIP(host) !== undefined || servingCertificate?.checkHost(host) !== undefined)
    );
  } catch {
    return false;
  }
}

function serversOf(file: KubeconfigFile): readonly string[] {
  const extensions = file.clusters[0]?.cluster.extensions as { name: string; extension: { servers: string[] } }[] | undefined;
  return extensions?.find((one) => one.name === SERVERS_EXTENSION)?.extension.servers ?? [];
}

function write(path: string, text: string, servers: readonly string[], serving?: KeyPair): void {
  const file = parseYaml(text) as KubeconfigFile;
  const cluster = file.clusters[0]?.cluster;
  if (cluster !== undefined && servers.length > 1) cluster.extensions = [{ name: SERVERS_EXTENSION, extension: { servers: servers.slice(1) } }];
  const user = file.users[0]?.user;
  if (user !== undefined && serving !== undefined) user.extensions = [{ name: SERVING_EXTENSION, extension: serving }];
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, formatYaml(file), { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}

/** The serving certificate in a node's kubeconfig. @throws UserError when it has none */
export function readServingCertificate(path: string): KeyPair {
  const file = parseYaml(readFileSync(path, "utf8")) as KubeconfigFile;
  const extensions = file.users[0]?.user.extensions as { name: string; extension: KeyPair }[] | undefined;
  const found = extensions?.find((one) => one.name === SERVING_EXTENSION)?.extension;
  if (found === undefined) throw new UserError(`${path} has no serving certificate for the agent; make it with: berth kubeconfig --node NAME --node-ip IP`);
  return found;
}
