import { Duplex } from "node:stream";
import { pathOf, pods } from "../api/resources.ts";
import { ConnectionError, type ObjectKey } from "./client.ts";
import { bytesOf, openWebSocket, type StreamTarget, sendFrame } from "./websocket.ts";

/** Of each port two channels, data and error; the first frame of each says the port, little-endian. */
const PORT_FORWARD_PROTOCOLS = ["v4.channel.k8s.io"];
const DATA = 0;
const ERROR = 1;

/**
 * One connection to a port of a pod, as a stream of bytes. It fails with ConnectionError when the port cannot be reached.
 * The protocol cannot close one direction: `end` leaves the other one open until the pod closes or the stream is destroyed.
 * @throws ApiError | ConnectionError
 */
export async function openPortForward(target: StreamTarget, pod: ObjectKey, port: number): Promise<Duplex> {
  const path = `${pathOf(pods, { ...pod, subresource: "portforward" })}?ports=${port}`;
  const socket = await openWebSocket(target, path, PORT_FORWARD_PROTOCOLS);
  const greeted = new Set<number>();
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => socket.resume(),
    write(chunk: Buffer, _encoding, callback) {
      sendFrame(socket, Buffer.concat([Buffer.from([DATA]), chunk])).then(() => callback(), callback);
    },
    destroy(error, callback) {
      socket.close();
      callback(error);
    },
  });
  socket.on("message", (data) => {
    const frame = bytesOf(data);
    const channel = frame[0];
    if (channel === undefined) return;
    const content = frame.subarray(1);
    if (!greeted.has(channel)) greeted.add(channel);
    else if (channel === ERROR && content.length > 0) stream.destroy(new ConnectionError(content.toString("utf8"), { outcomeUnknown: false }));
    else if (channel === DATA && content.length > 0 && !stream.push(content)) socket.pause();
  });
  socket.on("error", (cause) => stream.destroy(new ConnectionError(`the stream broke: ${cause.message}`, { outcomeUnknown: true, cause })));
  socket.once("close", () => {
    stream.push(null);
    stream.end();
  });
  return stream;
}
