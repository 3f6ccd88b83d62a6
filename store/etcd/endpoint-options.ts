import { createSecureContext } from "node:tls";
import type { EtcdTlsOptions } from "./grpc-connection.ts";

/** `http://host:port`, `https://host:port` or `host:port`, without a path. @throws Error naming what is wrong */
export function checkEndpoints(endpoints: readonly string[], tls: EtcdTlsOptions | undefined): string[] {
  if (endpoints.length === 0) throw new Error("no etcd endpoint given");
  if (tls !== undefined) checkTls(tls);
  return endpoints.map((endpoint) => checkEndpoint(endpoint, tls));
}

function checkTls(tls: EtcdTlsOptions): void {
  if ((tls.cert === undefined) !== (tls.key === undefined)) throw new Error("a certificate for etcd needs its key, and a key its certificate");
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new Error(`the certificates for etcd cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
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
