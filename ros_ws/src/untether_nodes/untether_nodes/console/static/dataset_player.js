const AHEAD = 8; // frames that are fetched before they are shown

export default {
  template: `
    <div class="dataset-player" v-show="shown" :data-episode="shown?.episode" :data-frame="drawn"
         :data-length="length" :data-playing="playing" :data-problem="problem">
      <p v-if="problem" class="dataset-problem">{{ problem }}</p>
      <template v-if="steps">
        <div class="dataset-cameras">
          <figure v-for="(camera, index) in steps.cameras" :key="camera">
            <img :src="pictures[index]" :data-camera="camera" :alt="camera">
            <figcaption>{{ camera.replace("observation.images.", "") }}</figcaption>
          </figure>
        </div>
        <div class="dataset-time">
          <button type="button" data-step="first" title="first frame" @click="step(-frame)">|◀</button>
          <button type="button" data-step="back" title="one frame back" @click="step(-1)">◀</button>
          <button type="button" data-step="play" class="play" @click="toggle">{{ playing ? "pause" : "play" }}</button>
          <button type="button" data-step="forward" title="one frame on" @click="step(1)">▶</button>
          <div class="dataset-slider">
            <input type="range" min="0" :max="length - 1" :value="frame" aria-label="frame" @input="seek">
            <div class="dataset-strip" title="orange: corrections of the operator" :style="{ background: strip }"></div>
          </div>
        </div>
        <div class="dataset-facts">
          <span class="number">frame {{ frame }} of {{ length }} · {{ (frame / steps.fps).toFixed(2) }} s</span>
          <span>commanded by <b data-fact="commander">{{ steps.commander[frame] }}</b>{{ steps.correction[frame] ? " (correction)" : "" }}</span>
          <span>reward <b data-fact="reward">{{ steps.reward[frame] ?? "not a number" }}</b></span>
        </div>
        <table class="drone-table" data-fact="action"><tbody><tr>
          <td v-for="(element, index) in steps.elements" :key="index">
            {{ element }} <span class="number">{{ steps.action[frame][index]?.toFixed(4) ?? "not a number" }}</span></td>
        </tr></tbody></table>
      </template>
    </div>`,
  props: { shown: Object, episodePath: String, picturePath: String },
  data() {
    return { steps: null, frame: 0, drawn: -1, pictures: [], playing: false, problem: "" };
  },
  computed: {
    length() {
      return this.steps?.reward.length ?? 0;
    },
    strip() {
      const corrected = this.steps.correction;
      const parts = [];
      for (let start = 0, frame = 1; frame <= this.length; frame++) {
        if (frame < this.length && corrected[frame] === corrected[start]) continue;
        const color = corrected[start] ? "#d98200" : "transparent";
        parts.push(`${color} ${(100 * start) / this.length}% ${(100 * frame) / this.length}%`);
        start = frame;
      }
      return `linear-gradient(to right, ${parts.join(", ")})`;
    },
  },
  watch: {
    shown: { handler: "load", immediate: true },
  },
  beforeUnmount() {
    this.playing = false;
  },
  methods: {
    async load() {
      const shown = this.shown;
      Object.assign(this, { steps: null, frame: 0, drawn: -1, pictures: [], playing: false, problem: "" });
      if (!shown) return;
      try {
        const answer = await fetch(`${this.episodePath}?${new URLSearchParams(shown)}`);
        if (!answer.ok) throw new Error(await answer.text());
        const steps = await answer.json();
        if (shown !== this.shown) return;
        this.steps = Object.freeze(steps);
        await this.show(0);
      } catch (error) {
        if (shown === this.shown) this.problem = error.message;
      }
    },
    address(camera, frame) {
      return `${this.picturePath}?${new URLSearchParams({ ...this.shown, camera, frame })}`;
    },
    fetchPictures(frame) {
      return this.steps.cameras.map((camera) => {
        const image = new Image();
        image.src = this.address(camera, frame);
        return image;
      });
    },
    // All cameras change together, once the last of them is there.
    async show(frame) {
      const shown = this.shown;
      this.frame = frame;
      const images = this.fetchPictures(frame);
      try {
        await Promise.all(images.map((image) => image.decode()));
      } catch {
        if (shown === this.shown) await this.explain(images[0].src);
        return;
      }
      if (shown !== this.shown || frame !== this.frame) return;
      this.pictures = images.map((image) => image.src);
      this.drawn = frame;
    },
    async explain(address) {
      this.playing = false;
      const answer = await fetch(address);
      this.problem = answer.ok ? "a picture cannot be shown" : await answer.text();
    },
    step(frames) {
      this.playing = false;
      const frame = Math.min(Math.max(this.frame + frames, 0), this.length - 1);
      return this.show(frame);
    },
    seek(event) {
      this.step(Number(event.target.value) - this.frame);
    },
    async toggle() {
      this.playing = !this.playing;
      if (!this.playing) return;
      const shown = this.shown;
      const turn = (this.turn = {}); // another press of the button begins another one
      if (this.frame === this.length - 1) await this.show(0);
      while (this.playing && turn === this.turn && shown === this.shown && this.frame < this.length - 1) {
        const start = performance.now();
        await this.show(this.frame + 1);
        if (this.frame + AHEAD < this.length) this.fetchPictures(this.frame + AHEAD);
        const rest = 1000 / this.steps.fps - (performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, Math.max(rest, 0)));
      }
      if (turn === this.turn) this.playing = false;
    },
  },
};
