import type { SecureContextOptions, ConnectionOptions as TlsConnectionOptions } from "node:tls";
import type { Connection } from "../kubeconfig.ts";

/** What node:tls needs to reach the connection's servers as its user. */
export function tlsOptions(connection: Connection): SecureContextOptions & Pick<TlsConnectionOptions, "rejectUnauthorized" | "servername"> {
  return {
    ...(connection.ca === undefined ? {} : { ca: connection.ca }),
    ...(connection.clientCertificate === undefined ? {} : { cert: connection.clientCertificate }),
    ...(connection.clientKey === undefined ? {} : { key: connection.clientKey }),
    ...(connection.insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
    ...(connection.tlsServerName === undefined ? {} : { servername: connection.tlsServerName }),
    minVersion: "TLSv1.2",
  };
}
