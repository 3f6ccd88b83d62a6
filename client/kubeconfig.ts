import { dirname, resolve } from "node:path";
import { parseYaml } from "../api/codec/yaml.ts";

/** What the HTTP transport needs to reach a cluster as somebody. Key material is PEM. */
export interface Connection {
  /** `https://host:port`, at least one; the next one is tried when the current cannot be reached. */
  readonly servers: readonly string[];
  /** CA bundle; absent: the system's. */
  readonly ca?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** Name to verify and send as SNI instead of the URL's host. */
  readonly tlsServerName?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly token?: string;
  /** Read again when it changes (bound tokens are renewed on disk). */
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[]; readonly uid?: string };
  /** Namespace of the context. */
  readonly namespace?: string;
}

/** Extension of a cluster entry that lists further servers of the same cluster: `{servers: [url, …]}`. kubectl ignores it. */
export const SERVERS_EXTENSION = "berth.dev/servers";

export interface KubeconfigOptions {
  /** Files to merge, the first to name something wins (as in KUBECONFIG=a:b). A file that does not exist counts as empty unless it is the only one. */
  readonly paths: readonly string[];
  /** Context to use instead of current-context. */
  readonly context?: string;
  /** @returns undefined when there is no such file */
  readFile(path: string): Promise<string | undefined>;
}

interface Named<T> {
  readonly name: string;
  readonly value: T;
}

interface ClusterEntry {
  readonly server?: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
  readonly extensions?: readonly { readonly name?: string; readonly extension?: { readonly servers?: readonly string[] } }[];
}

interface UserEntry {
  readonly "client-certificate"?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key"?: string;
  readonly "client-key-data"?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly "as-uid"?: string;
  readonly "as-groups"?: readonly string[];
  readonly exec?: unknown;
  readonly "auth-provider"?: unknown;
}

interface ContextEntry {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

interface ConfigFile {
  readonly "current-context"?: string;
  readonly clusters?: readonly { name?: string; cluster?: ClusterEntry | null }[] | null;
  readonly users?: readonly { name?: string; user?: UserEntry | null }[] | null;
  readonly contexts?: readonly { name?: string; context?: ContextEntry | null }[] | null;
}

interface Loaded {
  readonly folder: string;
  readonly file: ConfigFile;
}

/** The connection of a context of kubeconfig files. @throws Error that says which file or entry is wrong or missing */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<Connection> {
  const files: Loaded[] = [];
  for (const path of options.paths) {
    const text = await options.readFile(path);
    if (text !== undefined) files.push({ folder: dirname(resolve(path)), file: parseFile(path, text) });
    else if (options.paths.length === 1) throw new Error(`there is no kubeconfig at ${path}`);
  }
  if (files.length === 0) throw new Error(`there is no kubeconfig at ${options.paths.join(" or ") || "(no path given)"}`);
  const contextName = options.context ?? files.map(({ file }) => file["current-context"]).find((name) => name);
  if (!contextName) throw new Error(`no context is chosen: ${options.paths.join(", ")} has no current-context`);
  const { value: context } = find(files, "context", contextName, (file) => named(file.contexts, (entry) => entry.context));
  const cluster = find(files, "cluster", context.cluster ?? "", (file) => named(file.clusters, (entry) => entry.cluster));
  const user = context.user ? find(files, "user", context.user, (file) => named(file.users, (entry) => entry.user)) : undefined;
  return {
    ...(await clusterPart(cluster, options)),
    ...(user === undefined ? {} : await userPart(user, options)),
    ...(context.namespace ? { namespace: context.namespace } : {}),
  };
}

function parseFile(path: string, text: string): ConfigFile {
  try {
    const file: unknown = parseYaml(text);
    if (file === null || file === undefined) return {};
    if (typeof file !== "object" || Array.isArray(file)) throw new Error("it is not a mapping");
    return file as ConfigFile;
  } catch (cause) {
    throw new Error(`cannot read the kubeconfig ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function named<E extends { name?: string }, T>(entries: readonly E[] | null | undefined, value: (entry: E) => T | null | undefined): Named<T>[] {
  return (entries ?? []).map((entry) => ({ name: entry.name ?? "", value: value(entry) ?? ({} as T) }));
}

interface Found<T> {
  readonly value: T;
  readonly folder: string;
  readonly name: string;
}

function find<T>(files: readonly Loaded[], what: string, name: string, entries: (file: ConfigFile) => Named<T>[]): Found<T> {
  for (const { file, folder } of files) {
    const entry = entries(file).find((candidate) => candidate.name === name);
    if (entry !== undefined) return { value: entry.value, folder, name };
  }
  throw new Error(`the kubeconfig has no ${what} named ${JSON.stringify(name)}`);
}

async function clusterPart(found: Found<ClusterEntry>, options: KubeconfigOptions): Promise<Connection> {
  const { value: cluster, name } = found;
  if (!cluster.server) throw new Error(`cluster ${JSON.stringify(name)} of the kubeconfig names no server`);
  const further = cluster.extensions?.find((extension) => extension.name === SERVERS_EXTENSION)?.extension?.servers ?? [];
  const servers = [...new Set([cluster.server, ...further])];
  for (const server of servers) {
    if (!/^https?:\/\//.test(server) || !URL.canParse(server)) throw new Error(`cluster ${JSON.stringify(name)}: ${JSON.stringify(server)} is not an http(s) URL`);
  }
  const ca = await material(found, options, cluster["certificate-authority-data"], cluster["certificate-authority"], "certificate-authority");
  return {
    servers,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster["insecure-skip-tls-verify"] ? { insecureSkipTlsVerify: true } : {}),
    ...(cluster["tls-server-name"] ? { tlsServerName: cluster["tls-server-name"] } : {}),
  };
}

async function userPart(found: Found<UserEntry>, options: KubeconfigOptions): Promise<Partial<Connection>> {
  const { value: user, folder, name } = found;
  if (user.exec !== undefined || user["auth-provider"] !== undefined) {
    throw new Error(`user ${JSON.stringify(name)}: credential plugins (exec, auth-provider) are not supported; use a client certificate or a token`);
  }
  const clientCertificate = await material(found, options, user["client-certificate-data"], user["client-certificate"], "client-certificate");
  const clientKey = await material(found, options, user["client-key-data"], user["client-key"], "client-key");
  const impersonate = user.as ? { user: user.as, ...(user["as-groups"] ? { groups: user["as-groups"] } : {}), ...(user["as-uid"] ? { uid: user["as-uid"] } : {}) } : undefined;
  return {
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(user.tokenFile ? { tokenFile: resolve(folder, user.tokenFile) } : user.token ? { token: user.token } : {}),
    ...(user.username ? { username: user.username } : {}),
    ...(user.password ? { password: user.password } : {}),
    ...(impersonate === undefined ? {} : { impersonate }),
  };
}

/** Inline base64 data, which wins over a file beside the kubeconfig. */
async function material(found: Found<unknown>, options: KubeconfigOptions, data: string | undefined, path: string | undefined, field: string): Promise<string | undefined> {
  if (data) return Buffer.from(data, "base64").toString("utf8");
  if (!path) return undefined;
  const full = resolve(found.folder, path);
  const text = await options.readFile(full);
  if (text === undefined) throw new Error(`${field} of ${JSON.stringify(found.name)} in the kubeconfig: there is no file ${full}`);
  return text;
}
