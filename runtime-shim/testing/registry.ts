import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { BuiltImage } from "../image/build.ts";
import { sha256 } from "../image/ingest.ts";
import { listenInNamespace } from "./listen-in-namespace.ts";

type Compression = "none" | "gzip" | "zstd";

/** What the registry is to do wrong; a test changes it while it runs. */
export interface Faults {
  /** Blob answers break off after this many bytes, this many times. */
  breakAfter_bytes?: number;
  breaks?: number;
  /** Blob answers have a byte changed. */
  corruptBlobs?: boolean;
  /** Ranges are not served. */
  noRanges?: boolean;
  /** Manifest requests get this status. */
  manifestStatus?: number;
  /** Blob answers wait for this. */
  holdBlobs?: Promise<void>;
}

export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly faults: Faults;
  /** Every request: method and path, and the Range of blob requests. */
  readonly requests: string[];
  /** Stores an image under a tag; returns the digest of its manifest as stored (compression changes it). */
  add(repository: string, tag: string, image: BuiltImage, compression?: Compression): string;
  /** Stores any manifest (an index, a forged one). */
  addManifest(repository: string, tag: string, manifest: unknown, mediaType: string): string;
  addBlob(blob: Buffer): string;
  close(): Promise<void>;
}

export interface RegistryOptions {
  /** Listen in this network namespace; default our own. */
  readonly namespace?: string;
  readonly port?: number;
  /** Ask for this login, by Basic or by a Bearer token of our own token service. */
  readonly login?: { readonly scheme: "basic" | "bearer"; readonly username: string; readonly password: string };
}

const TOKEN = "test-token";

/** An OCI registry on loopback, in memory. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, { bytes: Buffer; mediaType: string }>();
  const faults: Faults = {};
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}${request.headers.range === undefined ? "" : ` ${request.headers.range}`}`);
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://registry");
    if (url.pathname === "/token") return giveToken(request, response);
    if (!isAuthorized(request)) return refuse(response);
    const [, repository, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (kind === "manifests") return giveManifest(response, `${repository}/${reference}`);
    const blob = kind === "blobs" ? blobs.get(reference as string) : undefined;
    if (blob === undefined) return void response.writeHead(404).end();
    await giveBlob(request, response, blob);
  }

  function isAuthorized(request: IncomingMessage): boolean {
    const { login } = options;
    if (login === undefined) return true;
    const wanted = login.scheme === "bearer" ? `Bearer ${TOKEN}` : basic(login);
    return request.headers.authorization === wanted;
  }

  function refuse(response: ServerResponse): void {
    const challenge = options.login?.scheme === "bearer" ? `Bearer realm="http://${host()}/token",service="test",scope="repository:x:pull"` : 'Basic realm="test"';
    response.writeHead(401, { "www-authenticate": challenge }).end();
  }

  function giveToken(request: IncomingMessage, response: ServerResponse): void {
    const granted = options.login !== undefined && request.headers.authorization === basic(options.login);
    if (granted) response.end(JSON.stringify({ token: TOKEN }));
    else response.writeHead(401).end();
  }

  function giveManifest(response: ServerResponse, key: string): void {
    if (faults.manifestStatus !== undefined) return void response.writeHead(faults.manifestStatus).end();
    const manifest = manifests.get(key);
    if (manifest === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": manifest.mediaType }).end(manifest.bytes);
  }

  async function giveBlob(request: IncomingMessage, response: ServerResponse, blob: Buffer): Promise<void> {
    await faults.holdBlobs;
    const start = faults.noRanges === true ? 0 : Number(/^bytes=([0-9]+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    let part = blob.subarray(start);
    if (faults.corruptBlobs === true) {
      part = Buffer.from(part);
      part[0] = (part[0] ?? 0) ^ 1;
    }
    const headers = { "content-length": part.length, ...(start > 0 ? { "content-range": `bytes ${start}-${blob.length - 1}/${blob.length}` } : {}) };
    response.writeHead(start > 0 ? 206 : 200, headers);
    if ((faults.breaks ?? 0) > 0 && part.length > (faults.breakAfter_bytes ?? 0)) {
      faults.breaks = (faults.breaks ?? 1) - 1;
      response.write(part.subarray(0, faults.breakAfter_bytes), () => setImmediate(() => response.destroy()));
    } else response.end(part);
  }

  const listening = new Promise<void>((resolve) => server.once("listening", () => resolve()));
  if (options.namespace === undefined) server.listen(options.port ?? 0, "127.0.0.1");
  else server.listen({ fd: listenInNamespace(options.namespace, options.port ?? 5000) });
  await listening;
  const port = options.namespace === undefined ? (server.address() as { port: number }).port : (options.port ?? 5000);
  const host = () => `127.0.0.1:${port}`;

  function addManifest(repository: string, tag: string, manifest: unknown, mediaType: string): string {
    const bytes = Buffer.isBuffer(manifest) ? manifest : Buffer.from(JSON.stringify(manifest));
    const digest = sha256(bytes);
    for (const reference of [tag, digest]) manifests.set(`${repository}/${reference}`, { bytes, mediaType });
    return digest;
  }

  return {
    host: host(),
    faults,
    requests,
    addManifest,
    addBlob(blob) {
      blobs.set(sha256(blob), blob);
      return sha256(blob);
    },
    add(repository, tag, image, compression = "none") {
      const manifest = JSON.parse(image.manifest.toString()) as { layers: { digest: string; size: number; mediaType: string }[] };
      for (const blob of image.blobs.values()) blobs.set(sha256(blob), blob);
      if (compression !== "none") {
        manifest.layers = manifest.layers.map((layer) => {
          const plain = image.blobs.get(layer.digest) as Buffer;
          const packed = compression === "gzip" ? gzipSync(plain, { level: 1 }) : zstdCompressSync(plain);
          blobs.set(sha256(packed), packed);
          return { mediaType: `${layer.mediaType}+${compression}`, digest: sha256(packed), size: packed.length };
        });
      }
      return addManifest(repository, tag, manifest, "application/vnd.oci.image.manifest.v1+json");
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function basic(login: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
}
