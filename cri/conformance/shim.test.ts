import { join } from "node:path";
import test from "ava";
import { createCriClient } from "../../agent/cri/channel.ts";
import { systemClock } from "../../lib/clock.ts";
import { startShim } from "../../runtime-shim/testing/start-shim.ts";
import { runtimeConformance } from "./suite.ts";

runtimeConformance(test.serial, "shim", async () => {
  const shim = await startShim();
  const client = createCriClient(shim.endpoint, systemClock);
  return {
    client,
    image: shim.image,
    cgroupParent: shim.cgroupParent,
    logDir: join(shim.dataDir, "logs"),
    async stop() {
      client.close();
      await shim.stop();
    },
  };
});
