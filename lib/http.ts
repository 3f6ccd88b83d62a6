/**
 * The values of node:http for modules of ours. A static import of node:http reads all that it exports, `WebSocket` too, and with it
 * loads Node's whole fetch stack: 6 MiB of resident memory in each process, 15 ms of its start. Types may be imported from node:http itself.
 */
export const { Agent: HttpAgent, createServer: createHttpServer, request: httpRequest, STATUS_CODES } = process.getBuiltinModule("node:http");
