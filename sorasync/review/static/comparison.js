// Two takes in one place: wipe, blend and difference, and the slider that sets them.
"use strict";

Review.comparison = (() => {
  const { el, put } = Review;
  const MODES = [["side", "Side by side"], ["wipe", "Wipe"], ["blend", "Blend"], ["difference", "Difference"]];

  class Comparison {
    constructor(stage) {
      this.stage = stage;
      this.mode = "side";
      this.amount = 50;
      this.gain = 4;
    }

    get modeAfter() {
      return MODES[(MODES.findIndex(([value]) => value === this.mode) + 1) % MODES.length][0];
    }

    stack([one, other]) {
      const drag = (event) => this.drag(event);
      const stack = el("div", { class: "stack", onpointerdown: drag, onpointermove: drag }, one.frame, other.frame);
      put(this.stage, el("div", { class: "stack-labels" }, one.label, other.label), stack, this.slider(other.frame));
    }

    slider(top) {
      const power = this.mode === "difference", wipe = this.mode === "wipe";
      const range = el("input", { type: "range", min: power ? "1" : "0", max: power ? "16" : "100", value: power ? this.gain : this.amount,
        "aria-label": power ? "Gain" : wipe ? "Where the wipe is" : "How much of the second",
        oninput: () => { if (power) this.gain = Number(range.value); else this.amount = Number(range.value); this.blend(top); } });
      return el("label", { class: "row slider" }, power ? "Gain" : wipe ? "Wipe" : "Blend", range);
    }

    // Moves the slider, by keys or by a drag on the picture.
    slide(value) {
      const range = this.stage.querySelector(".slider input");
      range.value = value(Number(range.value));
      range.dispatchEvent(new Event("input"));
    }

    slideBy(direction) {
      this.slide((value) => value + direction * (this.mode === "difference" ? 1 : 5));
    }

    drag(event) {
      if (this.mode !== "wipe" || !event.buttons) return;
      const box = event.currentTarget.getBoundingClientRect();
      this.slide(() => ((event.clientX - box.left) / box.width) * 100);
    }

    blend(top) {
      this.stage.querySelector(".stack").style.filter = this.mode === "difference" ? `brightness(${this.gain})` : "";
      if (this.mode === "wipe") top.style.clipPath = `inset(0 0 0 ${this.amount}%)`;
      if (this.mode === "blend") top.style.opacity = this.amount / 100;
      if (this.mode === "difference") top.style.mixBlendMode = "difference";
    }
  }

  return { Comparison, MODES };
})();
