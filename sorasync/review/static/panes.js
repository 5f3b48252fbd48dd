// The takes that are shown at once, side by side or one over the other, and playing as one.
"use strict";

Review.panes = (() => {
  const { el, put, icon, address, takes } = Review;
  const { idOf, titleOf } = takes;
  const MOST = 4;
  const BROKEN = "This cannot be shown: its file is missing, damaged, or of a kind that this browser does not play.";

  class Panes {
    // `page` has the `clip` that is shown and what its buttons do: `writable()`, `reject()`, and `changed()` after
    // other takes are shown. `draw` shows the time on the bar below, `ready` what can be played.
    constructor(page, draw, ready) {
      Object.assign(this, { page, draw, ready, list: [], active: 0, chosenNote: null });
      this.stage = el("div", { class: "stage-area" });
      this.comparison = new Review.comparison.Comparison(this.stage);
      this.player = new Review.player.Player(() => this.showTime());
    }

    get takes() { return this.list.map((pane) => pane.take); }
    get selected() { return this.list[this.active]; }
    at(take) { return this.list.findIndex((pane) => pane.id === idOf(take)); }

    // Takes as they are known now: those that are shown stay, and one that was rendered again makes room for the
    // new one, unless the earlier one was asked for.
    renew(first) {
      const { clip } = this.page;
      const known = new Map(takes.all(clip).map((take) => [idOf(take), take]));
      const renewed = (pane) => {
        const take = known.get(pane.id);
        if (!take || take.stage !== "retired" || pane.earlier) return take;
        return [...clip.takes, ...clip.steps].find((one) => one.address === take.address && one.video) || take;
      };
      const kept = this.list.map(renewed).filter((take) => take && take.video);
      if (this.list.length && kept.length === this.list.length && kept.every((take, index) => idOf(take) === this.list[index].id)) {
        kept.forEach((take, index) => { this.list[index].take = take; });
        this.label();
      } else {
        this.open(kept.length ? kept : first());
      }
    }

    open(shown) {
      const { player, comparison } = this, time = player.time;
      const before = new Map(this.list.map((pane) => [pane.id, pane]));
      this.list = shown.slice(0, MOST).map((take) => {
        const kept = before.get(idOf(take));
        before.delete(idOf(take));
        if (kept) { kept.take = take; return kept; }
        return this.paneOf(take);
      });
      for (const { video } of before.values()) if (video) { video.pause(); video.removeAttribute("src"); video.load(); }
      if (this.list.length !== 2) comparison.mode = "side";
      this.active = Math.min(this.active, Math.max(0, this.list.length - 1));
      player.use(this.list.filter((pane) => pane.video).map((pane) => [pane.video, pane.take.fps]));
      player.set(time);
      this.layOut();
      this.label();
      this.page.changed();
    }

    // Shows a take, or hides it where it is shown already; the last one stays.
    toggle(take) {
      const shown = this.takes, at = this.at(take), order = takes.all(this.page.clip);
      if (at >= 0) { if (shown.length > 1) shown.splice(at, 1); } else if (take.video) {
        if (shown.length >= MOST) shown.pop();
        shown.push(take);
        shown.sort((a, b) => order.indexOf(a) - order.indexOf(b));
      }
      this.open(shown);
    }

    showMore() {
      const hidden = this.page.clip.takes.find((take) => take.video && this.at(take) < 0);
      if (hidden && this.list.length < MOST) this.toggle(hidden);
    }

    compare() {
      if (this.list.length !== 2) this.open(this.page.clip.takes.filter((take) => take.video).slice(0, 2));
      this.setMode(this.comparison.modeAfter);
    }

    setMode(mode) {
      this.comparison.mode = this.list.length === 2 ? mode : "side";
      this.layOut();
      this.intoView();
    }

    intoView() {
      if (this.stage.getBoundingClientRect().top < 0) this.stage.scrollIntoView();
    }

    // Shows a frame of a take with its note, if it has one; `frame` counts the frames of that take.
    goTo(take, frame, note = null) {
      if (this.at(take) < 0) this.open([take, ...this.takes].slice(0, Math.max(1, this.list.length)));
      this.active = this.at(take);
      this.label();
      this.chosenNote = note;
      if (this.player.playing) this.player.pause();
      this.player.set(((frame || 0) + 0.5) / (take.fps || this.player.fps));
    }

    activate(index) {
      if (index < 0) return;
      this.active = index;
      this.mark();
      this.draw();
    }

    hear(pane) {
      if (!pane?.video) return;
      this.player.hear(this.player.heard === pane.video ? null : pane.video);
      this.label();
    }

    // The frame of its own that a pane shows: takes differ in their rates.
    frameOf(pane) {
      return pane.video ? Math.floor(pane.video.currentTime * (pane.take.fps || this.player.fps) + 0.01) : 0;
    }

    showTime() {
      this.draw();
      const seconds = this.player.playing ? 0.6 : 0;
      for (const pane of this.list) {
        const near = Math.max(1, Math.round(seconds * (pane.take.fps || this.player.fps)));
        pane.overlay.show(pane.take.notes, this.frameOf(pane), near, this.chosenNote);
      }
    }

    paneOf(take) {
      const video = take.picture ? null : el("video", { src: address.video(take.video), preload: "auto", playsinline: true, tabindex: "-1",
        "aria-label": take.label });
      const shown = video || el("img", { src: address.picture(take.video, take.picture), alt: take.label, draggable: "false" });
      if (video) video.muted = true;
      const overlay = new Review.notes.Overlay();
      const frame = el("div", { class: "frame" }, shown, overlay.node);
      shown.addEventListener(video ? "loadedmetadata" : "load", () => {
        const [width, height] = video ? [video.videoWidth, video.videoHeight] : [shown.naturalWidth, shown.naturalHeight];
        if (!width) return;
        frame.style.aspectRatio = `${width} / ${height}`;
        frame.style.setProperty("--ratio", width / height);
        this.ready();
      });
      // A video that is let go of has no address any more.
      shown.addEventListener("error", () => { if (shown.hasAttribute("src")) frame.append(el("p", { class: "broken" }, BROKEN)); }, { once: true });
      const label = el("div", { class: "pane-label" });
      const node = el("figure", { class: "pane", onpointerdown: () => this.activate(this.list.findIndex((pane) => pane.node === node)) },
        label, frame);
      return { id: idOf(take), earlier: take.stage === "retired", take, video, overlay, frame, label, node };
    }

    layOut() {
      const { stage, list, comparison } = this;
      const sideBySide = comparison.mode === "side";
      stage.className = `stage-area mode-${comparison.mode} panes-${list.length}`;
      for (const [index, pane] of list.entries()) {
        pane.frame.classList.toggle("on-top", !sideBySide && index === 1);
        pane.frame.style.clipPath = pane.frame.style.opacity = pane.frame.style.mixBlendMode = "";
      }
      if (!list.length) {
        put(stage, el("p", { class: "empty" }, this.page.emptyWords()));
      } else if (sideBySide) {
        for (const pane of list) pane.node.append(pane.label, pane.frame);
        put(stage, ...list.map((pane) => pane.node));
      } else {
        comparison.stack(list);
        comparison.blend(list[1].frame);
      }
      this.ready();
    }

    // Only the mark: a label that is drawn again takes away the button that is being pressed.
    mark() {
      this.list.forEach((pane, index) => pane.node.classList.toggle("active", this.list.length > 1 && index === this.active));
    }

    label() {
      this.mark();
      for (const pane of this.list) {
        Review.keepFocus(pane.label, () => put(pane.label, ...this.labelOf(pane)));
        pane.frame.classList.toggle("rejected", Boolean(pane.take.rejected));
      }
      this.ready();
    }

    labelOf(pane) {
      const { page, list, player } = this, { take } = pane, title = titleOf(page.clip, take);
      const failures = takes.failuresOf(take);
      return [
        el("strong", {}, title),
        takes.isPicked(page.clip, take) ? el("span", { class: "stage s-done" }, icon("star"), "picked") : null,
        take.rejected ? el("span", { class: "stage s-failed" }, "rejected") : null,
        take.stage === "retired" ? el("span", { class: "stage" }, "earlier") : null,
        failures.length ? el("span", { class: "stage s-failed", title: failures.map((one) => one.message).join("\n") }, takes.failureWords(take)) : null,
        el("span", { class: "space" }),
        page.writable() && take.stage !== "retired" ? el("button", { class: "small", onclick: () => { this.activate(list.indexOf(pane)); page.reject(); },
          "aria-label": take.rejected ? `Take back the rejection of ${title}` : `Reject ${title}` }, take.rejected ? "Take back" : "Reject") : null,
        list.length > 1 && pane.video ? el("button", { class: "small", "aria-pressed": String(player.heard === pane.video),
          "aria-label": `Sound of ${title}`, onclick: () => this.hear(pane) }, "Sound") : null,
      ];
    }

    close() { this.player.close(); }
  }

  return { Panes };
})();
