import { readFile } from "node:fs/promises";
import { signRequest } from "../../apiserver/auth/request-signer.ts";
import type { SignCertificate } from "../../controllers/certificates/signing.ts";
import type { controllersProcessOptions } from "../commands/processes.ts";
import type { OptionValues } from "../options.ts";
import { UserError } from "../user-error.ts";
import { openComponent } from "./component.ts";
import { runControllersLoop } from "./control-loops.ts";
import { processLogger, runUntilStopped } from "./run-process.ts";

type Values = OptionValues<(typeof controllersProcessOptions)[number]["name"]>;

/** `berth controllers`: the controllers alone, over HTTPS; several elect a leader. */
export async function runControllers(values: Values): Promise<void> {
  const logger = processLogger("controllers", values);
  const { client, connection } = await openComponent(values.kubeconfig ?? "", "kube-controller-manager");
  const sign = await signing(values);
  await runUntilStopped(logger, async (signal) => {
    await runControllersLoop({ client, logger, elected: true }, values, { certificate: connection.ca ?? "", ...(sign && { sign }) }, signal);
    client.close();
  });
}

/** Undefined where no CA was given: then nobody here signs certificate requests. @throws UserError */
async function signing(values: Values): Promise<SignCertificate | undefined> {
  const { "cluster-signing-cert-file": certificateFile, "cluster-signing-key-file": keyFile } = values;
  if (certificateFile === undefined && keyFile === undefined) return undefined;
  if (certificateFile === undefined || keyFile === undefined) throw new UserError("--cluster-signing-cert-file and --cluster-signing-key-file belong together: give both, or neither", 2);
  const [certificate, key] = await Promise.all([read(certificateFile), read(keyFile)]);
  return (request, usages, validity) => signRequest({ certificate, key }, request, usages, validity);
}

function read(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: Error) => {
    throw new UserError(`cannot read the CA: ${error.message}`);
  });
}
