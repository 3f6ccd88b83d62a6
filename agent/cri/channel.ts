import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { type CriMethod, imageService, runtimeService } from "../../cri/service.ts";
import type { Init, Message, MessageName } from "../../cri/vocabulary.ts";
import type { Clock } from "../../lib/clock.ts";
import { type CallOptions, codeName, type CriClient, CriError } from "./cri-client.ts";

/** Largest message either way: a list of all containers of a full node stays far below. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** A verb that says nothing for so long is given up, unless its caller knows better (pulls, stops). */
const DEFAULT_TIMEOUT_MS = 120_000;
const CANCELLED = 1;

type Method = CriMethod<MessageName, MessageName, boolean>;

/** A CRI client over a unix socket. Connects when first used and again whenever the runtime comes back. */
export function createCriClient(endpoint: string, clock: Clock): CriClient {
  if (!endpoint.startsWith("unix://")) throw new Error(`CRI endpoint ${JSON.stringify(endpoint)}: write unix:///path/of/socket`);
  const client = new Client(endpoint, credentials.createInsecure(), {
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    // One socket, one user: compression, proxies and service configs from DNS are of no use.
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
  });
  return {
    runtime: callsOf(client, clock, runtimeService) as unknown as CriClient["runtime"],
    image: callsOf(client, clock, imageService) as unknown as CriClient["image"],
    close: () => client.close(),
  };
}

function callsOf(client: Client, clock: Clock, service: object): Record<string, unknown> {
  const calls = Object.entries(service as Record<string, Method>).map(([name, method]) => {
    return [name, method.responseStream ? streamCall(client, method) : unaryCall(client, clock, method)];
  });
  return Object.fromEntries(calls);
}

function unaryCall(client: Client, clock: Clock, method: Method) {
  return (request: Init<MessageName>, options: CallOptions = {}) =>
    new Promise<Message<MessageName>>((resolve, reject) => {
      if (options.signal?.aborted) return reject(options.signal.reason);
      const deadline = clock.now_ms() + (options.timeout_ms ?? DEFAULT_TIMEOUT_MS);
      const done = (error: ServiceError | null, response?: Message<MessageName>) => {
        options.signal?.removeEventListener("abort", onAbort);
        if (error === null && response !== undefined) return resolve(response);
        reject(options.signal?.aborted ? options.signal.reason : toCriError(error));
      };
      const call = client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, request, new Metadata(), { deadline }, done);
      const onAbort = () => call.cancel();
      options.signal?.addEventListener("abort", onAbort, { once: true });
    });
}

function streamCall(client: Client, method: Method) {
  return async function* (request: Init<MessageName>, options: CallOptions = {}): AsyncGenerator<Message<MessageName>> {
    if (options.signal?.aborted) return;
    const call = client.makeServerStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, request, new Metadata(), {});
    const onAbort = () => call.cancel();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for await (const message of call) yield message as Message<MessageName>;
    } catch (error) {
      if (options.signal?.aborted && (error as ServiceError).code === CANCELLED) return;
      throw toCriError(error as ServiceError);
    } finally {
      options.signal?.removeEventListener("abort", onAbort);
      call.cancel();
    }
  };
}

function toCriError(error: ServiceError | null): CriError {
  if (error === null) return new CriError("Internal", "the runtime answered with neither a message nor an error");
  return new CriError(codeName(error.code), error.details);
}
