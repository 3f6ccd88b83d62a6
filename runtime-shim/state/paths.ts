import { join } from "node:path";

/** Where everything lies: `dataDir` outlives the machine's uptime, `runDir` need not. */
export class Paths {
  readonly dataDir: string;
  readonly runDir: string;

  constructor(dataDir: string, runDir?: string) {
    this.dataDir = dataDir;
    this.runDir = runDir ?? join(dataDir, "run");
  }

  readonly lock = () => join(this.dataDir, "lock");
  readonly sandboxes = () => join(this.dataDir, "sandboxes");
  readonly sandbox = (id: string) => join(this.sandboxes(), id);
  readonly containers = () => join(this.dataDir, "containers");
  readonly container = (id: string) => join(this.containers(), id);
  readonly images = () => join(this.dataDir, "images");
  readonly blobs = () => join(this.dataDir, "blobs");
  readonly layers = () => join(this.dataDir, "layers");
  readonly ingest = () => join(this.dataDir, "ingest");
  readonly cni = () => join(this.dataDir, "cni");
  readonly trash = () => join(this.dataDir, "trash");
  readonly namespaces = () => join(this.runDir, "ns");
  readonly namespace = (sandboxId: string, kind: string) => join(this.namespaces(), `${sandboxId}-${kind}`);
  readonly exits = () => join(this.runDir, "exits");
  readonly runtimeState = (runtime: string) => join(this.runDir, runtime);
}
