// Notes at a frame, with a box or an arrow drawn on the picture.
"use strict";

Review.notes = (() => {
  const { el, svg, put, post, failed, toast, kept } = Review;

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

    // The same by keys: the first one puts it in the middle, then arrows move it and Shift moves its last corner or tip.
    turn(tool, key, tip, done) {
      const [x, y] = { ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, -0.02], ArrowDown: [0, 0.02] }[key];
      const before = this.drawing?.[tool];
      const moved = before ? before.map((value, index) => value + (tip && index < 2 ? 0 : index % 2 ? y : x)) : [0.4, 0.4, 0.6, 0.6];
      const kept = (value) => Math.max(0, Math.min(1, value));
      if (tool === "box" && (moved[2] <= moved[0] || moved[3] <= moved[1])) return;
      this.drawing = { [tool]: moved.map(kept) };
      done(this.drawing);
      this.again?.();
    }

    clear() {
      this.drawing = null;
      this.node.classList.remove("drawing");
      this.node.onpointerdown = this.node.onpointermove = this.node.onpointerup = null;
    }
  }

  // A text that is kept while it is written, so that Escape, another clip or a reload take nothing away: the next
  // form for the same `place` begins with it. `forget` when it was sent or dropped on purpose.
  function keptText(place, properties) {
    const text = el("textarea", { ...properties, required: true, maxlength: "4000", dir: "auto", value: kept.get(place) || "",
      oninput: () => kept.set(place, text.value) });
    return [text, () => kept.set(place, null)];
  }

  // The form of a new note. `draft` has `on`, `key` and `frame`; `left` is called when it is sent or dropped.
  function form(draft, overlay, left) {
    let tool = "box", drawn = {};
    const [text, forget] = keptText(`note ${draft.on} ${draft.key}`, { rows: "3", "aria-label": "Note",
      placeholder: "What is it? Drag on the picture to point at it." });
    const tools = ["box", "arrow"].map((name) => el("button", {
      type: "button", "aria-pressed": String(name === tool), title: "Arrow keys draw, with Shift they move the last corner", onkeydown: (event) => {
        if (!event.key.startsWith("Arrow")) return;
        event.preventDefault();
        event.stopPropagation();
        event.currentTarget.click();
        overlay.turn(tool, event.key, event.shiftKey, (what) => { drawn = what; });
      }, onclick: () => {
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
        forget();
        close();
      } catch (error) { failed(error); }
    };
    text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); close(); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
    });
    const node = el("form", { class: "note-form", onsubmit: (event) => { event.preventDefault(); send(); } },
      el("p", { class: "faint small" }, draft.label), text,
      el("div", { class: "row" }, el("span", { class: "segmented", role: "group", "aria-label": "Draw" }, tools),
        el("span", { class: "space" }), el("button", { type: "button", onclick: () => { forget(); close(); } }, "Cancel"),
        el("button", { type: "submit", class: "primary" }, "Save note")));
    return { node, focus: () => text.focus(), close };
  }

  async function change(note, fields) {
    try { await post("/api/note", { id: note.id, ...fields }); } catch (error) { failed(error); }
  }

  // The list of notes, each with its answers; `title` names a take, `go` shows a note at its frame.
  function list(takes, writable, title, go) {
    const all = takes.flatMap((take) => take.notes.map((note) => ({ take, note })));
    const known = new Set(all.map(({ note }) => note.id));
    const answers = Map.groupBy(all.filter(({ note }) => known.has(note.reply_to)), ({ note }) => note.reply_to);
    const first = all.filter(({ note }) => !known.has(note.reply_to));
    first.sort((a, b) => a.note.done - b.note.done || (a.note.frame || 0) - (b.note.frame || 0));
    if (!first.length) return el("p", { class: "faint" }, writable ? "No notes yet. Press n to write one." : "No notes.");
    const said = (note) => [
      el("span", { class: "faint small" }, note.by ? [el("bdi", {}, note.by), " · "] : null, (note.at || "").slice(0, 10)),
      el("p", { dir: "auto", class: "note-text" }, note.text)];
    const remove = (note) => el("button", { class: "small", onclick: async () => {
      await change(note, { remove: true });
      toast("Note removed", Review.exported ? null : { label: "Undo", run: Review.undo });
    } }, "Remove");
    const order = (a, b) => (a.note.at || "").localeCompare(b.note.at || "");
    return el("ol", { class: "notes" }, first.map(({ take, note }) => {
      const replies = (answers.get(note.id) || []).sort(order);
      const place = el("div", {});
      return el("li", { class: note.done ? "done" : "" },
        el("button", { class: "link", onclick: () => go(take, note) },
          `${title(take)}${take.stage === "retired" ? " (earlier)" : ""}${note.frame === null || take.picture ? "" : `, frame ${note.frame}`}`),
        said(note),
        replies.length ? el("ul", { class: "notes replies", "aria-label": "Replies" }, replies.map((one) => el("li", {}, said(one.note),
          writable ? el("div", { class: "row" }, remove(one.note)) : null))) : null,
        writable ? el("div", { class: "row" },
          el("button", { class: "small", onclick: () => answer(place, take, note) }, "Reply"),
          el("button", { class: "small", onclick: () => change(note, { done: !note.done }) }, note.done ? "Reopen" : "Settle"),
          remove(note)) : null, place);
    }));
  }

  function answer(place, take, note) {
    const [text, forget] = keptText(`reply ${note.id}`, { rows: "2", "aria-label": "Reply" });
    const send = async () => {
      if (!text.value.trim()) { text.focus(); return; }
      try {
        await post("/api/note", { on: take.address, key: take.key, reply_to: note.id, text: text.value });
        forget();
        Review.writing = false;
        await Review.reload();
      } catch (error) { failed(error); }
    };
    const leave = () => { Review.writing = false; place.replaceChildren(); Review.reload(); };
    text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); leave(); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
    });
    // Changes that arrive meanwhile must not take away what is being written.
    Review.writing = true;
    put(place, el("form", { class: "note-form", onsubmit: (event) => { event.preventDefault(); send(); } }, text,
      el("div", { class: "row" }, el("span", { class: "space" }), el("button", { type: "button", onclick: () => { forget(); leave(); } }, "Cancel"),
        el("button", { type: "submit", class: "primary" }, "Reply"))));
    text.focus();
  }

  return { Overlay, form, list };
})();
