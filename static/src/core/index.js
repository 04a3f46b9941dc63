/** The client core: everything a page needs to take part, and nothing that a page shows. */
export { Client } from "./client.js";
export { Refusal, Silence } from "./failures.js";
export { recipientsOf, statusOf } from "./receipts.js";
export * from "./roles.js";
export { openSocket } from "./socket.js";
