import { createReadStream, createWriteStream, existsSync, lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, posix, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { pods } from "../../api/resources.ts";
import { type ExecSession, exitCodeOf, openExec } from "../../client/stream.ts";
import { readTar, type TarEntry } from "../../runtime-shim/image/tar-reader.ts";
import { TAR_END, tarHead, tarPadding } from "../../runtime-shim/image/tar-writer.ts";
import { containerOf } from "../api/pods-of.ts";
import type { Session } from "../api/session.ts";
import { UserError } from "../user-error.ts";

export interface CopyOptions {
  readonly container: string | undefined;
  readonly warn: (line: string) => void;
}

/** A path in a container, or on this machine. */
type Place = { readonly type: "local"; readonly path: string } | { readonly type: "pod"; readonly namespace: string | undefined; readonly pod: string; readonly path: string };

/** `[NAMESPACE/]POD:PATH`; what begins with a dot or a slash, or has no colon, is a path here. */
export function parsePlace(word: string): Place {
  const colon = word.indexOf(":");
  if (colon < 0 || word.startsWith(".") || word.startsWith("/")) return { type: "local", path: word };
  const [namespace, pod, ...more] = word.slice(0, colon).includes("/") ? word.slice(0, colon).split("/") : [undefined, word.slice(0, colon)];
  const path = word.slice(colon + 1);
  if (pod === undefined || pod === "" || more.length > 0 || namespace === "") throw new UserError(`${JSON.stringify(word)}: write [NAMESPACE/]POD:PATH`, 2);
  if (path === "") throw new UserError(`${JSON.stringify(word)}: the path in the container is missing`, 2);
  return { type: "pod", namespace, pod, path };
}

/** `berth cp FROM TO`: files and folders, by a tar archive through the container's own tar. @throws UserError */
export async function copy(session: Session, from: string, to: string, options: CopyOptions, signal: AbortSignal): Promise<void> {
  const [source, target] = [parsePlace(from), parsePlace(to)];
  if (source.type === "local" && target.type === "pod") return await upload(await containerAt(session, target, options, signal), source.path, target.path, options);
  if (source.type === "pod" && target.type === "local") return await download(await containerAt(session, source, options, signal), source.path, target.path, options);
  throw new UserError("one of the two must be a path here, the other POD:PATH", 2);
}

/** Runs commands in the container that is meant. */
type Run = (command: readonly string[], stdin?: boolean) => Promise<ExecSession>;

async function containerAt(session: Session, place: Extract<Place, { type: "pod" }>, options: CopyOptions, signal: AbortSignal): Promise<Run> {
  const key = { namespace: place.namespace ?? session.namespace, name: place.pod };
  const container = containerOf(await session.client.get(pods, key), options.container);
  return async (command, stdin = false) => {
    const running = await openExec(session.streams, { pod: key, container, command, stdin });
    signal.addEventListener("abort", () => running.close(), { once: true });
    return running;
  };
}

async function upload(run: Run, from: string, to: string, options: CopyOptions): Promise<void> {
  if (!existsSync(from)) throw new UserError(`${from} doesn't exist here`);
  const target = to.endsWith("/") || (await isFolder(run, to)) ? posix.join(to, basename(resolve(from))) : to;
  const running = await run(["tar", "-xmf", "-", "-C", posix.dirname(target)], true);
  // A tar that is not there reads nothing: what it says counts, not that it hung up.
  const sent = pipeline(Readable.from(archive(resolve(from), posix.basename(target), options)), running.stdin).catch(() => undefined);
  running.stdout.resume();
  await finish(running, text(running.stderr));
  await sent;
}

async function isFolder(run: Run, path: string): Promise<boolean> {
  const running = await run(["test", "-d", path]);
  running.stdout.resume();
  running.stderr.resume();
  const status = await running.status;
  running.close();
  return exitCodeOf(status) === 0;
}

async function* archive(path: string, name: string, options: CopyOptions): AsyncGenerator<Uint8Array> {
  yield* archiveOf(path, name, options);
  yield TAR_END;
}

async function* archiveOf(path: string, name: string, options: CopyOptions): AsyncGenerator<Uint8Array> {
  const stat = lstatSync(path);
  const mode = stat.mode & 0o7777;
  if (stat.isDirectory()) {
    yield tarHead({ path: name, type: "directory", mode }, 0);
    for (const child of readdirSync(path).sort()) yield* archiveOf(join(path, child), `${name}/${child}`, options);
  } else if (stat.isFile()) {
    yield tarHead({ path: name, mode }, stat.size);
    // A file that grows meanwhile is sent as long as it was.
    if (stat.size > 0) for await (const chunk of createReadStream(path, { end: stat.size - 1 })) yield chunk as Buffer;
    yield tarPadding(stat.size);
  } else options.warn(`berth: ${path} is neither a file nor a folder; left out`);
}

async function download(run: Run, from: string, to: string, options: CopyOptions): Promise<void> {
  const clean = posix.normalize(from).replace(/\/$/, "") || "/";
  const running = await run(["tar", "-cf", "-", "-C", posix.dirname(clean), posix.basename(clean) || "."]);
  const target = existsSync(to) && statSync(to).isDirectory() ? join(to, posix.basename(clean)) : to;
  const complaint = text(running.stderr);
  let entries = 0;
  for await (const entry of readTar(running.stdout)) {
    entries++;
    await place(entry, posix.basename(clean), resolve(target), options);
  }
  running.stdout.resume();
  await finish(running, complaint);
  if (entries === 0) throw new UserError(`${from}: nothing came`);
}

/** Puts an entry below the target: never elsewhere, whatever the archive says, and no links. */
async function place(entry: TarEntry, root: string, target: string, options: CopyOptions): Promise<void> {
  const parts = entry.path.split("/").filter((part) => part !== "" && part !== ".");
  const below = parts[0] === root ? parts.slice(1) : parts;
  const path = resolve(target, ...below);
  if (parts.includes("..") || (path !== target && !path.startsWith(target + sep))) throw new UserError(`the archive holds a path that leads out of ${target}: ${entry.path}`);
  if (entry.type === "directory") mkdirSync(path, { recursive: true });
  else if (entry.type === "file") {
    mkdirSync(dirname(path), { recursive: true });
    await pipeline(entry.body(), createWriteStream(path, { mode: entry.mode & 0o777 }));
  } else options.warn(`berth: ${entry.path} is a ${entry.type}; left out`);
}

async function finish(running: ExecSession, complaint: Promise<string>): Promise<void> {
  const status = await running.status;
  const said = (await complaint).trim();
  running.close();
  if (status.status !== "Success") throw new UserError(said || (status.message ?? "tar failed in the container"));
}
