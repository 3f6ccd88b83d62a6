import { Command } from "commander";
import { registerClusterCommands } from "./commands/cluster.ts";
import { registerObjectCommands } from "./commands/objects.ts";
import { registerProcesses } from "./commands/processes.ts";
import { registerSchedulingCommands } from "./commands/scheduling.ts";
import { UserError } from "./user-error.ts";
import { VERSION } from "./version.ts";

const program = new Command("berth")
  .description("A cluster orchestrator for bare-metal Linux that speaks the Kubernetes API.")
  .version(VERSION)
  .showSuggestionAfterError(true)
  .showHelpAfterError("(berth COMMAND --help tells more)")
  .addHelpText("after", "\nStart here:\n  berth up                        a cluster on this machine, with an application in it\n  berth get pods -o wide          what runs, and where\n  berth apply -f app.yaml         create or change objects from files\n  berth why POD                   why it has no node, and what would give it one");

registerClusterCommands(program);
registerObjectCommands(program);
registerSchedulingCommands(program);
registerProcesses(program);

// A reader that has seen enough (`berth get pods | head`) ends us as quietly as it ends others.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`berth: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
