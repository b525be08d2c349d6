// Reads the stream of a swarm's picture; one connection a page, however many parts draw from it.

const RETRY = 500; // [ms] after the connection is lost
const WIDTH = 13; // numbers a drone: position, orientation, velocity, goal
const HEADER = 12; // bytes, as in frame_codec.py

export class Frame {
  constructor(buffer) {
    const header = new DataView(buffer);
    this.count = header.getUint32(0, true);
    this.revision = header.getUint32(4, true);
    this.age = header.getFloat32(8, true); // [s] of the states, when they were sent
    this.rows = new Float32Array(buffer, HEADER, WIDTH * this.count);
    this.modes = new Uint8Array(buffer, HEADER + this.rows.byteLength, this.count);
    this.received = performance.now();
  }

  position(row) {
    return this.rows.subarray(WIDTH * row, WIDTH * row + 3); // [m] map
  }

  orientation(row) {
    return this.rows.subarray(WIDTH * row + 3, WIDTH * row + 7); // xyzw, base_link to map
  }

  velocity(row) {
    return this.rows.subarray(WIDTH * row + 7, WIDTH * row + 10); // [m/s] map
  }

  goal(row) {
    return this.rows.subarray(WIDTH * row + 10, WIDTH * row + 13); // [m] map; NaN without one
  }

  // Age of the states now [s]; it also grows while the console itself is silent.
  ageNow() {
    return this.age + (performance.now() - this.received) / 1000;
  }
}

class Stream {
  constructor(path) {
    this.listeners = new Set();
    this.scene = undefined;
    this.frame = undefined;
    this.path = path;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}`);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        this.scene = JSON.parse(data);
      } else {
        const frame = new Frame(data);
        if (frame.revision !== this.scene?.revision) return; // of a scene that has changed since
        this.frame = frame;
      }
      for (const listener of this.listeners) listener(typeof data === "string");
    };
    socket.onclose = () => setTimeout(() => this.connect(), RETRY);
  }
}

const streams = new Map();

// Calls back at every message, with whether it is a scene; returns the stream.
export function listen(path, listener) {
  if (!streams.has(path)) streams.set(path, new Stream(path));
  const stream = streams.get(path);
  stream.listeners.add(listener);
  return stream;
}
