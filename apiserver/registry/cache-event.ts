import type { CachedObject } from "./cached-object.ts";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** What happened to one object, and its watch frames: encoded once, shared by all watchers. */
export class CacheEvent {
  readonly revision: number;
  readonly key: string;
  /** After the event; undefined when the object was deleted. */
  readonly current: CachedObject | undefined;
  /** Before the event; undefined when it was created, or still has to be read (`whole`). */
  readonly previous: CachedObject | undefined;
  readonly #readPrevious: (() => Promise<CachedObject | undefined>) | undefined;
  #frames: Map<ChangeType, Buffer> | undefined;
  #last: CachedObject | undefined;
  #whole: CacheEvent | Promise<CacheEvent> | undefined;
  #alike: CacheEvent | undefined;

  /** `readPrevious` where there was a state before that is not at hand. */
  constructor(revision: number, key: string, current: CachedObject | undefined, previous: CachedObject | undefined, readPrevious?: () => Promise<CachedObject | undefined>) {
    this.revision = revision;
    this.key = key;
    this.current = current;
    this.previous = previous;
    this.#readPrevious = readPrevious;
  }

  /** With the state before, which is read once for all watchers. @throws CompactedError when it can no longer be read */
  whole(): CacheEvent | Promise<CacheEvent> {
    if (this.#readPrevious === undefined) return this;
    this.#whole ??= this.#readPrevious().then(
      (previous) => (this.#whole = new CacheEvent(this.revision, this.key, this.current, previous)),
      (error: unknown) => {
        // Those who wait now are told; who asks later, asks the store again.
        this.#whole = undefined;
        throw error;
      },
    );
    return this.#whole;
  }

  /** The same for a watch that goes by keys alone: that there was a state before is all it asks of an update. */
  byKey(): CacheEvent | Promise<CacheEvent> {
    if (this.#readPrevious === undefined || this.current === undefined) return this.whole();
    this.#alike ??= new CacheEvent(this.revision, this.key, this.current, this.current);
    return this.#alike;
  }

  /** The object that a change of this type shows: for DELETED the last state, at the revision of this event. */
  shown(type: ChangeType): CachedObject | undefined {
    if (type !== "DELETED") return this.current;
    this.#last ??= this.previous?.deletedAt(this.revision);
    return this.#last;
  }

  /** `{"type":"ADDED","object":{…}}` and a newline. */
  frame(type: ChangeType): Buffer {
    this.#frames ??= new Map();
    let frame = this.#frames.get(type);
    if (frame === undefined) {
      frame = jsonFrame(type, this.shown(type)?.json ?? Buffer.from("null"));
      this.#frames.set(type, frame);
    }
    return frame;
  }

  /** Lets go of what was made for watchers; it is made again for a watch that asks. */
  forgetFrames(): void {
    this.#frames = undefined;
    this.#last = undefined;
    this.#whole = undefined;
    this.#alike = undefined;
  }

  /** Bytes that this event keeps alive, for bounds: the state before it belongs to the event before, where that is still kept. */
  get size_bytes(): number {
    return ((this.current ?? this.previous)?.bytes.length ?? 0) + 512;
  }
}

/** One line of a JSON watch stream. */
export function jsonFrame(type: string, object: Uint8Array): Buffer {
  const head = `{"type":"${type}","object":`;
  const frame = Buffer.allocUnsafeSlow(head.length + object.length + 2);
  frame.write(head, 0, "latin1");
  frame.set(object, head.length);
  frame.write("}\n", head.length + object.length, "latin1");
  return frame;
}
