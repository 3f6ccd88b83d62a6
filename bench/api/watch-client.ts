import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { connect as connectTls } from "node:tls";

/**
 * Opens WATCHES watches of WATCH_PATH at WATCH_URL, over HTTP/2 at WATCH_PER_SESSION a connection, or each on an HTTP/1.1 connection of its own (0), and prints
 * `open` when all answers have begun. On a line of stdin it prints, as JSON, how many events arrived since the last line and the delivery times in ms: the
 * difference to the wall-clock time that an object carries in `"sent":"…"`. Ends when stdin does.
 */
const { WATCHES = "0", WATCH_URL = "", WATCH_PATH = "", WATCH_TOKEN = "", WATCH_PER_SESSION = "0" } = process.env;
const count = Number(WATCHES);
const perSession = Number(WATCH_PER_SESSION);
const url = new URL(WATCH_URL);
const MARK = '"sent":"';
/** Connections opened at the same time: more would overflow the server's backlog of handshakes. */
const OPENING = 50;

let events = 0;
let delivery_ms: number[] = [];

function take(chunk: Buffer): void {
  const text = chunk.toString("latin1");
  const now = performance.timeOrigin + performance.now();
  for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at + MARK.length)) {
    events++;
    delivery_ms.push(now - Number(text.slice(at + MARK.length, text.indexOf('"', at + MARK.length))));
  }
}

function openHttp1(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: url.hostname, port: Number(url.port), rejectUnauthorized: false }, () => socket.write(`GET ${WATCH_PATH} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${WATCH_TOKEN}\r\n\r\n`));
    socket.once("error", reject);
    socket.once("data", (chunk: Buffer) => {
      if (!chunk.toString("latin1").startsWith("HTTP/1.1 200")) reject(new Error(chunk.toString("latin1")));
      resolve();
    });
    socket.on("data", take);
  });
}

function openHttp2(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": WATCH_PATH, authorization: `Bearer ${WATCH_TOKEN}` });
    stream.once("error", reject);
    stream.once("response", (headers) => (headers[":status"] === 200 ? resolve() : reject(new Error(`status ${headers[":status"]}`))));
    stream.on("data", take);
  });
}

async function openSession(watches: number): Promise<void> {
  const session = connectHttp2(WATCH_URL, { rejectUnauthorized: false });
  await Promise.all(Array.from({ length: watches }, () => openHttp2(session)));
}

const jobs = perSession > 0 ? Array.from({ length: Math.ceil(count / perSession) }, (_, index) => () => openSession(Math.min(perSession, count - index * perSession))) : Array.from({ length: count }, () => openHttp1);
const worker = async () => {
  for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) await job();
};
await Promise.all(Array.from({ length: OPENING }, worker));
process.stdout.write("open\n");
process.stdin.on("data", () => {
  process.stdout.write(`${JSON.stringify({ events, delivery_ms })}\n`);
  events = 0;
  delivery_ms = [];
});
process.stdin.on("end", () => process.exit(0));
