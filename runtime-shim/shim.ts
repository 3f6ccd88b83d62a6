import { getuid } from "node:process";
import { imageService, runtimeService } from "../cri/service.ts";
import { recordExit } from "./container/exited.ts";
import type { ShimContext } from "./context.ts";
import { handleImport, imageHandlers, runtimeHandlers } from "./handlers.ts";
import { importService } from "./image/import-service.ts";
import { openContext, type OpenedContext } from "./open-context.ts";
import type { Shim, ShimOptions } from "./options.ts";
import { lockDataDir } from "./os/data-lock.ts";
import { recover } from "./recover.ts";
import { GrpcServer, type AnyHandlers } from "./server.ts";
import { StreamingServer } from "./streaming/streaming-server.ts";
import { Paths } from "./state/paths.ts";

export type { PurgeOptions, Shim, ShimOptions } from "./options.ts";
export { importImage, type ImportedImage } from "./image/import-service.ts";
export { purgeRuntime } from "./purge.ts";

/** In case a notice of an exit file was lost, and for monitors that died. */
const SWEEP_MS = 30_000;

/** A CRI v1 runtime that serves on `options.listen`. Needs root and Node with node:ffi (26.1 or newer). */
export function createShim(options: ShimOptions): Shim {
  let close: (() => Promise<void>) | undefined;
  return {
    async start() {
      if (getuid?.() !== 0) throw new Error("the runtime shim needs root: it mounts filesystems and makes namespaces");
      const unlock = lockDataDir(new Paths(options.dataDir, options.runDir).lock());
      try {
        const opened = await openContext(options);
        const stop = await serve(options, opened);
        close = async () => {
          await stop();
          unlock();
        };
      } catch (error) {
        unlock();
        throw error;
      }
    },
    async close() {
      await close?.();
      close = undefined;
    },
  };
}

async function serve(options: ShimOptions, opened: OpenedContext): Promise<() => Promise<void>> {
  const { context } = opened;
  const repaired = await recover(context, opened.broken);
  await context.network.start();
  context.exits.watch((id) => {
    const record = context.containers.get(id);
    if (record !== undefined) recordExit(context, record);
  });
  const sweep = sweepExits(context);
  const streaming = new StreamingServer(context, options.streamingAddress ?? "127.0.0.1");
  await streaming.start();
  const server = new GrpcServer(options.listen, context.logger);
  server.add(runtimeService, runtimeHandlers(context, streaming) as AnyHandlers);
  server.add(imageService, imageHandlers(context) as AnyHandlers);
  server.add(importService, { Import: (request: never) => handleImport(context, request) });
  await server.start();
  context.logger.info({ listen: options.listen, runtime: context.runtime.name, cgroups: context.cgroups.version, ...repaired }, "the runtime shim serves");
  return async () => {
    sweep.stop();
    await server.close((delay_ms) => context.clock.sleep(delay_ms));
    await streaming.close();
    context.exits.close();
    await opened.close();
  };
}

function sweepExits(context: ShimContext): { stop(): void } {
  let timer = context.clock.after(SWEEP_MS, tick, { background: true });
  function tick(): void {
    for (const record of context.containers.values()) recordExit(context, record);
    context.reaper.sweep();
    timer = context.clock.after(SWEEP_MS, tick, { background: true });
  }
  return { stop: () => timer.cancel() };
}
