import { io } from "socket.io-client";

/**
 * A socket that is not yet open, to `url` or where the page came from.
 *
 * WebSocket first, for it needs no sticky load balancer; polling where that is not let through.
 */
export function openSocket(auth, url = undefined) {
  return io(url, {
    auth,
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
  });
}
