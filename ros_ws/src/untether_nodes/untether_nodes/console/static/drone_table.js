import { listen } from "/static/swarm_stream.js";

const PERIOD = 200; // [ms] between two updates of the numbers: people read no faster

export default {
  template: `
    <table class="drone-table" :class="{ stale: old }">
      <thead>
        <tr><th>drone</th><th>mode</th><th>position [m]</th><th>speed [m/s]</th><th>to goal [m]</th><th></th></tr>
      </thead>
      <tbody>
        <tr v-for="row in rows" :key="row.name" :data-drone="row.name">
          <td>{{ row.name }}</td>
          <td><span class="mode" :style="{ background: row.mode.color }">{{ row.mode.name }}</span>
            <span class="reason">{{ row.reason }}</span></td>
          <td class="number">{{ row.position }}</td>
          <td class="number">{{ row.speed }}</td>
          <td class="number">{{ row.distance }}</td>
          <td class="buttons">
            <button type="button" class="land" @click="$emit('land', row.name)">land</button>
            <button type="button" class="stop" :title="'stops the motors of ' + row.name" @click="stop(row.name)">EMERGENCY</button>
          </td>
        </tr>
      </tbody>
    </table>`,
  props: { stream: String, stale: Number, modes: Object },
  emits: ["land"],
  data() {
    return { rows: [], old: false };
  },
  mounted() {
    this.source = listen(this.stream, () => {});
    this.timer = setInterval(() => this.update(), PERIOD);
  },
  beforeUnmount() {
    clearInterval(this.timer);
  },
  methods: {
    update() {
      const { scene, frame } = this.source;
      if (!frame || frame.revision !== scene.revision) return;
      this.old = frame.ageNow() > this.stale;
      this.rows = scene.names.map((name, row) => this.describe(frame, row, name, scene.reasons[row]));
    },
    describe(frame, row, name, reason) {
      const position = frame.position(row);
      const goal = frame.goal(row);
      const distance = Math.hypot(...position.map((value, axis) => value - goal[axis]));
      return {
        name,
        reason,
        mode: this.modes[frame.modes[row]] ?? this.modes[255],
        position: Array.from(position, (value) => value.toFixed(2)).join(", "),
        speed: Math.hypot(...frame.velocity(row)).toFixed(2),
        distance: Number.isNaN(distance) ? "–" : distance.toFixed(2),
      };
    },
    stop(name) {
      window.untetherEmergency(name);
    },
  },
};
