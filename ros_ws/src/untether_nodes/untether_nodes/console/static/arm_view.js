// An arm in 3-D, moved by the joints that it tells, with its table, workspace and setpoint.
import { THREE } from "nicegui-scene";
import { join, leave } from "/static/arm_socket.js";
import { Stage } from "/static/stage.js";

const STALE_AGE = 1; // [s] of the state, beyond which the arm is drawn grey
const BOX_COLOR = "#2563c8";

// Axis of cylinders and capsules: y to z. Sizes are half of what is seen.
const SHAPES = {
  box: ([x, y, z]) => new THREE.BoxGeometry(2 * x, 2 * y, 2 * z),
  sphere: ([radius]) => new THREE.SphereGeometry(radius, 24, 16),
  cylinder: ([radius, half]) => new THREE.CylinderGeometry(radius, radius, 2 * half, 24).rotateX(Math.PI / 2),
  capsule: ([radius, half]) => new THREE.CapsuleGeometry(radius, 2 * half, 8, 24).rotateX(Math.PI / 2),
};

function put(object, { position, orientation }) {
  object.position.set(...position);
  object.quaternion.set(...orientation);
}

function makeShape(shape) {
  const [red, green, blue, opacity] = shape.color;
  const color = new THREE.Color().setRGB(red, green, blue, THREE.SRGBColorSpace);
  const material = new THREE.MeshStandardMaterial({ color, opacity, transparent: opacity < 1, roughness: 0.6 });
  const mesh = new THREE.Mesh(SHAPES[shape.kind](shape.size), material);
  put(mesh, shape);
  return mesh;
}

export default {
  template: `
    <div class="arm-view" :class="{ stale }">
      <canvas></canvas>
      <span v-if="stale" class="arm-view-stale">no state of the arm</span>
      <button type="button" @click="look">reset view</button>
      <div v-if="problem" class="swarm-problem">{{ problem }}</div>
    </div>`,
  props: { path: String, client: String, bodies: Array },
  data() {
    return { stale: true, problem: "" };
  },
  mounted() {
    try {
      this.stage = new Stage(this.$el);
    } catch {
      this.problem = "This browser shows no 3-D (WebGL is off); all else works.";
      return;
    }
    this.build();
    this.look();
    this.listener = {
      state: (arm) => this.take(arm),
      connection: (connected) => (this.stale ||= !connected),
    };
    join(this.path, this.client, this.listener);
  },
  beforeUnmount() {
    leave(this.listener);
    this.stage?.close();
  },
  methods: {
    build() {
      // What three.js holds must not be wrapped by Vue: plain attributes, none of them in data().
      this.links = this.bodies.map((body) => {
        const link = new THREE.Group();
        link.name = body.name;
        put(link, body);
        if (body.shapes.length) link.add(...body.shapes.map(makeShape));
        return link;
      });
      this.links.forEach((link, index) => (index ? this.links[this.bodies[index].parent] : this.stage.world).add(link));
      this.setpoint = new THREE.AxesHelper(0.1);
      this.setpoint.material.depthTest = false; // the hand does not hide it
      this.setpoint.renderOrder = 1;
      const edges = new THREE.EdgesGeometry(new THREE.BoxGeometry(1, 1, 1));
      this.workspace = new THREE.LineSegments(edges, new THREE.LineBasicMaterial({ color: BOX_COLOR }));
      this.setpoint.visible = this.workspace.visible = false;
      this.stage.world.add(this.setpoint, this.workspace);
    },
    look() {
      this.stage?.look([-0.2, -1.2, 0.85], [0.3, 0, 0.3]);
    },
    take(arm) {
      this.stale = arm.age === null || arm.age > STALE_AGE;
      const shown = JSON.stringify([arm.joints, arm.setpoint, arm.workspace]);
      if (shown === this.shown) return;
      this.shown = shown;
      this.bodies.forEach((body, index) => this.move(this.links[index], body, arm.joints?.[body.joint?.name]));
      this.setpoint.visible = !!arm.setpoint;
      if (arm.setpoint) put(this.setpoint, arm.setpoint);
      this.workspace.visible = !!arm.workspace;
      if (arm.workspace) {
        const [lower, upper] = arm.workspace.map((corner) => new THREE.Vector3(...corner));
        this.workspace.position.addVectors(lower, upper).multiplyScalar(0.5);
        this.workspace.scale.subVectors(upper, lower);
      }
      this.stage.dirty = true;
    },
    move(link, body, value) {
      if (value === undefined) return;
      put(link, body);
      const axis = new THREE.Vector3(...body.joint.axis);
      if (body.joint.slides) link.translateOnAxis(axis, value);
      else link.rotateOnAxis(axis, value);
    },
  },
};
