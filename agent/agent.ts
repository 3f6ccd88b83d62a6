import type { Agent, AgentOptions } from "./options.ts";

/** A node agent; nothing happens before `run`. */
export declare function createAgent(options: AgentOptions): Agent;

export type { Agent, AgentOptions };
