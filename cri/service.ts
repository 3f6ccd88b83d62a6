import { decode, encode } from "./codec.ts";
import { imageRpcs, runtimeRpcs } from "./rpcs.ts";
import type { Init, Message, MessageName } from "./vocabulary.ts";

type Rpc = readonly [request: MessageName, response: MessageName, stream?: "stream"];

/** One rpc as @grpc/grpc-js wants it in a ServiceDefinition; both directions of (de)serialisation. */
export interface CriMethod<Request extends MessageName, Response extends MessageName, Streams extends boolean> {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: Streams;
  readonly requestSerialize: (message: Init<Request>) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Message<Request>;
  readonly responseSerialize: (message: Init<Response>) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Message<Response>;
}

type Service<T extends Record<string, Rpc>> = {
  readonly [Name in keyof T]: CriMethod<T[Name][0], T[Name][1], T[Name] extends readonly [MessageName, MessageName, "stream"] ? true : false>;
};

/** `runtime.v1.RuntimeService`: pass it to `server.addService` or `makeGenericClientConstructor`. */
export const runtimeService = serviceOf("RuntimeService", runtimeRpcs);
/** `runtime.v1.ImageService`. */
export const imageService = serviceOf("ImageService", imageRpcs);

/** What each verb takes and gives, by name: for handlers and clients alike. */
export type RuntimeRpcs = typeof runtimeRpcs;
export type ImageRpcs = typeof imageRpcs;

/** Handlers of a service's verbs without gRPC: unary ones answer a promise, streams give batches until the signal aborts. */
export type Handlers<T extends Record<string, Rpc>> = {
  readonly [Name in keyof T]: T[Name] extends readonly [infer Request extends MessageName, infer Response extends MessageName, "stream"]
    ? (request: Message<Request>, signal: AbortSignal) => AsyncIterable<Init<Response>>
    : (request: Message<T[Name][0]>, signal: AbortSignal) => Promise<Init<T[Name][1]>>;
};

function serviceOf<T extends Record<string, Rpc>>(service: string, rpcs: T): Service<T> {
  const methods = Object.entries<Rpc>(rpcs).map(([name, [request, response, stream]]) => [
    name,
    {
      path: `/runtime.v1.${service}/${name}`,
      requestStream: false,
      responseStream: stream !== undefined,
      requestSerialize: (message: Init<MessageName>) => encode(request, message),
      requestDeserialize: (bytes: Buffer) => decode(request, bytes),
      responseSerialize: (message: Init<MessageName>) => encode(response, message),
      responseDeserialize: (bytes: Buffer) => decode(response, bytes),
    },
  ]);
  return Object.fromEntries(methods) as Service<T>;
}
