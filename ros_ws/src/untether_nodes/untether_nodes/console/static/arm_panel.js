// Cameras of an arm, and the operator's hand: it commands only while it is held down.
import { join, leave } from "/static/arm_socket.js";

const PERIOD = 50; // [ms] between two signs of the hand
const LONGEST_GAP = 150; // [ms] between two beats, after which what was held must be pressed again
const HOLD_KEY = "Space";
const DEADZONE = 0.12; // of a gamepad's sticks
const PAD_HOLD = 5; // right shoulder button
const PAD_CLOSE = 0;
const PAD_OPEN = 1;
const PAD_TILTS = [[14, 3, -1], [15, 3, 1], [12, 4, 1], [13, 4, -1]]; // cross: button, axis, sign
const STILL = [0, 0, 0, 0, 0, 0];

// Axes as a person at the table sees them: forward, left, up; roll, pitch, yaw.
const KEYS = {
  KeyW: [0, 1], KeyS: [0, -1], KeyA: [1, 1], KeyD: [1, -1], KeyR: [2, 1], KeyF: [2, -1],
  KeyJ: [3, -1], KeyL: [3, 1], KeyK: [4, -1], KeyI: [4, 1], KeyQ: [5, 1], KeyE: [5, -1],
};
const SLIDERS = [
  { axis: 2, name: "down / up" },
  { axis: 5, name: "turn" },
  { axis: 3, name: "roll" },
  { axis: 4, name: "pitch" },
];

