/**
 * Objects are stored without metadata.resourceVersion: it is the store's revision, known only after the write. These
 * functions put it into the stored JSON, so that the bytes need not be decoded and encoded again.
 */
const UID_KEY = Buffer.from('"uid":"');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

/** The stored JSON with `resourceVersion` added to its metadata and a newline at its end, as it is answered; in a buffer of its own. */
export function withResourceVersion(stored: Uint8Array, revision: number): Buffer {
  const at = insertionPoint(stored);
  const text = versionText(revision);
  const bytes = Buffer.allocUnsafeSlow(stored.length + text.length + 1);
  bytes.set(stored.subarray(0, at), 0);
  bytes.write(text, at, "latin1");
  bytes.set(stored.subarray(at), at + text.length);
  bytes[bytes.length - 1] = NEWLINE;
  return bytes;
}

/** Whether `withResourceVersion` would give just these bytes. */
export function isAtRevision(stored: Uint8Array, bytes: Uint8Array, revision: number): boolean {
  if (!hasLengthAt(stored, bytes, revision)) return false;
  const at = insertionPoint(stored);
  const end = at + versionText(revision).length;
  return viewOf(bytes).toString("latin1", at, end) === versionText(revision) && isAlike(stored, bytes, revision, at, 0, stored.length);
}

const MANAGERS = '"managedFields":[';
const FIELDS = '"fieldsType":"FieldsV1"';

/**
 * Whether `withResourceVersion` would give these bytes but for what is in managedFields, as far as can be told without
 * parsing: what looks like them elsewhere may make it true (where only that differs), never false.
 */
export function isAtRevisionButForManagers(stored: Uint8Array, bytes: Uint8Array, revision: number): boolean {
  if (!hasLengthAt(stored, bytes, revision)) return false;
  const view = viewOf(stored);
  const [start, last] = [view.indexOf(MANAGERS), view.lastIndexOf(FIELDS)];
  const end = view.indexOf("}]", last);
  if (start < 0 || last < start || end < 0) return false;
  const at = insertionPoint(stored);
  return isAlike(stored, bytes, revision, at, 0, start) && isAlike(stored, bytes, revision, at, end, stored.length);
}

/** Whether this part of the stored bytes is the same in those with the version, which stands at `at`. */
function isAlike(stored: Uint8Array, bytes: Uint8Array, revision: number, at: number, from: number, to: number): boolean {
  const [view, shown] = [viewOf(stored), viewOf(bytes)];
  const added = versionText(revision).length;
  const [middle, rest] = [Math.min(to, Math.max(from, at)), Math.max(from, at)];
  return view.compare(shown, from, middle, from, middle) === 0 && (rest >= to || view.compare(shown, rest + added, to + added, rest, to) === 0);
}

/** Whether `withResourceVersion` would give as many bytes. */
function hasLengthAt(stored: Uint8Array, bytes: Uint8Array, revision: number): boolean {
  return stored.length + versionText(revision).length + 1 === bytes.length;
}

function versionText(revision: number): string {
  return `,"resourceVersion":"${revision}"`;
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same object at another revision: a deleted object is shown at the revision of its deletion. */
export function replaceResourceVersion(bytes: Uint8Array, old: number, revision: number): Buffer {
  const at = insertionPoint(bytes);
  const oldText = versionText(old);
  const text = versionText(revision);
  const result = Buffer.allocUnsafeSlow(bytes.length - oldText.length + text.length);
  result.set(bytes.subarray(0, at), 0);
  result.write(text, at, "latin1");
  result.set(bytes.subarray(at + oldText.length), at + text.length);
  return result;
}

/** Just behind the value of metadata.uid. */
function insertionPoint(json: Uint8Array): number {
  const view = viewOf(json);
  const start = metadataFirst(view) ? view.indexOf(UID_KEY) : uidByScan(view);
  if (start < 0) throw new Error("stored object has no metadata.uid");
  return view.indexOf(QUOTE, start + UID_KEY.length) + 1;
}

/**
 * Built-in kinds are written as `{"kind":…,"apiVersion":…,"metadata":{"name":…,"namespace":…,"uid":…`. Quotes inside a
 * JSON string are escaped, so the first `"uid":"` is the key.
 */
function metadataFirst(view: Buffer): boolean {
  return view[2] === 0x6b; // {"k
}

/** Custom resources have their keys sorted: maps of the user's come before metadata.uid, so strings and depth count. */
function uidByScan(view: Buffer): number {
  let depth = 0;
  let inMetadata = false;
  for (let i = 0; i < view.length; i++) {
    const byte = view[i];
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === QUOTE) {
      const end = stringEnd(view, i);
      if (view[end] === 0x3a) {
        if (depth === 1) inMetadata = view.toString("latin1", i, end) === '"metadata"';
        else if (depth === 2 && inMetadata && view.toString("latin1", i, end) === '"uid"') return i;
      }
      i = end - 1;
    }
  }
  return -1;
}

/** Index behind the closing quote of the string that begins at `start`. */
function stringEnd(view: Buffer, start: number): number {
  let i = start + 1;
  while (i < view.length && view[i] !== QUOTE) i += view[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}
