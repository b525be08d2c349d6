// What every view in 3-D has: lights, a camera that mouse or fingers move, and a canvas that is drawn
// anew when something changed.
import { OrbitControls, THREE } from "nicegui-scene";

export class Stage {
  // Throws where the browser has no WebGL. `prepare`, if any, is called before each frame of the browser;
  // that is drawn when `dirty` is set.
  constructor(element, prepare) {
    this.element = element;
    this.prepare = prepare;
    this.renderer = new THREE.WebGLRenderer({ antialias: true, alpha: true, canvas: element.querySelector("canvas") });
    this.world = new THREE.Scene();
    this.world.add(new THREE.HemisphereLight(0xffffff, 0x777777, 2.2));
    const sun = new THREE.DirectionalLight(0xffffff, 1.6);
    sun.position.set(4, -3, 9);
    this.world.add(sun);
    this.camera = new THREE.PerspectiveCamera(45, 1, 0.05, 100);
    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, this.renderer.domElement);
    this.controls.addEventListener("change", () => (this.dirty = true));
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(element);
    this.resize();
    requestAnimationFrame(() => this.draw());
  }

  close() {
    this.closed = true;
    this.observer.disconnect();
    this.renderer.dispose();
  }

  look(from, at) {
    this.camera.position.set(...from);
    this.controls.target.set(...at);
    this.controls.update();
    this.dirty = true;
  }

  resize() {
    const { clientWidth, clientHeight } = this.element;
    if (!clientWidth || !clientHeight) return;
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.camera.aspect = clientWidth / clientHeight;
    this.camera.updateProjectionMatrix();
    this.dirty = true;
  }

  draw() {
    if (this.closed) return;
    requestAnimationFrame(() => this.draw());
    this.prepare?.();
    if (!this.dirty) return;
    this.dirty = false;
    this.renderer.render(this.world, this.camera);
  }
}
