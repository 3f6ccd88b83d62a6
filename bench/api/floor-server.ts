import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { openEmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { openEtcdStore } from "../../store/etcd/etcd-store.ts";
import type { Store } from "../../store/store.ts";

/**
 * What the same work costs without an API server: a bare `node:https` server. FLOOR_MODE: `bytes` answers FLOOR_BODY's bytes at once,
 * `chunks` in pieces of 64 KiB with back-pressure, `create` parses the body, prints it again and commits it to a store (FLOOR_ETCD, else an embedded one
 * in FLOOR_DIR), `hold` keeps every answer of a GET open and writes each POST's body to all of them.
 */
const CHUNK_BYTES = 64 << 10;
const { FLOOR_MODE: mode, FLOOR_PORT: port, FLOOR_DIR: dir = "", FLOOR_BODY: bodyFile = "", FLOOR_ETCD: etcd = "" } = process.env;

const body = bodyFile === "" ? Buffer.alloc(0) : readFileSync(bodyFile);
const held = new Set<ServerResponse>();
const HEADERS = { "content-type": "application/json" };

function answerBytes(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, "content-length": body.length });
  response.end(body);
}

async function answerChunks(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, HEADERS);
  for (let at = 0; at < body.length && !response.destroyed; at += CHUNK_BYTES) {
    if (!response.write(body.subarray(at, at + CHUNK_BYTES))) await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
  }
  response.end();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function answerCreate(store: Store, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const object = JSON.parse((await bodyOf(request)).toString("utf8")) as { metadata: { name: string; uid?: string } };
  object.metadata.uid = randomUUID();
  const bytes = Buffer.from(JSON.stringify(object));
  await store.txn({ compare: [{ key: `/floor/${object.metadata.name}`, modRevision: 0 }], operations: [{ type: "put", key: `/floor/${object.metadata.name}`, value: bytes }] });
  response.writeHead(201, { ...HEADERS, "content-length": bytes.length });
  response.end(bytes);
}

async function answerHeld(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET") {
    response.writeHead(200, HEADERS);
    response.flushHeaders();
    held.add(response);
    response.once("close", () => held.delete(response));
    return;
  }
  const frame = await bodyOf(request);
  for (const one of held) one.write(frame);
  response.writeHead(201, { "content-length": 0 });
  response.end();
}

const openStore = () => (etcd === "" ? openEmbeddedStore({ dataDir: join(dir, "store"), clock: systemClock, logger: silentLogger }) : openEtcdStore({ endpoints: etcd.split(","), clock: systemClock, logger: silentLogger }));
const store = mode === "create" ? await openStore() : undefined;
const server = createServer({ key: readFileSync(join(dir, "key.pem")), cert: readFileSync(join(dir, "cert.pem")), keepAliveTimeout: 180_000 }, (request, response) => {
  if (mode === "bytes") answerBytes(request, response);
  else if (mode === "chunks") void answerChunks(request, response);
  else if (mode === "hold") void answerHeld(request, response);
  else if (store !== undefined) void answerCreate(store, request, response);
});
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
process.once("SIGTERM", () => {
  void store?.close();
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
