import { createHash } from "node:crypto";
import type { Container } from "../../api/wire.ts";

/** Changes when a running container no longer is what its spec says: name and image, the only part that may change besides resources. */
export function containerHash(container: Container): string {
  return createHash("sha256").update(JSON.stringify([container.name, container.image])).digest("hex").slice(0, 16);
}
