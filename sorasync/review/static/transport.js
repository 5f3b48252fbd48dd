// The bar below the pictures: play, frames, the part that is looped, speed, sound, and how two are compared.
"use strict";

Review.transport = (() => {
  const { el, svg, put, icon } = Review;
  const SPEEDS = [0.25, 0.5, 1, 1.5, 2];

  class Transport {
    constructor(panes) {
      const { player } = panes;
      const button = (label, name, run) => el("button", { class: "round", "aria-label": label, title: label, onclick: run }, icon(name));
      const end = (side, label) => el("button", { "aria-pressed": "false", "aria-label": label, title: label,
        onclick: () => this.setEnd(side, player[side] === null ? player.time : null) }, label.split(":")[0]);
      this.panes = panes;
      this.player = player;
      this.play = button("Play", "play", () => player.toggle());
      this.scrub = el("input", { type: "range", min: "0", max: "1", value: "0", step: "1", class: "scrub", "aria-label": "Frame",
        oninput: () => { if (player.playing) player.pause(); player.toFrame(Number(this.scrub.value)); } });
      this.marks = svg("svg", { class: "marks", viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" });
      this.time = el("output", { class: "time" });
      this.speed = el("select", { "aria-label": "Speed", onchange: () => player.setSpeed(Number(this.speed.value)) },
        SPEEDS.map((value) => el("option", { value, selected: value === 1 }, `${value}×`)));
      this.from = end("from", "In: loop from here");
      this.to = end("to", "Out: loop to here");
      this.loop = el("button", { "aria-pressed": "true", onclick: () => this.switchLoop() }, "Loop");
      this.sound = el("button", { "aria-pressed": "false", onclick: () => panes.hear(panes.selected) }, "Sound");
      this.modes = el("span", { class: "segmented modes", role: "group", "aria-label": "Compare" }, Review.comparison.MODES.map(([value, label]) =>
        el("button", { "aria-pressed": String(value === "side"), "data-mode": value, onclick: () => panes.setMode(value) }, label)));
      this.node = el("div", { class: "transport" },
        el("div", { class: "scrubber" }, this.scrub, this.marks),
        el("div", { class: "row wrap" },
          button("One frame back", "back", () => player.step(-1)), this.play,
          button("One frame forward", "forward", () => player.step(1)), this.time, el("span", { class: "space" }),
          el("span", { class: "segmented", role: "group", "aria-label": "Loop" }, this.from, this.to, this.loop), this.sound, this.speed, this.modes));
    }

    // What there is to play: its length, its open notes and the looped part on the line, how two are compared.
    ready() {
      const { player, panes } = this, { list } = panes;
      this.scrub.max = player.frames - 1;
      const part = (seconds) => ((seconds * player.fps) / Math.max(1, player.frames - 1)) * 1000;
      const dots = panes.takes.flatMap((take) => take.notes.filter((note) => note.frame !== null && !note.done)
        .map((note) => svg("rect", { x: part(note.frame / (take.fps || player.fps)) - 3, y: 0, width: 6, height: 10, class: "dot" })));
      const from = part(player.from || 0), to = part(player.to ?? player.length);
      const looped = player.from !== null || player.to !== null
        ? [svg("rect", { x: from, y: 4, height: 3, class: "loop", width: Math.max(0, to - from) })] : [];
      put(this.marks, ...looped, ...dots);
      this.sound.hidden = list.length > 1;
      this.modes.hidden = list.length !== 2;
      for (const one of this.modes.children) one.setAttribute("aria-pressed", String(one.dataset.mode === panes.comparison.mode));
      const moving = list.some((pane) => pane.video);
      this.node.classList.toggle("pictures", !moving);
      this.node.hidden = !list.length || (!moving && list.length !== 2);
    }

    showTime() {
      const { player, panes } = this;
      this.scrub.value = player.frame;
      this.scrub.setAttribute("aria-valuetext", `frame ${player.frame}, ${player.time.toFixed(2)} seconds`);
      this.time.textContent = `${player.time.toFixed(2)} s · frame ${player.frame} of ${player.frames}`;
      const label = player.playing ? "Pause" : "Play";
      if (this.play.getAttribute("aria-label") !== label) {
        this.play.setAttribute("aria-label", label);
        this.play.title = label;
        put(this.play, icon(player.playing ? "pause" : "play"));
      }
      const pressed = (button, is) => button.setAttribute("aria-pressed", String(Boolean(is)));
      pressed(this.loop, player.loop);
      pressed(this.from, player.from !== null);
      pressed(this.to, player.to !== null);
      pressed(this.sound, panes.selected?.video && player.heard === panes.selected.video);
      if (this.speed.value !== String(player.speed)) this.speed.value = player.speed;
    }

    switchLoop() {
      this.player.loop = !this.player.loop;
      this.showTime();
    }

    // One end of the looped part, or none with null. An end before the beginning is none.
    setEnd(side, time) {
      const { player } = this;
      player[side] = time;
      if (player.from !== null && player.to !== null && player.to <= player.from) player[side === "from" ? "to" : "from"] = null;
      player.loop = true;
      this.ready();
      this.showTime();
    }

    loopAll() {
      this.player.from = null;
      this.setEnd("to", null);
    }

    changeSpeed(by) {
      const at = SPEEDS.indexOf(this.player.speed) + by;
      this.player.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))]);
    }
  }

  return { Transport };
})();
