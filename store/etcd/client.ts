import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import { type CallOptions, type ChannelCredentials, credentials, InterceptingCall, type Interceptor } from "@grpc/grpc-js";
import { Etcd3, type IOptions } from "etcd3";
import type { Clock } from "../../lib/clock.ts";

export interface EtcdTlsOptions {
  /** PEM: the CA of etcd's certificates. */
  readonly ca: string | Buffer;
  /** PEM: our certificate and its key, where etcd asks for them. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/**
 * Longer than etcd's own limit for one request (7 s with default timings), so that it is etcd that says whether a request timed out.
 */
const CALL_TIMEOUT_MS = 8_000;
/** Above the largest message of etcd's that we ask for: one event with its previous state, or one page of a range. */
const MAX_RECEIVE_BYTES = 67_108_864;

const CHANNEL_OPTIONS = {
  "grpc.max_receive_message_length": MAX_RECEIVE_BYTES,
  "grpc.max_send_message_length": -1,
  // A dead peer is noticed in 13 s; etcd refuses pings closer than 5 s.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 3_000,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc-node.flow_control_window": 1_048_576,
};

/** Makes a member without a leader refuse at once, instead of holding a request or a watch that it cannot serve. */
const requireLeader: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      metadata.set("hasleader", "true");
      next(metadata, listener);
    },
  });

/** cockatiel's interface without any of its policies: a call is made once. */
const ONCE = {
  execute: async <T>(call: (context: { signal: AbortSignal }) => T) => call({ signal: NEVER }),
  onSuccess: () => ({ dispose() {} }),
  onFailure: () => ({ dispose() {} }),
};
const NEVER = new AbortController().signal;

/** The raw clients of one endpoint: no retries, no circuit breaker, a deadline on each call that is not a stream. */
export function connect(endpoint: string, tls: EtcdTlsOptions | undefined, clock: Clock): Etcd3 {
  const policy = ONCE as unknown as NonNullable<NonNullable<IOptions["faultHandling"]>["global"]>;
  const { protocol, hostname } = new URL(endpoint);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isAddress = isIP(host) !== 0;
  const etcd = new Etcd3({
    hosts: endpoint,
    grpcOptions: { ...CHANNEL_OPTIONS, ...(isAddress && protocol === "https:" ? { "grpc.ssl_target_name_override": NAME_OF_ADDRESS } : {}) },
    faultHandling: { global: policy, host: () => policy },
    defaultCallOptions: ({ isStream }): CallOptions => ({
      interceptors: [requireLeader],
      ...(isStream ? {} : { deadline: clock.now_ms() + CALL_TIMEOUT_MS }),
    }),
  });
  if (protocol === "https:") useCredentials(etcd, tlsCredentials(tls, isAddress ? host : undefined));
  return etcd;
}

/** Node refuses an address as the name of a TLS server, which is what gRPC would set for an endpoint that is one. */
const NAME_OF_ADDRESS = "etcd";

/** `address`: what the server's certificate must be for, where that is an address. */
function tlsCredentials(tls: EtcdTlsOptions | undefined, address: string | undefined): ChannelCredentials {
  const pem = (text: string | Buffer | undefined) => (text === undefined ? null : Buffer.from(text));
  const verify = address === undefined ? {} : { checkServerIdentity: (_name: string, certificate: Parameters<typeof checkServerIdentity>[1]) => checkServerIdentity(address, certificate) };
  return credentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.cert), verify);
}

/** etcd3 makes TLS credentials of its own, which cannot verify an address: puts others in their place, before the first connection. */
function useCredentials(etcd: Etcd3, channelCredentials: ChannelCredentials): void {
  const { pool } = etcd as unknown as { pool: { hosts: { channelCredentials: ChannelCredentials }[] } };
  for (const host of pool.hosts) host.channelCredentials = channelCredentials;
}

/** `http://host:port`, `https://host:port` or `host:port`, without a path. @throws Error naming what is wrong */
export function checkEndpoints(endpoints: readonly string[], tls: EtcdTlsOptions | undefined): string[] {
  if (endpoints.length === 0) throw new Error("no etcd endpoint given");
  if (tls !== undefined && (tls.cert === undefined) !== (tls.key === undefined)) throw new Error("a certificate for etcd needs its key, and a key its certificate");
  return endpoints.map((endpoint) => checkEndpoint(endpoint, tls));
}

function checkEndpoint(endpoint: string, tls: EtcdTlsOptions | undefined): string {
  const withScheme = endpoint.includes("://") ? endpoint : `${tls === undefined ? "http" : "https"}://${endpoint}`;
  const url = URL.parse(withScheme);
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/" || url.search !== "") {
    throw new Error(`etcd endpoint ${endpoint} is not of the form http://host:port or https://host:port`);
  }
  if (tls !== undefined && url.protocol === "http:") throw new Error(`etcd endpoint ${endpoint} is not https, but certificates for etcd are given`);
  const port = url.port === "" ? "2379" : url.port;
  return `${url.protocol}//${url.hostname}:${port}`;
}
