import { join } from "node:path";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { tellMonitor } from "../container/reopen-log.ts";
import { recordExit } from "../container/exited.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError, messageOf } from "../errors.ts";
import type { PacketSocket, PacketSockets } from "../os/packet-sockets.ts";
import type { CommandSession } from "./session.ts";

type Request = Message<"AttachRequest">;

/** First byte of what conmon sends: where the rest came from. */
const FROM_STDOUT = 2;
const FROM_STDERR = 3;
/** conmon reads this much at a time. */
const STDIN_PACKET_BYTES = 8192;
const FULL_WAIT_MS = 5;

/** Checks an attach and gives the URL at which a client may have it, once. */
export async function attach(context: ShimContext, issue: (request: Request) => string, request: Request): Promise<Init<"AttachResponse">> {
  const record = containerOf(context, request.containerId);
  recordExit(context, record);
  if (record.phase !== "running") throw new CriError("FAILED_PRECONDITION", `container ${record.id} is ${record.phase}, not running`);
  if (request.tty && request.stderr) throw new CriError("INVALID_ARGUMENT", "attach: a terminal has no separate stderr");
  if (!request.stdin && !request.stdout && !request.stderr) throw new CriError("INVALID_ARGUMENT", "attach: none of stdin, stdout and stderr is asked for");
  return { url: issue({ ...request, containerId: record.id }) };
}

/** Connects a client to the container's own streams until either goes. Ends the session; never throws. */
export async function serveAttach(context: ShimContext, sockets: PacketSockets, request: Request, session: CommandSession): Promise<void> {
  let socket: PacketSocket;
  try {
    socket = sockets.connect(join(context.paths.container(request.containerId), "attach"));
  } catch (error) {
    return session.end({ error: messageOf(error) });
  }
  session.onClose(() => socket.close());
  session.onResize(({ width, height }) => {
    // 1: the terminal's size, rows first.
    tellMonitor(context, request.containerId, `1 ${Math.trunc(height)} ${Math.trunc(width)}\n`).catch(() => {});
  });
  if (session.stdin !== undefined) sendStdin(context, session.stdin, socket).catch(() => socket.close());
  await receiveOutput(session, socket);
  socket.close();
  session.end({ exitCode: 0, command: [] });
}

/** Passes packets on, each only when the client has taken the one before; resolves at the container's end. */
function receiveOutput(session: CommandSession, socket: PacketSocket): Promise<void> {
  return new Promise((resolve) => {
    session.onClose(resolve);
    socket.onPacket((packet) => {
      if (packet === undefined) return resolve();
      const stream = packet[0] === FROM_STDOUT ? session.stdout : packet[0] === FROM_STDERR ? session.stderr : undefined;
      if (stream === undefined || packet.length < 2) socket.next();
      else stream.write(packet.subarray(1), () => socket.next());
    });
    socket.next();
  });
}

async function sendStdin(context: ShimContext, stdin: AsyncIterable<Buffer>, socket: PacketSocket): Promise<void> {
  for await (const chunk of stdin) {
    for (let at = 0; at < chunk.length; at += STDIN_PACKET_BYTES) {
      const packet = chunk.subarray(at, at + STDIN_PACKET_BYTES);
      // The monitor takes no more while the container does not read: nothing says when it does.
      while (!socket.send(packet)) await context.clock.sleep(FULL_WAIT_MS);
    }
  }
  socket.endSending();
}
