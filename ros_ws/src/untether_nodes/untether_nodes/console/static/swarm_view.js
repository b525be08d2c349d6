// The room of a swarm in 3-D. Drones of one swarm are instances of a few shapes: however many fly,
// the browser draws a dozen things.
import { THREE } from "nicegui-scene";
import { Stage } from "/static/stage.js";
import { listen } from "/static/swarm_stream.js";

const TRAIL = 60; // frames, 3 s
const ENLARGED = 4; // times the true size, so that a 9 cm drone is seen in a 10 m room
const DELAY = 60; // [ms] that the drawn drones are behind the newest frame, to move smoothly
const MOST_STEP = 1; // [m] between two frames, beyond which a drone was put elsewhere
const STALE_COLOR = new THREE.Color("#8a8f98");
const UP = new THREE.Vector3(0, 0, 1);

// A shape of which every drone has `places.length` copies.
class Part {
  constructor(scene, geometry, material, places) {
    this.geometry = geometry;
    this.material = material;
    this.places = places;
    this.scene = scene;
    this.mesh = undefined;
  }

  resize(count) {
    if (this.mesh) {
      this.scene.remove(this.mesh);
      this.mesh.dispose();
    }
    this.mesh = new THREE.InstancedMesh(this.geometry, this.material, Math.max(count, 1) * this.places.length);
    this.mesh.count = count * this.places.length;
    this.mesh.frustumCulled = false;
    this.scene.add(this.mesh);
  }

  set(row, matrix, color) {
    const local = new THREE.Matrix4();
    this.places.forEach((place, copy) => {
      const index = row * this.places.length + copy;
      this.mesh.setMatrixAt(index, local.multiplyMatrices(matrix, place));
      if (color) this.mesh.setColorAt(index, color);
    });
  }

  flush() {
    this.mesh.instanceMatrix.needsUpdate = true;
    if (this.mesh.instanceColor) this.mesh.instanceColor.needsUpdate = true;
  }
}

function makeParts(scene, rotors, radius) {
  const solid = (options) => new THREE.MeshStandardMaterial({ roughness: 0.6, ...options });
  const at = ([x, y, z]) => new THREE.Matrix4().makeTranslation(x, y, z);
  const reach = Math.hypot(rotors[0][0], rotors[0][1]);
  const arms = [Math.PI / 4, -Math.PI / 4].map((angle) => new THREE.Matrix4().makeRotationZ(angle));
  const flat = (geometry) => geometry.rotateX(Math.PI / 2); // axis y to z
  return {
    arms: new Part(scene, new THREE.BoxGeometry(2 * reach, 0.009, 0.006), solid({ color: "#3a3f47" }), arms),
    body: new Part(scene, new THREE.BoxGeometry(0.034, 0.028, 0.016), solid({}), [new THREE.Matrix4()]),
    nose: new Part(scene, flat(new THREE.ConeGeometry(0.009, 0.02, 8)).rotateY(Math.PI / 2).rotateX(Math.PI / 2), solid({ color: "#f5f6f8" }), [at([0.026, 0, 0.002])]),
    motors: new Part(scene, flat(new THREE.CylinderGeometry(0.005, 0.005, 0.018, 8)), solid({ color: "#22262b" }), rotors.map(at)),
    discs: new Part(scene, flat(new THREE.CylinderGeometry(radius, radius, 0.002, 20)), solid({ transparent: true, opacity: 0.75 }), rotors.map(([x, y, z]) => at([x, y, z + 0.01]))),
  };
}

function makeLabel(name) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [192, 64];
  const context = canvas.getContext("2d");
  context.font = "700 44px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 9;
  context.strokeStyle = "#ffffff";
  context.strokeText(name, 96, 32);
  context.fillStyle = "#16191d";
  context.fillText(name, 96, 32);
  const map = new THREE.CanvasTexture(canvas);
  map.colorSpace = THREE.SRGBColorSpace;
  const sprite = new THREE.Sprite(new THREE.SpriteMaterial({ map, depthTest: false, sizeAttenuation: false }));
  sprite.scale.set(0.09, 0.03, 1);
  sprite.center.set(0.5, -0.2); // above what it names
  sprite.renderOrder = 1; // columns do not hide it
  return sprite;
}

