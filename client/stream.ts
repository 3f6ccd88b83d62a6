import { Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";
import { pathOf, pods } from "../api/resources.ts";
import type { Status } from "../api/wire.ts";
import { ConnectionError, type ObjectKey } from "./client.ts";
import { bytesOf, openWebSocket, type StreamTarget, sendFrame } from "./websocket.ts";

/** KEP-4006: channels of a command's streams, one byte before each frame; v5 can close one direction. */
const EXEC_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const CLOSE = 255;

export interface ExecRequest {
  readonly pod: ObjectKey;
  readonly container?: string;
  /** Absent: attach to the container's own process. */
  readonly command?: readonly string[];
  readonly stdin?: boolean;
  readonly tty?: boolean;
}

/** A command that runs in a container. With a terminal all output comes on stdout. Read both outputs, or the command stalls. */
export interface ExecSession {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  resize(columns: number, rows: number): void;
  /** The command's end: Success, or a Failure whose details have the exit code. Rejects with ConnectionError when the stream breaks before. */
  readonly status: Promise<Status>;
  close(): void;
}

/** @throws ApiError | ConnectionError */
export async function openExec(target: StreamTarget, request: ExecRequest): Promise<ExecSession> {
  const query = new URLSearchParams();
  for (const part of request.command ?? []) query.append("command", part);
  if (request.container !== undefined) query.set("container", request.container);
  if (request.stdin) query.set("stdin", "true");
  query.set("stdout", "true");
  if (request.tty) query.set("tty", "true");
  else query.set("stderr", "true");
  const path = pathOf(pods, { ...request.pod, subresource: request.command === undefined ? "attach" : "exec" });
  const socket = await openWebSocket(target, `${path}?${query}`, EXEC_PROTOCOLS);
  return session(socket);
}

/** Exit code of a finished command: 0, the code of a NonZeroExitCode failure, or undefined for any other failure. */
export function exitCodeOf(status: Status): number | undefined {
  if (status.status === "Success") return 0;
  const cause = status.details?.causes?.find((candidate) => candidate.reason === "ExitCode");
  const code = Number(cause?.message);
  return cause !== undefined && Number.isInteger(code) ? code : undefined;
}

function session(socket: WebSocket): ExecSession {
  const outputs = new PausingOutputs(socket);
  const stdout = outputs.create();
  const stderr = outputs.create();
  const status = new Promise<Status>((resolve, reject) => {
    socket.on("message", (data) => {
      const frame = bytesOf(data);
      const content = frame.subarray(1);
      if (frame[0] === STDOUT && content.length > 0) outputs.push(stdout, content);
      else if (frame[0] === STDERR && content.length > 0) outputs.push(stderr, content);
      else if (frame[0] === ERROR && content.length > 0) resolve(parseStatus(content));
    });
    socket.on("error", (cause) => reject(new ConnectionError(`the stream broke: ${cause.message}`, { outcomeUnknown: true, cause })));
    socket.once("close", (code, reason) => {
      outputs.end();
      reject(new ConnectionError(`the stream ended before the command did (${code}${reason.length > 0 ? `: ${reason}` : ""})`, { outcomeUnknown: true }));
    });
  });
  status.catch(() => undefined);
  outputs.start();
  return {
    stdin: stdinOf(socket),
    stdout,
    stderr,
    status,
    resize: (columns, rows) => {
      if (socket.readyState === socket.OPEN) socket.send(framed(RESIZE, Buffer.from(JSON.stringify({ Width: columns, Height: rows }))));
    },
    close: () => socket.close(),
  };
}

function stdinOf(socket: WebSocket): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, callback) {
      sendFrame(socket, framed(STDIN, chunk)).then(() => callback(), callback);
    },
    final(callback) {
      // Before v5 there is no way to say that input has ended.
      if (socket.protocol !== "v5.channel.k8s.io" || socket.readyState !== socket.OPEN) return callback();
      sendFrame(socket, Buffer.from([CLOSE, STDIN])).then(() => callback(), callback);
    },
  });
}

function framed(channel: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([channel]), content]);
}

function parseStatus(content: Buffer): Status {
  try {
    return JSON.parse(content.toString("utf8")) as Status;
  } catch {
    return { status: "Failure", message: content.toString("utf8") };
  }
}

/** Outputs that share one socket: it is paused while one of them is full. */
export class PausingOutputs {
  readonly #socket: WebSocket;
  readonly #full = new Set<Readable>();
  readonly #all: Readable[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  create(): Readable {
    const output: Readable = new Readable({
      read: () => {
        if (this.#full.delete(output) && this.#full.size === 0) this.#socket.resume();
      },
    });
    this.#all.push(output);
    return output;
  }

  push(output: Readable, content: Buffer): void {
    if (output.push(content)) return;
    this.#full.add(output);
    this.#socket.pause();
  }

  start(): void {
    this.#socket.resume();
  }

  end(): void {
    for (const output of this.#all) output.push(null);
  }
}
