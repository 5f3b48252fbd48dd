// An exported page: its answers came with it, and what is noted on it is kept here until it is sent back.
"use strict";

Review.offline = (() => {
  const { exported, el, ask } = Review;
  const place = `sorasync-review ${exported.made}`;
  const empty = { notes: {}, removed: [], rejected: {}, picks: {} };
  let kept = empty;
  try { kept = { ...empty, ...JSON.parse(localStorage.getItem(place) || "{}") }; } catch { /* nothing is kept from a file */ }

  const keep = () => { try { localStorage.setItem(place, JSON.stringify(kept)); } catch { /* as above */ } };
  const idOf = (given) => `${given.on} ${given.key || ""}`;
  const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

  // An answer as it was exported, with what was chosen since.
  function answer(path) {
    const found = structuredClone(exported.answers[path]);
    if (!found) throw new Error("this clip is not on this page");
    if (path === "/api/library") {
      for (const clip of found.clips) if (kept.picks[clip.name]) { clip.picked = kept.picks[clip.name]; clip.chooses = false; }
    }
    if (path.startsWith("/api/clip?")) {
      found.picked = kept.picks[found.name] || found.picked;
      for (const take of [...found.takes, ...found.steps]) {
        take.notes = [...take.notes.filter((note) => !kept.removed.includes(note.id) && !kept.notes[note.id]),
          ...Object.values(kept.notes).filter((note) => note.on === take.address && note.key === take.key)];
        const verdict = kept.rejected[`${take.address} ${take.key}`];
        if (verdict) take.rejected = verdict.reason === null ? null : { reason: verdict.reason, by: null };
      }
    }
    return found;
  }

  function post(path, given) {
    if (path === "/api/note" && given.id) {
      const known = kept.notes[given.id] || allNotes().find((note) => note.id === given.id);
      if (given.remove) { delete kept.notes[given.id]; kept.removed.push(given.id); } else kept.notes[given.id] = { ...known, ...given };
    } else if (path === "/api/note") {
      const id = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      kept.notes[id] = { id, on: given.on, key: given.key, frame: given.frame ?? null, text: given.text.trim(), reply_to: given.reply_to || null, box: given.box || null,
        arrow: given.arrow || null, done: false, by: null, at: now() };
    } else if (path === "/api/reject") {
      kept.rejected[idOf(given)] = { on: given.on, key: given.key, reason: given.reason, at: now() };
    } else if (path === "/api/pick") {
      if (given.take === null) delete kept.picks[given.clip]; else kept.picks[given.clip] = given.take;
    }
    keep();
    Review.reload();
    return { file: "this page", changes: 0, cost: "$0" };
  }

  const allNotes = () => Object.entries(exported.answers).filter(([path]) => path.startsWith("/api/clip?"))
    .flatMap(([, clip]) => clip.takes.concat(clip.steps).flatMap((take) => take.notes.map((note) => ({ ...note, key: take.key }))));

  // A file with everything that was noted, for `sorasync review --read`.
  async function send() {
    const count = Object.keys(kept.notes).length + Object.keys(kept.rejected).length + Object.keys(kept.picks).length;
    if (!count) { Review.toast("Nothing is noted yet."); return; }
    const name = el("input", { type: "text", "aria-label": "Your name", maxlength: "80", required: true });
    const words = `${Review.counted(count, "choice")} of yours as a file, to be sent back and read with sorasync review --read.`;
    const agreed = await ask("Export notes", el("div", {}, el("p", {}, words), el("label", {}, "Your name ", name)),
      [{ label: "Cancel", value: "" }, { label: "Save the file", value: "yes", primary: true }]);
    if (!agreed) return;
    const by = name.value.trim() || null;
    const notes = Object.values(kept.notes).map(({ remove, key, ...note }) => ({ ...note, render: key, by: note.by || by }));
    const rejected = Object.values(kept.rejected).filter((one) => one.reason !== null).map(({ key, ...one }) => ({ ...one, render: key, by }));
    const text = JSON.stringify({ format_version: 1, library: Review.library.library, notes, rejected, picks: kept.picks }, null, 2);
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "review-notes.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  return { answer, post, send };
})();
