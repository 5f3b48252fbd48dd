// Picking and rejecting takes, each with its question, its message and its undo.
"use strict";

Review.choosing = (() => {
  const { el, get, post, toast, failed, ask, counted, takes } = Review;

  const undoing = () => (Review.exported ? null : { label: "Undo", run: Review.undo });

  // `page` has the `clip`, `writable()`, `load()` after a change, and `closed` once somebody has left it.
  class Choosing {
    constructor(page) {
      this.page = page;
      this.turn = 0;
    }

    // Somebody who presses key after key means the last one.
    async pick(number) {
      const { page } = this, { clip } = page, turn = this.turn += 1;
      const take = clip.takes.find((one) => one.number === number);
      if (!page.writable()) return;
      if (!take || !clip.pickable) { toast(clip.pickable ? `There is no take ${number}` : "There is nothing to pick: it has one take"); return; }
      if (clip.picked === number) { toast(`Take ${number} is picked already`); return; }
      try {
        const then = Review.exported ? {} : await get("/api/pick-cost", { clip: clip.name, take: number });
        if (turn !== this.turn || page.closed) return;
        const doubtful = take.rejected || (then.failed || []).length > 0;
        if ((then.dearer || doubtful) && !await agreed(clip, take, then)) return;
        const done = await post("/api/pick", { clip: clip.name, take: number });
        await page.load();
        toast(Review.exported ? `Take ${number} is picked on this page` : `Take ${number} is picked; wrote ${done.file}. Plan: ${counted(done.changes, "change")}, ${done.cost}.`,
          undoing());
      } catch (error) { failed(error); }
    }

    async unpick() {
      const { page } = this;
      this.turn += 1;
      if (!page.writable() || !page.clip.picked) return;
      try {
        const done = await post("/api/pick", { clip: page.clip.name, take: null });
        await page.load();
        toast(`No take is picked; wrote ${done.file}.`, undoing());
      } catch (error) { failed(error); }
    }

    // Rejects a take with a reason, or takes that back.
    async reject(take) {
      const { page } = this, { clip } = page;
      if (!take || !page.writable() || take.stage === "retired") return;
      const sent = { on: take.address, key: take.key }, title = takes.titleOf(clip, take);
      try {
        if (take.rejected) {
          await post("/api/reject", { ...sent, reason: null });
          await page.load();
          toast(`The rejection of ${title} is undone`, undoing());
        } else {
          const reason = el("textarea", { rows: "3", "aria-label": "Reason", dir: "auto", maxlength: "4000", required: true });
          const answer = await ask(`Reject ${title.toLowerCase()} of ${clip.name}`, el("label", {}, "Why?", reason),
            [{ label: "Cancel", value: "" }, { label: "Reject", value: "yes", primary: true }]);
          if (!answer || !reason.value.trim()) return;
          await post("/api/reject", { ...sent, reason: reason.value });
          await page.load();
          toast(`${title} is rejected`, undoing());
        }
      } catch (error) { failed(error); }
    }
  }

  function agreed(clip, take, then) {
    const simulated = then.simulated ? " at these prices (simulated, nothing is billed)" : "";
    const parts = [
      then.dearer ? el("p", {}, `The plan would then have ${counted(then.changes, "change")} and cost `, el("strong", {}, then.cost),
        `${simulated}; now it costs ${then.cost_now}. Nothing is rendered before the next apply.`) : null,
      then.dearer && then.clips.length ? el("p", { class: "small" }, "Changes by it: ", then.clips.join(", ")) : null,
      ...(then.failed || []).map((text) => el("p", { class: "warning" }, `This take fails a check: ${text}`)),
      take.rejected ? el("p", { class: "warning" }, `This take was rejected: ${take.rejected.reason}`) : null,
      then.file ? el("p", { class: "faint small" }, `This writes ${then.file}.`) : null,
    ];
    return ask(`Pick take ${take.number} of ${clip.name}?`, el("div", {}, parts),
      [{ label: "Leave it", value: "" }, { label: `Pick take ${take.number}`, value: "yes", primary: true }]);
  }

  return { Choosing };
})();
