// The websocket of an arm's page; one connection a page, however many parts use it.

const RETRY = 500; // [ms] after the connection is lost

class Link {
  constructor(path, client) {
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}?client=${client}`;
    this.listeners = new Set();
    this.connected = false;
    this.arm = undefined; // what was told last
    this.connect();
  }

  connect() {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.change(true);
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") {
        this.tell("picture", new Uint8Array(data));
        return;
      }
      this.arm = JSON.parse(data);
      this.tell("state", this.arm);
    };
    socket.onclose = () => {
      this.change(false);
      setTimeout(() => this.connect(), RETRY);
    };
    this.socket = socket;
    this.sequence = 0;
  }

  change(connected) {
    this.connected = connected;
    this.tell("connection", connected);
  }

  tell(kind, value) {
    for (const listener of this.listeners) listener[kind]?.(value);
  }

  // Sends a sign of the hand, with the console's time in the newest message, so that a late one is known.
  send(sign) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const stamped = { ...sign, sequence: this.sequence++, answers: this.arm?.time ?? 0 };
    this.socket.send(JSON.stringify(stamped));
  }
}

let link;

// Calls a listener's `state`, `picture` and `connection`, those that it has; returns the link.
export function join(path, client, listener) {
  link ??= new Link(path, client);
  link.listeners.add(listener);
  return link;
}

export function leave(listener) {
  link?.listeners.delete(listener);
}
