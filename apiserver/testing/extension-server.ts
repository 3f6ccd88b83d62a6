import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { KeyPair } from "../auth/pki.ts";

/** An extension API server on loopback, as small as one can be: things of one group. */
export interface ExtensionServer {
  readonly port: number;
  /** What was asked, the server's own checks included. */
  readonly seen: { readonly url: string; readonly headers: IncomingMessage["headers"]; readonly clientName: string | undefined }[];
  /** More answers by path (without the query); later ones replace earlier ones. */
  readonly routes: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  onUpgrade: ((request: IncomingMessage, socket: Duplex) => void) | undefined;
  /** Ends it, and every connection. */
  stop(): Promise<void>;
}

export interface ExtensionOptions {
  readonly group: string;
  readonly serving: KeyPair;
  /** Whose client certificates are believed (requestheader-client-ca-file). */
  readonly clientCa: string;
  /** 0 or absent: any. */
  readonly port?: number;
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

export async function startExtensionServer({ group, serving, clientCa, port = 0 }: ExtensionOptions): Promise<ExtensionServer> {
  const seen: ExtensionServer["seen"] = [];
  const routes: ExtensionServer["routes"] = new Map();
  const root = `/apis/${group}/v1`;
  const json = (path: string, body: object) => routes.set(path, (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)));
  json(root, {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: `${group}/v1`,
    resources: [
      { name: "things", singularName: "thing", namespaced: true, kind: "Thing", verbs: ["get", "list", "watch", "delete"], shortNames: ["th"] },
      { name: "things/status", singularName: "", namespaced: true, kind: "Thing", verbs: ["get"] },
    ],
  });
  const name = `com.example.${group.split(".")[0]}.v1.Thing`;
  json("/openapi/v3", { paths: { [`apis/${group}/v1`]: { serverRelativeURL: `/openapi/v3/apis/${group}/v1?hash=AB12` } } });
  json(`/openapi/v3/apis/${group}/v1`, { openapi: "3.0.0", paths: { [`${root}/things`]: {} }, components: { schemas: {} } });
  json("/openapi/v2", {
    swagger: "2.0",
    paths: { [`${root}/things`]: { get: { operationId: "listThings", responses: { 200: { description: "OK", schema: { $ref: `#/definitions/${name}` } } } } }, "/version": { get: { operationId: "getVersion", responses: {} } } },
    definitions: { [name]: { type: "object", properties: { metadata: { $ref: `#/definitions/${META}` } } }, [META]: { type: "object" }, unused: { type: "object" } },
  });
  const server: Server = createServer({ cert: serving.certificate, key: serving.key, ca: clientCa, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    note(request);
    const route = routes.get((request.url ?? "").split("?")[0] ?? "");
    if (route === undefined) response.writeHead(404).end();
    else route(request, response);
  });
  const note = (request: IncomingMessage) => {
    const socket = request.socket as TLSSocket;
    seen.push({ url: request.url ?? "", headers: request.headers, clientName: socket.authorized ? String(socket.getPeerCertificate().subject?.CN) : undefined });
  };
  const sockets = new Set<Duplex>();
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });
  const listening = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  const extension: ExtensionServer = {
    port: listening,
    seen,
    routes,
    onUpgrade: undefined,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  server.on("upgrade", (request, socket) => {
    note(request);
    if (extension.onUpgrade === undefined) socket.destroy();
    else extension.onUpgrade(request, socket);
  });
  return extension;
}
