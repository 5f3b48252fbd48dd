// One clip: its takes playing side by side, and around them everything that is known of it.
"use strict";

Review.clip = (() => {
  const { el, put, keepFocus, icon, get, address, toast, money, costs, takes } = Review;

  class ClipPage {
    constructor(main, name) {
      Object.assign(this, { main, name, clip: null, closed: false, gone: false, loaded: "", asked: 0, drawn: 0, form: null });
      this.panes = new Review.panes.Panes(this, () => this.transport?.showTime(), () => this.transport?.ready());
      this.player = this.panes.player;
      this.transport = new Review.transport.Transport(this.panes);
      this.choosing = new Review.choosing.Choosing(this);
      this.strip = el("div", { class: "takes", role: "group", "aria-label": "Takes" });
      this.side = el("div", { class: "aside" });
      this.head = el("div", { class: "clip-head" });
      this.formPlace = el("div", {});
      this.write = this.write.bind(this);
      this.layout = el("div", { class: "clip-layout" },
        el("div", { class: "clip-main" }, this.panes.stage, this.transport.node, this.strip), el("div", { class: "aside" }, this.formPlace, this.side));
      put(main, this.head, this.layout);
    }

    writable() { return Review.library.writable; }
    reject() { return this.choosing.reject(this.panes.selected?.take); }
    changed() { if (this.clip) this.drawStrip(); }

    update() { if (!this.form && !Review.writing) this.load(); }

    close() {
      this.closed = true;
      Review.writing = false;
      this.panes.close();
    }

    async load() {
      const asked = this.asked += 1;
      let fresh = null;
      try { fresh = await get("/api/clip", { name: this.name }); } catch (error) { this.missing(error); return; }
      // What somebody began to write while this was on its way stays; closing the form loads again. An answer that
      // was overtaken by a later one is of no use.
      if (this.closed || this.form || Review.writing || asked < this.drawn) return;
      this.drawn = asked;
      const row = Review.library.clips.find((one) => one.name === this.name);
      const seen = JSON.stringify([fresh, row]);
      // Nothing is drawn again for nothing: it would take the focus away.
      if (seen === this.loaded && !this.gone) return;
      if (this.gone) put(this.main, this.head, this.layout);
      Object.assign(this, { clip: fresh, loaded: seen, gone: false });
      this.panes.renew(() => this.first());
      keepFocus(this.main, () => { this.drawHead(row); this.drawStrip(); put(this.side, Review.clipSide.sections(this.side, this)); });
      this.panes.showTime();
    }

    // A clip that was taken out of the manifests may come back. A server that does not answer takes nothing away.
    missing(error) {
      if (this.closed || (this.clip && error.status !== 409)) return;
      this.gone = true;
      this.player.pause();
      put(this.main, el("div", { class: "empty" }, el("p", {}, Review.sentence(error.message)), el("p", {}, el("a", { href: "#/" }, "All clips"))));
    }

    // What is shown at first: the takes to choose from, or what the clip stands for.
    first() {
      const { clip } = this, here = clip.takes.filter((take) => take.video), done = clip.steps.filter((step) => step.video);
      if (done.length) return [done[done.length - 1]];
      const unrejected = here.filter((take) => !take.rejected);
      const small = innerWidth < 700 ? 2 : 3;
      const picked = here.filter((take) => take.number === clip.picked);
      return picked.length ? picked : (unrejected.length ? unrejected : here).slice(0, small);
    }

    // Why there is nothing to see.
    emptyWords() {
      const { clip } = this;
      if (!clip) return "Loading …";
      const flying = clip.takes.find((take) => take.stage === "in flight");
      if (flying) return `In flight${flying.progress === null ? "" : `: ${flying.progress}%`}. It appears here when it is done.`;
      const other = clip.waits_for && clip.waits_for.replace(/^clip\./, "");
      if (other && other !== clip.name) return ["It waits for a pick of ", el("a", { href: address.clip(other) }, el("bdi", {}, other)), "."];
      const stuck = clip.takes.find((take) => ["failed", "blocked", "lost"].includes(take.stage) && take.reason);
      if (stuck) return [el("strong", {}, Review.sentence(stuck.stage)), " ", Review.sentence(stuck.reason)];
      return "Nothing is rendered yet.";
    }

    drawHead(row) {
      const { clip } = this, names = Review.grid.order(), at = names.indexOf(clip.name);
      const link = (label, name, text) => el("a", { class: `button${name ? "" : " off"}`, href: name ? address.clip(name) : null,
        "aria-disabled": name ? null : "true", "aria-label": label }, text);
      put(this.head,
        el("div", { class: "row wrap" },
          el("a", { href: "#/", class: "button" }, icon("left"), "Clips"),
          el("h2", { dir: "auto" }, el("bdi", {}, clip.name)), row ? Review.grid.badge(row) : null,
          el("span", { class: "space" }),
          row && costs(row.cost) ? el("span", { class: "price" }, `to go ${money(row.cost)}`) : null,
          row && costs(row.later) ? el("span", { class: "price" }, `once picked ${money(row.later)}`) : null,
          el("span", { class: "row" }, link("Previous clip", names[at - 1], ["← ", el("span", { class: "word" }, "Previous")]),
            link("Next clip", names[at + 1], [el("span", { class: "word" }, "Next"), " →"]))),
        clip.description ? el("p", { class: "faint", dir: "auto" }, clip.description) : null);
    }

    // The takes, and the steps that follow them, as a line of small pictures.
    drawStrip() {
      const { clip } = this;
      this.strip.hidden = clip.takes.length + clip.steps.length < 2;
      put(this.strip, ...clip.takes.map((take) => this.chip(take)),
        ...clip.steps.flatMap((step) => [el("span", { class: "arrow", "aria-hidden": "true" }, "→"), this.chip(step)]));
    }

    chip(take) {
      const { clip, panes } = this, title = takes.titleOf(clip, take), shown = panes.at(take) >= 0;
      const picked = takes.isPicked(clip, take), failing = takes.failuresOf(take).length > 0 && !take.rejected;
      const words = take.rejected ? take.rejected.reason : failing ? takes.failureWords(take) : takes.paidWords(take);
      return el("div", { class: `take${shown ? " shown" : ""}${take.rejected ? " rejected" : ""}` },
        el("button", { class: "thumb", "aria-pressed": String(shown), disabled: !take.video, "aria-label": `Show ${title}`, onclick: () => panes.toggle(take) },
          take.video ? el("img", { src: address.poster(take.video), alt: "" }) : el("span", { class: "faint small" }, takes.stateOf(take))),
        el("div", { class: "row" }, el("span", { class: "take-name" }, title),
          picked ? el("span", { class: "picked", title: "picked" }, icon("star"), el("span", { class: "hidden" }, "picked")) : null,
          el("span", { class: "space" }),
          this.writable() && picked ? el("button", { class: "small", onclick: () => this.choosing.unpick(), "aria-label": "Clear the pick" }, "Clear") : null,
          this.writable() && takes.canBePicked(clip, take)
            ? el("button", { class: "small", onclick: () => this.choosing.pick(take.number), "aria-label": `Pick take ${take.number}` }, "Pick") : null),
        el("span", { class: `small one-line ${failing ? "failing" : "faint"}`, dir: "auto", title: words }, words));
    }

    // A note at the frame that is shown.
    write() {
      const { panes } = this, pane = panes.selected;
      if (!pane || !this.writable() || this.form) return;
      this.player.pause();
      if (panes.comparison.mode !== "side") panes.setMode("side");
      const frame = panes.frameOf(pane), title = takes.titleOf(this.clip, pane.take);
      const draft = { on: pane.take.address, key: pane.take.key, frame, label: pane.video ? `${title}, frame ${frame}` : title };
      this.form = Review.notes.form(draft, pane.overlay, () => { this.form = null; this.formPlace.replaceChildren(); this.load(); });
      // Beside the picture, or right below it: one draws on it meanwhile.
      if (innerWidth > 980) this.side.before(this.formPlace);
      else panes.stage.after(this.formPlace);
      put(this.formPlace, this.form.node);
      this.form.focus();
      panes.intoView();
      this.formPlace.scrollIntoView({ block: "nearest" });
    }

    // The open notes one after the other; the focus goes along, to answer or settle them.
    nextNote() {
      const links = [...this.side.querySelectorAll(".notes > li:not(.done) > button.link")];
      if (!links.length) { toast("No open note"); return; }
      const next = links[(links.findIndex((one) => one.closest("li").contains(document.activeElement)) + 1) % links.length];
      next.click();
      next.focus();
      this.panes.intoView();
    }

    nextClip(by) {
      const names = Review.grid.order(), next = names[names.indexOf(this.name) + by];
      if (next !== undefined) location.hash = address.clip(next);
    }

    keys() {
      const { panes, player, transport, choosing } = this;
      // Before the clip is there, and after it is gone, its keys do nothing.
      const here = () => this.clip && !this.gone;
      const one = (keys, match, label, run, when = () => true) => ({ keys, match, label, run, when: () => here() && when() });
      return [
        one("Space k", [" ", "k"], "Play and pause", () => player.toggle()),
        one(", . ← →", [",", ".", "ArrowLeft", "ArrowRight"], "One frame back and forward",
          (key) => player.step(key === "," || key === "ArrowLeft" ? -1 : 1)),
        one("j l", ["j", "l"], "One second back and forward", (key) => player.step(Math.round(player.fps) * (key === "j" ? -1 : 1))),
        one("Home End", ["Home", "End"], "First and last frame", (key) => player.toFrame(key === "Home" ? 0 : player.frames)),
        one("i o p", ["i", "o", "p"], "Loop from here, to here, and all of it again",
          (key) => { if (key === "p") transport.loopAll(); else transport.setEnd(key === "i" ? "from" : "to", player.time); }),
        one("r", ["r"], "Loop on and off", () => transport.switchLoop()),
        one("[ ]", ["[", "]"], "Slower and faster", (key) => transport.changeSpeed(key === "[" ? -1 : 1)),
        one("1 … 9", [..."123456789"], "Pick that take", (key) => choosing.pick(Number(key))),
        one("Enter", ["Enter"], "Pick the selected take", () => {
          if (this.clip.takes.includes(panes.selected?.take)) choosing.pick(panes.selected.take.number);
        }),
        one("0", ["0"], "Clear the pick", () => choosing.unpick()),
        one("x", ["x"], "Reject the selected take, or undo that", () => this.reject()),
        one("n", ["n"], "Write a note at this frame", this.write),
        one("t", ["t"], "Select the next take", () => panes.activate((panes.active + 1) % Math.max(1, panes.list.length))),
        one("s", ["s"], "Hear the selected take", () => panes.hear(panes.selected)),
        one("+ -", ["+", "-"], "Show one more take, hide the selected one",
          (key) => { if (key === "+") panes.showMore(); else if (panes.selected) panes.toggle(panes.selected.take); }),
        one("e", ["e"], "Go to the next open note", () => this.nextNote()),
        one("↑ ↓", ["ArrowUp", "ArrowDown"], "More and less of a wipe, blend or gain",
          (key) => panes.comparison.slideBy(key === "ArrowUp" ? 1 : -1), () => panes.comparison.mode !== "side"),
        one("c", ["c"], "Compare two: wipe, blend, difference", () => panes.compare()),
        { keys: "Shift+P Shift+N", match: ["P", "N"], label: "Previous and next clip", run: (key) => this.nextClip(key === "P" ? -1 : 1) },
        { keys: "Escape", match: ["Escape"], label: "Back to the overview",
          run: () => { if (this.form) this.form.close(); else location.hash = "#/"; } },
      ];
    }
  }

  function show(main, name) {
    const page = new ClipPage(main, name);
    Review.bindings.view = page.keys();
    page.load();
    return page;
  }

  return { show };
})();
