import type { ApiHandler } from "../api/exchange.ts";
import type { KindEntry } from "../api/kinds/kind.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import type { Store } from "../store/store.ts";
import type { Dialer } from "./proxy/dialer.ts";
import type { Pki } from "./auth/pki.ts";

/** Everything an API server needs from outside; it opens no file and no socket of its own but connections to nodes' agents. */
export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** CA and ServiceAccount keys (auth/pki.ts `loadPki`). */
  readonly pki: Pki;
  /** IPv4 range of Services' cluster IPs; `10.96.0.0/16` where absent. */
  readonly serviceClusterIPRange?: string;
  /** First and last node port; `30000-32767` where absent. */
  readonly serviceNodePortRange?: string;
  /** Where clients reach this server: the endpoints of `default/kubernetes`. Absent: that object is left alone. */
  readonly advertise?: { readonly address: string; readonly port: number };
  /** `iss` and default audience of ServiceAccount tokens; `https://kubernetes.default.svc` where absent. */
  readonly serviceAccountIssuer?: string;
  /** Seconds after which Events are gone; 3600 where absent. */
  readonly eventTtl_s?: number;
  /** Pods may have privileged containers (kube-apiserver's --allow-privileged); false where absent. */
  readonly allowPrivileged?: boolean;
  /** What may wait for one watch's reader before it is cut off; 10,000 events and 64 MiB where absent. */
  readonly watchBuffer?: { readonly maxItems: number; readonly maxBytes: number };
  /** Reaches extension servers outside the cluster's own network; this process' network where absent. */
  readonly dialer?: Dialer;
  /** Kinds to serve; all of api/kinds where absent. */
  readonly kinds?: readonly KindEntry[];
}

/** The API server, free of transports: `handler` is the whole chain for HTTP/1.1, HTTP/2 and in-process callers alike. */
export interface ApiServer {
  readonly handler: ApiHandler;
  /** Fills the caches, checks the keys against the store's fingerprint, makes what every cluster has (namespaces, roles, priority classes). @throws ServerKeysMismatchError */
  start(): Promise<void>;
  /** New requests get 503, watches end, requests in flight finish. The store stays open. */
  close(): Promise<void>;
}
