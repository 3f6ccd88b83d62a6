import type { Store } from "../../store/store.ts";
import { type Pki, pkiFingerprint } from "./pki.ts";

const KEY = "/registry/berth.dev/server-keys";

/** This server's CA or ServiceAccount keys are not those that the cluster in the store was made with. */
export class ServerKeysMismatchError extends Error {
  override readonly name = "ServerKeysMismatchError";
  constructor(dir: string, own: string, expected: string) {
    super(
      `the keys in ${dir} (fingerprint ${own.slice(0, 16)}) are not those of the cluster in the store (fingerprint ${expected.slice(0, 16)}): ` +
        "start every server of a cluster with the same --pki-dir (copy the folder from a running server), or use an empty store",
    );
  }
}

/** Leaves this server's fingerprint in an empty store, else compares. @throws ServerKeysMismatchError | UnavailableError */
export async function claimStore(store: Store, pki: Pki): Promise<void> {
  const own = pkiFingerprint(pki);
  const value = Buffer.from(JSON.stringify({ fingerprint: own }));
  const result = await store.txn({ compare: [{ key: KEY, modRevision: 0 }], operations: [{ type: "put", key: KEY, value }], readOnFailure: [KEY] });
  if (result.succeeded) return;
  const found = result.current[0];
  const { fingerprint } = JSON.parse(found ? Buffer.from(found.value).toString("utf8") : "{}") as { fingerprint?: string };
  if (fingerprint !== own) throw new ServerKeysMismatchError(pki.dir, own, fingerprint ?? "none");
}
