import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall, type ServerWritableStream, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Logger } from "../lib/logger.ts";
import { CriError, grpcCodes, messageOf } from "./errors.ts";

type Unary = (request: never, signal: AbortSignal) => Promise<unknown>;
type Streaming = (request: never, signal: AbortSignal) => AsyncIterable<unknown>;
export type AnyHandlers = Readonly<Record<string, Unary | Streaming>>;
/** What every method of a service definition has; the rest is grpc-js' own. */
type Definition = Readonly<Record<string, { readonly path: string; readonly requestStream: boolean; readonly responseStream: boolean; requestSerialize: never; requestDeserialize: never; responseSerialize: never; responseDeserialize: never }>>;

/** Messages of CRI are lists of all containers at most. */
const MESSAGE_LIMIT_BYTES = 16 << 20;
const SHUTDOWN_MS = 2_000;

/** A gRPC server on a unix socket whose handlers know nothing of gRPC. */
export class GrpcServer {
  readonly #server = new Server({ "grpc.max_receive_message_length": MESSAGE_LIMIT_BYTES, "grpc.max_send_message_length": -1 });
  readonly #logger: Logger;
  readonly #path: string;

  constructor(listen: string, logger: Logger) {
    if (!listen.startsWith("unix://")) throw new Error(`listen address ${JSON.stringify(listen)} is not unix:///PATH`);
    this.#path = listen.slice("unix://".length);
    // sun_path has 108 bytes, the last one a NUL.
    if (!this.#path.startsWith("/") || Buffer.byteLength(this.#path) > 107) throw new Error(`socket path ${this.#path} is not absolute or longer than 107 bytes`);
    this.#logger = logger;
  }

  add(definition: object, handlers: AnyHandlers): void {
    const implementation: UntypedServiceImplementation = {};
    for (const [name, method] of Object.entries(definition as Definition)) {
      const handler = handlers[name];
      if (handler === undefined) implementation[name] = this.#unary(name, async () => { throw new CriError("UNIMPLEMENTED", `${name} is not supported`); });
      else implementation[name] = method.responseStream ? this.#stream(name, handler as Streaming) : this.#unary(name, handler as Unary);
    }
    this.#server.addService(definition as never, implementation);
  }

  /** Binds the socket, replacing what an earlier run left. */
  async start(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true });
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(`unix://${this.#path}`, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(new Error(`cannot listen on ${this.#path}: ${error.message}`))));
    });
    chmodSync(this.#path, 0o600);
  }

  /** Ends open calls and gives up the socket. */
  async close(sleep: (delay_ms: number) => Promise<void>): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    await Promise.race([ended, sleep(SHUTDOWN_MS)]);
    this.#server.forceShutdown();
    rmSync(this.#path, { force: true });
  }

  #unary(name: string, handler: Unary) {
    return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
      const abort = new AbortController();
      call.on("cancelled", () => abort.abort());
      Promise.resolve()
        .then(() => handler(call.request as never, abort.signal))
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(this.#failure(name, error)),
        );
    };
  }

  #stream(name: string, handler: Streaming) {
    return async (call: ServerWritableStream<unknown, unknown>) => {
      const abort = new AbortController();
      call.on("cancelled", () => abort.abort());
      call.on("close", () => abort.abort());
      try {
        for await (const message of handler(call.request as never, abort.signal)) {
          if (!call.write(message) && !abort.signal.aborted) await new Promise<void>((resolve) => {
            call.once("drain", resolve);
            abort.signal.addEventListener("abort", () => resolve(), { once: true });
          });
        }
        call.end();
      } catch (error) {
        call.emit("error", this.#failure(name, error));
      }
    };
  }

  #failure(name: string, error: unknown): { code: number; details: string; message: string } {
    const message = messageOf(error);
    if (error instanceof CriError) return { code: grpcCodes[error.code], details: message, message };
    this.#logger.error({ verb: name, error: error instanceof Error ? error.stack : message }, "a verb failed unexpectedly");
    return { code: grpcCodes.UNKNOWN, details: message, message };
  }
}