export default {
  template: `
    <div class="arm-panel" :data-held="held" :data-pictures="pictures" :data-connected="connected" :data-mode="arm.mode">
      <div class="arm-cameras">
        <figure v-for="name in cameras" :key="name">
          <img :data-camera="name" alt="" draggable="false"><figcaption>{{ name }}</figcaption>
        </figure>
        <slot></slot>
      </div>
      <div class="arm-facts">
        <span class="mode" :class="'mode-' + arm.mode">{{ arm.mode }}</span>
        <span>{{ arm.reason }}</span><span class="number">{{ facts }}</span>
      </div>
      <div class="arm-jog" :class="{ idle: !allowed }">
        <button type="button" class="arm-hold" :class="{ held }" @pointerdown="press($event, 'button')" @pointerup="lift('button')" @pointercancel="lift('button')" @lostpointercapture="lift('button')" @contextmenu.prevent>
          {{ title }}<small>{{ hint }}</small>
        </button>
        <div class="arm-pad" title="forward, back, left, right" @pointerdown="press($event, 'pad')" @pointermove="slide($event)" @pointerup="lift('pad')" @pointercancel="lift('pad')" @lostpointercapture="lift('pad')" @contextmenu.prevent>
          <i :style="{ left: 50 - 40 * touch[1] + '%', top: 50 - 40 * touch[0] + '%' }"></i>
        </div>
        <label v-for="slider in sliders" :key="slider.axis" class="arm-slider">{{ slider.name }}
          <input type="range" min="-1" max="1" step="0.05" :value="touch[slider.axis]" :data-axis="slider.axis"
            @pointerdown="holds.add('slider')" @input="touch[slider.axis] = Number($event.target.value)"
            @pointerup="spring(slider.axis)" @pointercancel="spring(slider.axis)" @change="spring(slider.axis)">
        </label>
        <div class="arm-gripper">
          <button type="button" :class="{ chosen: gripper === -1 }" @click="gripper = -1">close</button>
          <button type="button" :class="{ chosen: gripper === 1 }" @click="gripper = 1">open</button>
        </div>
        <p class="arm-legend">Space + W S A D: forward, back, left, right · R F: up, down · Q E: turn · I K J L: tilt · C O: gripper. Gamepad: hold the right shoulder button; sticks move and turn, the cross tilts, A and B grip.</p>
      </div>
    </div>`,
  props: { path: String, client: String, cameras: Array, allowed: Boolean },
  data() {
    return {
      arm: { mode: "unknown", reason: "", age: null },
      connected: false,
      held: false,
      pictures: 0,
      ended: false, // by the console, not by the hand
      touch: [...STILL],
      gripper: 0,
      sliders: SLIDERS,
    };
  },
  watch: {
    allowed() {
      this.letGo(); // what was held before must be pressed again
    },
  },
  computed: {
    facts() {
      const { age, rate, position, force, gripper } = this.arm;
      if (!this.connected) return "NO CONNECTION TO THE CONSOLE";
      if (age === null) return "no state yet";
      if (age > 1) return `NO STATE FOR ${age.toFixed(1)} s`;
      const place = position.map((value) => value.toFixed(3)).join(", ");
      return `${rate.toFixed(0)} Hz · tool ${place} m · force ${force.toFixed(0)} N · gripper ${(1000 * gripper).toFixed(0)} mm`;
    },
    title() {
      if (!this.held) return "hold to take over";
      return this.arm.mode === "INTERVENTION" ? "YOU HAVE THE ARM" : "taking over";
    },
    hint() {
      if (!this.allowed) return "take command first";
      if (this.ended) return "the console ended it: press again";
      return ["STANDBY", "POLICY", "INTERVENTION"].includes(this.arm.mode) ? "or the space bar" : "arm the robot first";
    },
  },
  created() {
    this.holds = new Set(); // what is held down: key, button, pad, slider, gamepad
    this.keys = new Set();
  },
  mounted() {
    this.listener = {
      state: (arm) => this.take(arm),
      picture: (bytes) => this.show(bytes),
      connection: (connected) => {
        this.connected = connected;
        this.letGo(); // what was held before must be pressed again
      },
    };
    this.link = join(this.path, this.client, this.listener);
    this.timer = setInterval(() => this.beat(), PERIOD);
    this.listeners = [
      [window, "keydown", (event) => this.keyDown(event)],
      [window, "keyup", (event) => this.keyUp(event)],
      [window, "blur", () => this.letGo()],
      [window, "pagehide", () => this.letGo()],
      [document, "visibilitychange", () => document.hidden && this.letGo()],
    ];
    for (const [target, name, listener] of this.listeners) target.addEventListener(name, listener);
  },
  beforeUnmount() {
    this.letGo();
    clearInterval(this.timer);
    for (const [target, name, listener] of this.listeners) target.removeEventListener(name, listener);
    leave(this.listener);
  },
  methods: {
    take(arm) {
      this.arm = arm;
      if (!arm.refused || !this.held) return;
      this.letGo();
      this.ended = true;
    },
    show(bytes) {
      const image = this.$el.querySelector(`[data-camera=${this.cameras[bytes[0]]}]`);
      const before = image.src;
      image.src = URL.createObjectURL(new Blob([bytes.subarray(1)], { type: "image/jpeg" }));
      if (before) URL.revokeObjectURL(before);
      this.pictures++;
    },
    // Tells the console 20 times a second whether the hand is on the device, and where it moves.
    beat() {
      const now = performance.now();
      if (this.held && now - this.beaten > LONGEST_GAP) this.letGo(); // the browser stood still
      this.beaten = now;
      const motion = this.readGamepad();
      const held = this.allowed && this.connected && this.holds.size > 0;
      if (held) this.ended = false;
      if (!held && this.held) this.gripper = 0; // the next hold begins without a wish
      this.held = held;
      this.send(motion);
    },
    send(motion) {
      const axes = this.touch.map((value, axis) => Math.max(-1, Math.min(1, value + this.keyAxis(axis) + motion[axis])));
      const [forward, left, up, roll, pitch, yaw] = axes;
      // The tool points down: its y is to the right, its z downwards.
      this.link.send({ held: this.held, linear: [forward, -left, -up], angular: [roll, -pitch, -yaw], gripper: this.gripper });
    },
    letGo() {
      this.padFree = false; // a gamepad's button, too, has to be pressed again
      this.holds.clear();
      this.keys.clear();
      this.touch = [...STILL];
      this.gripper = 0;
      this.held = false;
      this.link.send({ held: false, linear: [0, 0, 0], angular: [0, 0, 0], gripper: 0 });
    },
    press(event, what) {
      event.target.setPointerCapture(event.pointerId);
      this.holds.add(what);
      if (what === "pad") this.slide(event);
      this.beat();
    },
    slide(event) {
      if (!this.holds.has("pad")) return;
      const box = event.currentTarget.getBoundingClientRect();
      const across = (event.clientX - box.left) / box.width;
      const down = (event.clientY - box.top) / box.height;
      const limit = (value) => Math.max(-1, Math.min(1, value));
      this.touch[1] = limit((0.5 - across) / 0.4);
      this.touch[0] = limit((0.5 - down) / 0.4);
    },
    lift(what) {
      if (!this.holds.delete(what)) return;
      if (what === "pad") this.touch[0] = this.touch[1] = 0;
      this.beat();
    },
    spring(axis) {
      this.touch[axis] = 0;
      this.holds.delete("slider");
      this.$el.querySelector(`[data-axis="${axis}"]`).value = 0;
      this.beat();
    },
    keyAxis(axis) {
      let sum = 0;
      for (const code of this.keys) if (KEYS[code][0] === axis) sum += KEYS[code][1];
      return sum;
    },
    keyDown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input:not([type=range]), textarea")) return;
      if (event.code === HOLD_KEY) {
        event.preventDefault(); // else a focused button would be pressed
        if (!event.repeat) this.holds.add("key");
        this.beat();
      } else if (event.code in KEYS) {
        this.keys.add(event.code);
      } else if (event.code === "KeyC") {
        this.gripper = -1;
      } else if (event.code === "KeyO") {
        this.gripper = 1;
      }
    },
    keyUp(event) {
      if (event.code === HOLD_KEY) {
        event.preventDefault();
        this.holds.delete("key");
        this.beat();
      }
      this.keys.delete(event.code);
    },
    readGamepad() {
      const pad = Array.from(navigator.getGamepads?.() ?? []).find((one) => one?.connected);
      if (!pad?.buttons[PAD_HOLD]?.pressed) {
        this.padFree = true;
        this.holds.delete("gamepad");
        return STILL;
      }
      if (!this.padFree) return STILL;
      this.holds.add("gamepad");
      if (pad.buttons[PAD_CLOSE].pressed) this.gripper = -1;
      if (pad.buttons[PAD_OPEN].pressed) this.gripper = 1;
      const [x, y, turn, lift] = pad.axes.map((value) => (Math.abs(value) > DEADZONE ? value : 0));
      const motion = [-y, -x, -lift, 0, 0, -turn];
      for (const [button, axis, sign] of PAD_TILTS) if (pad.buttons[button]?.pressed) motion[axis] += sign;
      return motion;
    },
  },
};
