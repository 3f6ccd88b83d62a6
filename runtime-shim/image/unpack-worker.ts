import { parentPort } from "node:worker_threads";
import { messageOf } from "../errors.ts";
import { unpackLayer, type Unpacked, type UnpackInput } from "./unpack.ts";

export type UnpackAnswer = { readonly ok: Unpacked } | { readonly error: string };

// A worker's main module: unpacks one layer a message, so that hashing and file writes do not hold up the shim's own thread.
parentPort?.on("message", (input: UnpackInput) => {
  unpackLayer(input).then(
    (ok) => parentPort?.postMessage({ ok } satisfies UnpackAnswer),
    (error: unknown) => parentPort?.postMessage({ error: messageOf(error) } satisfies UnpackAnswer),
  );
});