export default {
  template: `
    <div class="swarm-canvas">
      <canvas></canvas>
      <div class="swarm-options">
        <label><input type="checkbox" v-model="enlarged"> drones ${ENLARGED}× larger</label>
        <label><input type="checkbox" v-model="labelled"> names</label>
        <button type="button" @click="look">reset view</button>
      </div>
      <div v-if="problem" class="swarm-problem">{{ problem }}</div>
    </div>`,
  props: { stream: String, stale: Number, modes: Object, rotors: Array, radius: Number },
  data() {
    return { enlarged: true, labelled: true, problem: "" };
  },
  watch: {
    enlarged() {
      if (this.stage) this.stage.dirty = true;
    },
    labelled() {
      if (this.stage) this.stage.dirty = true;
    },
  },
  mounted() {
    try {
      this.stage = new Stage(this.$el, () => this.prepare());
    } catch {
      this.problem = "This browser shows no 3-D (WebGL is off); table and buttons work.";
    }
    this.source = listen(this.stream, (isScene) => (isScene ? this.takeScene() : this.takeFrame()));
    if (this.stage) this.build();
    if (this.source.scene) this.takeScene();
  },
  beforeUnmount() {
    this.stage?.close();
  },
  methods: {
    build() {
      // What three.js holds must not be wrapped by Vue: plain attributes, none of them in data().
      const { world } = this.stage;
      this.parts = makeParts(world, this.rotors, this.radius);
      this.room = new THREE.Group();
      world.add(this.room);
      this.names = new THREE.Group();
      world.add(this.names);
      this.goals = new Part(world, new THREE.SphereGeometry(0.07, 12, 8), new THREE.MeshBasicMaterial({ transparent: true, opacity: 0.55 }), [new THREE.Matrix4()]);
      this.trail = new THREE.LineSegments(new THREE.BufferGeometry(), new THREE.LineBasicMaterial({ vertexColors: true, transparent: true, opacity: 0.8 }));
      this.trail.frustumCulled = false;
      world.add(this.trail);
      this.frames = [];
      this.history = [];
      this.size = 10;
      this.look();
    },
    look() {
      this.stage.look([-0.3 * this.size, -0.85 * this.size, 0.6 * this.size], [0, -0.05 * this.size, 0.05 * this.size]);
    },
    takeScene() {
      if (!this.stage) return;
      const { scene } = this.source;
      const built = JSON.stringify([scene.room, scene.columns]);
      if (built !== this.built) this.buildRoom(scene);
      this.built = built;
      const named = scene.names.join();
      if (named !== this.named) this.buildDrones(scene.names);
      this.named = named;
      this.stage.dirty = true;
    },
    buildRoom({ room, columns }) {
      for (const part of this.room.children) {
        part.geometry.dispose();
        part.material.dispose();
      }
      this.room.clear();
      const grid = new THREE.GridHelper(room, Math.max(1, Math.round(room)), "#7d8794", "#7d8794");
      grid.material.transparent = true;
      grid.material.opacity = 0.45;
      grid.rotateX(Math.PI / 2);
      const edges = new THREE.LineSegments(
        new THREE.EdgesGeometry(new THREE.BoxGeometry(room, room, room)),
        new THREE.LineBasicMaterial({ color: "#7d8794", transparent: true, opacity: 0.3 }),
      );
      edges.position.z = room / 2;
      this.room.add(grid, edges);
      // Columns reach the ceiling; as high as drones fly they are drawn, so that they hide nothing.
      const height = Math.min(room, 2.5);
      const material = new THREE.MeshStandardMaterial({ color: "#9a8468", transparent: true, opacity: 0.85, roughness: 0.9 });
      const shape = new THREE.CylinderGeometry(1, 1, height, 24).rotateX(Math.PI / 2);
      const pillars = new THREE.InstancedMesh(shape, material, Math.max(columns.length, 1));
      pillars.count = columns.length;
      pillars.name = "columns";
      pillars.frustumCulled = false;
      columns.forEach(([x, y, radius], index) => {
        const matrix = new THREE.Matrix4().makeScale(radius, radius, 1).setPosition(x, y, height / 2);
        pillars.setMatrixAt(index, matrix);
      });
      this.room.add(pillars);
      if (room !== this.size) {
        this.size = room;
        this.look();
      }
    },
    buildDrones(names) {
      for (const part of [...Object.values(this.parts), this.goals]) part.resize(names.length);
      for (const label of this.names.children) {
        label.material.map.dispose();
        label.material.dispose();
      }
      this.names.clear();
      if (names.length) this.names.add(...names.map(makeLabel));
      const numbers = names.length * (TRAIL - 1) * 6;
      this.trail.geometry.dispose();
      this.trail.geometry = new THREE.BufferGeometry();
      for (const name of ["position", "color"]) {
        this.trail.geometry.setAttribute(name, new THREE.BufferAttribute(new Float32Array(numbers), 3).setUsage(THREE.DynamicDrawUsage));
      }
      this.frames = [];
      this.history = [];
    },
    takeFrame() {
      if (!this.stage) return;
      const { frame, scene } = this.source;
      if (frame.count !== scene.names.length) return;
      if (frame.age < this.stale) {
        this.frames = [...this.frames.slice(-1), frame];
        this.history.push(frame);
        if (this.history.length > TRAIL) this.history.shift();
        this.moving = true;
      } else if (!this.frames.length) {
        this.frames = [frame];
      }
      this.stage.dirty = true;
    },
    prepare() {
      const latest = this.frames.at(-1);
      const old = latest !== undefined && latest.ageNow() > this.stale;
      if (old !== this.old || this.moving) this.stage.dirty = true;
      this.old = old;
      if (!this.stage.dirty) return;
      if (latest) this.place(latest);
      // For whoever looks from outside, such as tests.
      this.$el.dataset.drones = latest ? latest.count : 0;
      this.$el.dataset.columns = this.source.scene?.columns.length ?? 0;
      this.$el.dataset.stale = old;
    },
    place(latest) {
      const before = this.frames[0];
      const span = latest.received - before.received;
      const passed = performance.now() - DELAY - before.received;
      const share = span > 0 ? Math.min(Math.max(passed / span, 0), 1) : 1;
      this.moving = share < 1;
      const scale = new THREE.Vector3().setScalar(this.enlarged ? ENLARGED : 1);
      const from = new THREE.Vector3();
      const position = new THREE.Vector3();
      const turn = new THREE.Quaternion();
      const fromTurn = new THREE.Quaternion();
      const matrix = new THREE.Matrix4();
      const hidden = new THREE.Matrix4().makeScale(0, 0, 0);
      const { arms, body, nose, motors, discs } = this.parts;
      for (let row = 0; row < latest.count; row++) {
        position.fromArray(latest.position(row));
        turn.fromArray(latest.orientation(row));
        from.fromArray(before.position(row));
        fromTurn.fromArray(before.orientation(row));
        if (from.distanceTo(position) < MOST_STEP) {
          position.lerpVectors(from, position, share);
          turn.slerpQuaternions(fromTurn, turn, share);
        }
        const color = this.old ? STALE_COLOR : this.color(latest.modes[row]);
        matrix.compose(position, turn, scale);
        for (const part of [arms, nose, motors]) part.set(row, matrix);
        for (const part of [body, discs]) part.set(row, matrix, color);
        const goal = latest.goal(row);
        const shown = !this.old && !Number.isNaN(goal[0]);
        this.goals.set(row, shown ? matrix.makeTranslation(...goal) : hidden, color);
        const label = this.names.children[row];
        label.visible = this.labelled;
        label.position.copy(position).addScaledVector(UP, 0.04 * scale.x);
      }
      for (const part of [...Object.values(this.parts), this.goals]) part.flush();
      this.drawTrails(latest);
    },
    drawTrails(latest) {
      const { position, color } = this.trail.geometry.attributes;
      let index = 0;
      const fade = new THREE.Color();
      for (let step = 1; step < this.history.length; step++) {
        const [older, newer] = [this.history[step - 1], this.history[step]];
        for (let row = 0; row < latest.count; row++) {
          const [start, end] = [older.position(row), newer.position(row)];
          const jumped = Math.hypot(start[0] - end[0], start[1] - end[1], start[2] - end[2]) > MOST_STEP;
          position.array.set(jumped ? end : start, index);
          position.array.set(end, index + 3);
          fade.copy(this.old ? STALE_COLOR : this.color(newer.modes[row]));
          fade.toArray(color.array, index);
          fade.toArray(color.array, index + 3);
          index += 6;
        }
      }
      this.trail.geometry.setDrawRange(0, index / 3);
      position.needsUpdate = true;
      color.needsUpdate = true;
    },
    color(mode) {
      this.palette ??= Object.fromEntries(Object.entries(this.modes).map(([value, style]) => [value, new THREE.Color(style.color)]));
      return this.palette[mode] ?? this.palette[255];
    },
  },
};
