// Notes at a frame, with a box or an arrow drawn on the picture.
"use strict";

Review.notes = (() => {
  const { el, svg, put, post, failed, toast } = Review;

  function shape(note, seen) {
    const marks = [];
    if (note.box) {
      const [left, top, right, bottom] = note.box;
      marks.push(svg("rect", {
        x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top), class: seen,
      }));
    }
    if (note.arrow) {
      const [x, y, tipX, tipY] = note.arrow;
      const angle = Math.atan2(tipY - y, tipX - x), size = 0.035;
      const wing = (turn) => `${tipX - size * Math.cos(angle + turn)} ${tipY - size * Math.sin(angle + turn)}`;
      marks.push(svg("path", { d: `M${x} ${y}L${tipX} ${tipY}M${wing(0.5)}L${tipX} ${tipY}L${wing(-0.5)}`, class: seen }));
    }
    return marks;
  }

  // The drawings over one pane: those of the frame that is shown, and the one being drawn.
  class Overlay {
    constructor() {
      this.drawing = null;
      this.node = svg("svg", { class: "overlay", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    }

    show(notes, frame, near, chosen) {
      this.again = () => this.show(notes, frame, near, chosen);
      const shown = notes.filter((note) => !note.done && note.frame !== null && (note.box || note.arrow)
        && (note.id === chosen || (frame >= note.frame - 1 && frame <= note.frame + near)));
      const key = shown.map((note) => note.id).join() + JSON.stringify(this.drawing) + chosen;
      if (key === this.key) return;
      this.key = key;
      put(this.node, ...shown.flatMap((note) => shape(note, note.id === chosen ? "chosen" : "")),
        ...(this.drawing ? shape(this.drawing, "chosen") : []));
    }

    // Draw with the pointer: `done` gets what was drawn.
    draw(tool, done) {
      const node = this.node;
      node.classList.add("drawing");
      const at = (event) => {
        const box = node.getBoundingClientRect();
        const part = (value) => Math.max(0, Math.min(1, value));
        return [part((event.clientX - box.left) / box.width), part((event.clientY - box.top) / box.height)];
      };
      let start = null;
      node.onpointerdown = (event) => { start = at(event); node.setPointerCapture(event.pointerId); event.preventDefault(); };
      node.onpointermove = (event) => {
        if (!start) return;
        const end = at(event);
        const box = [Math.min(start[0], end[0]), Math.min(start[1], end[1]), Math.max(start[0], end[0]), Math.max(start[1], end[1])];
        this.drawing = tool() === "arrow" ? { arrow: [...start, ...end] } : { box };
        done(this.drawing);
        this.again?.();
      };
      node.onpointerup = () => { start = null; };
    }

    clear() {
      this.drawing = null;
      this.node.classList.remove("drawing");
      this.node.onpointerdown = this.node.onpointermove = this.node.onpointerup = null;
    }
  }

  // The form of a new note. `draft` has `on`, `key` and `frame`; `left` is called when it is sent or dropped.
  function form(draft, overlay, left) {
    let tool = "box", drawn = {};
    const text = el("textarea", { rows: "3", required: true, maxlength: "4000", "aria-label": "Note", dir: "auto",
      placeholder: "What is it? Drag on the picture to point at it." });
    const tools = ["box", "arrow"].map((name) => el("button", {
      type: "button", "aria-pressed": String(name === tool), onclick: () => {
        tool = name;
        tools.forEach((button, index) => button.setAttribute("aria-pressed", String(["box", "arrow"][index] === tool)));
      },
    }, name === "box" ? "Box" : "Arrow"));
    overlay.draw(() => tool, (what) => { drawn = what; });
    const close = () => { overlay.clear(); left(); };
    const send = async () => {
      if (!text.value.trim()) { text.focus(); return; }
      try {
        await post("/api/note", { ...draft, ...drawn, text: text.value });
        close();
      } catch (error) { failed(error); }
    };
    text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); close(); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
    });
    const node = el("form", { class: "note-form", onsubmit: (event) => { event.preventDefault(); send(); } },
      el("p", { class: "faint small" }, `${draft.label}, frame ${draft.frame}`), text,
      el("div", { class: "row" }, el("span", { class: "segmented", role: "group", "aria-label": "Draw" }, tools),
        el("span", { class: "space" }), el("button", { type: "button", onclick: close }, "Cancel"),
        el("button", { type: "submit", class: "primary" }, "Save note")));
    return { node, focus: () => text.focus(), close };
  }

  async function change(note, fields) {
    try { await post("/api/note", { id: note.id, ...fields }); } catch (error) { failed(error); }
  }

  // The list of notes; `go` shows one at its frame.
  function list(takes, writable, go) {
    const all = takes.flatMap((take) => take.notes.map((note) => ({ take, note })));
    all.sort((a, b) => a.note.done - b.note.done || (a.note.frame || 0) - (b.note.frame || 0));
    if (!all.length) return el("p", { class: "faint" }, writable ? "No notes yet. Press n to write one." : "No notes.");
    return el("ol", { class: "notes" }, all.map(({ take, note }) => el("li", { class: note.done ? "done" : "" },
      el("button", { class: "link", onclick: () => go(take, note) },
        `Take ${take.number}${note.frame === null ? "" : `, frame ${note.frame}`}`),
      el("span", { class: "faint small" }, el("bdi", {}, note.by || ""), note.at ? ` · ${note.at.slice(0, 10)}` : ""),
      el("p", { dir: "auto", class: "note-text" }, note.text),
      writable ? el("div", { class: "row" },
        el("button", { class: "small", onclick: () => change(note, { done: !note.done }) }, note.done ? "Reopen" : "Settle"),
        el("button", { class: "small", onclick: async () => {
          await change(note, { remove: true });
          toast("Note removed", Review.exported ? null : { label: "Undo", run: Review.undo });
        } }, "Remove")) : null)));
  }

  return { Overlay, form, list };
})();
