import { credentials, makeGenericClientConstructor, type Client, type ClientReadableStream, type ServiceError } from "@grpc/grpc-js";
import { imageService, runtimeService, type ImageRpcs, type RuntimeRpcs } from "../../cri/service.ts";
import type { Init, Message, MessageName } from "../../cri/vocabulary.ts";

type Rpcs = RuntimeRpcs & ImageRpcs;
type UnaryName = { [N in keyof Rpcs]: Rpcs[N] extends readonly [MessageName, MessageName] ? N : never }[keyof Rpcs];
type StreamName = Exclude<keyof Rpcs, UnaryName>;

/** A CRI client for tests: promises, errors with gRPC's code. */
export interface CriClient {
  call<N extends UnaryName>(name: N, request: Init<Rpcs[N][0]>, timeout_ms?: number): Promise<Message<Rpcs[N][1]>>;
  stream<N extends StreamName>(name: N, request: Init<Rpcs[N][0]>): ClientReadableStream<Message<Rpcs[N][1]>>;
  close(): void;
}

const DEADLINE_MS = 60_000;

export function connectCri(endpoint: string, now_ms: () => number): CriClient {
  const Constructor = makeGenericClientConstructor({ ...runtimeService, ...imageService } as never, "cri");
  const client = new Constructor(endpoint, credentials.createInsecure(), { "grpc.max_receive_message_length": 16 << 20 }) as Client & Record<string, (...args: unknown[]) => unknown>;
  return {
    call: (name, request, timeout_ms = DEADLINE_MS) =>
      new Promise((resolve, reject) => {
        const method = client[name] as (...args: unknown[]) => unknown;
        method.call(client, request, { deadline: now_ms() + timeout_ms }, (error: ServiceError | null, response: never) => (error === null ? resolve(response) : reject(error)));
      }),
    stream: (name, request) => (client[name] as (...args: unknown[]) => ClientReadableStream<never>).call(client, request),
    close: () => client.close(),
  };
}
