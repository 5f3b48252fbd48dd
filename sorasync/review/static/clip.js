// One clip: its takes side by side, playing as one, and everything that is known of them.
"use strict";

Review.clip = (() => {
  const { el, svg, put, keepFocus, icon, get, post, address, toast, failed, ask, money, dollars, costs, diffOf, counted } = Review;
  const MOST_PANES = 4;
  const SPEEDS = [0.25, 0.5, 1, 1.5, 2];

  function show(main, name) {
    let clip = null, loaded = "", panes = [], writing = null, active = 0, chosenNote = null, closed = false;
    const player = new Review.player.Player(() => showTime());
    const stage = el("div", { class: "stage-area" });
    const comparison = new Review.comparison.Comparison(stage);
    const strip = el("div", { class: "takes", role: "group", "aria-label": "Takes" });
    const side = el("div", { class: "aside" });
    const transport = bar();
    const head = el("div", { class: "clip-head" });
    const formPlace = el("div", {});
    put(main, head, el("div", { class: "clip-layout" },
      el("div", { class: "clip-main" }, stage, transport.node, strip), el("div", { class: "aside" }, formPlace, side)));

    const writable = () => Review.library.writable;
    const everyTake = () => [...clip.takes, ...clip.steps, ...clip.revisions.flatMap((one) => one.takes)];
    const idOf = (take) => `${take.address} ${take.key}`;

    async function load() {
      let fresh = null;
      try { fresh = await get("/api/clip", { name }); } catch (error) {
        if (!closed) put(main, el("p", { class: "empty" }, error.message));
        return;
      }
      // What somebody began to write while this was on its way stays; closing the form loads again.
      if (closed || writing || Review.writing) return;
      const row = Review.library.clips.find((one) => one.name === name);
      const seen = JSON.stringify([fresh, row]);
      // Nothing is drawn again for nothing: it would take the focus away.
      if (seen === loaded) return;
      clip = fresh;
      loaded = seen;
      const known = new Map(everyTake().map((take) => [idOf(take), take]));
      // A take that was rendered again makes room for the new one, unless the earlier one was asked for.
      const renewed = (pane) => {
        const take = known.get(pane.id);
        if (!take || take.stage !== "retired" || pane.earlier) return take;
        return [...clip.takes, ...clip.steps].find((one) => one.address === take.address && one.video) || take;
      };
      const kept = panes.map(renewed).filter((take) => take && take.video);
      if (panes.length && kept.length === panes.length && kept.every((take, index) => idOf(take) === panes[index].id)) {
        kept.forEach((take, index) => { panes[index].take = take; });
        labelPanes();
      } else {
        open(kept.length ? kept : first());
      }
      keepFocus(main, () => { drawHead(); drawStrip(); drawSide(); });
      showTime();
    }

    // What is shown at first: the takes to choose from, or what the clip stands for.
    function first() {
      const here = clip.takes.filter((take) => take.video);
      const done = clip.steps.filter((step) => step.video);
      if (done.length) return [done[done.length - 1]];
      const unrejected = here.filter((take) => !take.rejected);
      const small = innerWidth < 700 ? 2 : 3;
      const picked = here.filter((take) => take.number === clip.picked);
      return picked.length ? picked : (unrejected.length ? unrejected : here).slice(0, small);
    }

    // ---- panes

    function paneOf(take) {
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
        transport.ready();
      });
      const label = el("div", { class: "pane-label" });
      const node = el("figure", { class: "pane", onpointerdown: () => { activate(panes.findIndex((p) => p.node === node)); } },
        label, frame);
      return { id: idOf(take), earlier: take.stage === "retired", take, video, overlay, frame, label, node };
    }

    function open(takes) {
      const time = player.time;
      const before = new Map(panes.map((pane) => [pane.id, pane]));
      panes = takes.slice(0, MOST_PANES).map((take) => {
        const kept = before.get(idOf(take));
        before.delete(idOf(take));
        if (kept) { kept.take = take; return kept; }
        return paneOf(take);
      });
      for (const { video } of before.values()) if (video) { video.pause(); video.removeAttribute("src"); video.load(); }
      if (panes.length !== 2) comparison.mode = "side";
      active = Math.min(active, Math.max(0, panes.length - 1));
      player.use(panes.filter((pane) => pane.video).map((pane) => [pane.video, pane.take.fps]));
      player.set(time);
      layOut();
      labelPanes();
      if (clip) drawStrip();
    }

    function layOut() {
      const sideBySide = comparison.mode === "side";
      stage.className = `stage-area mode-${comparison.mode} panes-${panes.length}`;
      if (!panes.length) {
        put(stage, el("p", { class: "empty" }, emptyWords()));
        return;
      }
      for (const [index, pane] of panes.entries()) {
        pane.frame.classList.toggle("on-top", !sideBySide && index === 1);
        pane.frame.style.clipPath = pane.frame.style.opacity = pane.frame.style.mixBlendMode = "";
      }
      if (sideBySide) {
        for (const pane of panes) pane.node.append(pane.label, pane.frame);
        put(stage, ...panes.map((pane) => pane.node));
      } else {
        comparison.stack(panes);
        comparison.blend(panes[1].frame);
      }
      transport.modes();
    }

    function emptyWords() {
      const flying = clip.takes.find((take) => take.stage === "in flight");
      if (flying) return `In flight${flying.progress === null ? "" : `: ${flying.progress}%`}. It appears here when it is done.`;
      const other = clip.waits_for && clip.waits_for.replace(/^clip\./, "");
      if (other && other !== clip.name) return ["It waits for a pick of ", el("a", { href: address.clip(other) }, el("bdi", {}, other)), "."];
      return "Nothing is rendered yet.";
    }

    function activate(index) {
      if (index < 0) return;
      active = index;
      markActive();
      transport.time();
    }

    // Only the mark: a label that is drawn again takes away the button that is being pressed.
    function markActive() {
      panes.forEach((pane, index) => pane.node.classList.toggle("active", panes.length > 1 && index === active));
    }

    function labelPanes() {
      markActive();
      panes.forEach((pane, index) => {
        const take = pane.take;
        const isPicked = clip.pickable && isTake(take) && take.number === clip.picked;
        put(pane.label,
          el("strong", {}, titleOf(take)),
          isPicked ? el("span", { class: "stage s-done" }, icon("star"), "picked") : null,
          take.rejected ? el("span", { class: "stage s-failed" }, "rejected") : null,
          take.stage === "retired" ? el("span", { class: "stage" }, "earlier") : null,
          failuresOf(take).length ? el("span", { class: "stage s-failed", title: failuresOf(take).map((one) => one.message).join("\n") }, failureWords(take)) : null,
          el("span", { class: "space" }),
          writable() && take.stage !== "retired" ? el("button", { class: "small", onclick: () => { activate(index); reject(); },
            "aria-label": take.rejected ? `Take back the rejection of ${titleOf(take)}` : `Reject ${titleOf(take)}` }, take.rejected ? "Take back" : "Reject") : null,
          panes.length > 1 && pane.video ? el("button", { class: "small", "aria-pressed": String(player.heard === pane.video),
            "aria-label": `Sound of ${titleOf(take)}`, onclick: () => { hear(pane); } }, "Sound") : null,
        );
        pane.frame.classList.toggle("rejected", Boolean(take.rejected));
      });
      transport.ready();
    }

    function hear(pane) {
      if (!pane.video) return;
      player.hear(player.heard === pane.video ? null : pane.video);
      labelPanes();
    }

    const isTake = (take) => clip.takes.includes(take);
    const titleOf = (take) => (clip.steps.some((step) => step.address === take.address)
      ? `Step ${clip.steps.findIndex((step) => step.address === take.address) + 1}: ${take.kind}` : `Take ${take.number}`);

    const failuresOf = (take) => take.checks.filter((one) => one.verdict === "failed");
    const failureWords = (take) => `fails ${failuresOf(take).map((one) => one.check).join(", ")}`;

    function toggleTake(take) {
      const shown = panes.map((pane) => pane.take);
      const at = shown.findIndex((one) => idOf(one) === idOf(take));
      if (at >= 0) { if (shown.length > 1) shown.splice(at, 1); } else if (take.video) {
        if (shown.length >= MOST_PANES) shown.pop();
        shown.push(take);
        shown.sort((a, b) => everyTake().indexOf(a) - everyTake().indexOf(b));
      }
      open(shown);
    }

    // ---- transport

    function bar() {
      const button = (label, name, run) => el("button", { class: "round", "aria-label": label, title: label, onclick: run }, icon(name));
      const play = button("Play", "play", () => player.toggle());
      const scrub = el("input", { type: "range", min: "0", max: "1", value: "0", step: "1", class: "scrub", "aria-label": "Frame",
        oninput: () => { if (player.playing) player.pause(); player.toFrame(Number(scrub.value)); } });
      const marks = svg("svg", { class: "marks", viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" });
      const time = el("output", { class: "time" });
      const speed = el("select", { "aria-label": "Speed", onchange: () => player.setSpeed(Number(speed.value)) },
        SPEEDS.map((value) => el("option", { value, selected: value === 1 }, `${value}×`)));
      const loop = el("button", { "aria-pressed": "true", onclick: switchLoop }, "Loop");
      const end = (side, label) => el("button", { "aria-pressed": "false", "aria-label": label, title: label,
        onclick: () => { player[side] = player[side] === null ? player.time : null; looped(side); } }, label.split(":")[0]);
      const from = end("from", "In: loop from here"), to = end("to", "Out: loop to here");
      const sound = el("button", { "aria-pressed": "false", onclick: () => panes[active] && hear(panes[active]) }, "Sound");
      const modes = el("span", { class: "segmented modes", role: "group", "aria-label": "Compare" }, Review.comparison.MODES.map(([value, label]) =>
        el("button", { "aria-pressed": String(value === comparison.mode), "data-mode": value, onclick: () => setMode(value) }, label)));
      const node = el("div", { class: "transport" },
        el("div", { class: "scrubber" }, scrub, marks),
        el("div", { class: "row wrap" },
          button("One frame back", "back", () => player.step(-1)), play,
          button("One frame forward", "forward", () => player.step(1)), time, el("span", { class: "space" }),
          el("span", { class: "segmented", role: "group", "aria-label": "Loop" }, from, to, loop), sound, speed, modes));
      return {
        node,
        modes: () => {
          modes.hidden = panes.length !== 2;
          for (const one of modes.children) one.setAttribute("aria-pressed", String(one.dataset.mode === comparison.mode));
        },
        ready: () => {
          scrub.max = player.frames - 1;
          const part = (frame) => (frame / Math.max(1, player.frames - 1)) * 1000;
          const dots = panes.flatMap((pane) => pane.take.notes).filter((note) => note.frame !== null && !note.done)
            .map((note) => svg("rect", { x: part(note.frame) - 3, y: 0, width: 6, height: 10, class: "dot" }));
          const loopMark = player.from !== null || player.to !== null
            ? [svg("rect", { x: part((player.from || 0) * player.fps), y: 4, height: 3, class: "loop",
              width: Math.max(0, part((player.to ?? player.length) * player.fps) - part((player.from || 0) * player.fps)) })] : [];
          put(marks, ...loopMark, ...dots);
          sound.hidden = panes.length > 1;
          const moving = panes.some((pane) => pane.video);
          node.classList.toggle("pictures", !moving);
          node.hidden = !panes.length || (!moving && panes.length !== 2);
        },
        time: () => {
          scrub.value = player.frame;
          scrub.setAttribute("aria-valuetext", `frame ${player.frame}, ${player.time.toFixed(2)} seconds`);
          time.textContent = `${player.time.toFixed(2)} s · frame ${player.frame} of ${player.frames}`;
          const label = player.playing ? "Pause" : "Play";
          if (play.getAttribute("aria-label") !== label) {
            play.setAttribute("aria-label", label);
            play.title = label;
            put(play, icon(player.playing ? "pause" : "play"));
          }
          loop.setAttribute("aria-pressed", String(player.loop));
          from.setAttribute("aria-pressed", String(player.from !== null));
          to.setAttribute("aria-pressed", String(player.to !== null));
          sound.setAttribute("aria-pressed", String(Boolean(panes[active] && player.heard === panes[active].video)));
          if (speed.value !== String(player.speed)) speed.value = player.speed;
        },
      };
    }

    function setMode(value) {
      comparison.mode = panes.length === 2 ? value : "side";
      layOut();
      intoView();
    }

    function intoView() {
      if (stage.getBoundingClientRect().top < 0) stage.scrollIntoView();
    }

    function switchLoop() {
      player.loop = !player.loop;
      showTime();
    }

    // After one end of the loop was set or cleared: an end before the beginning is none.
    function looped(side) {
      if (player.from !== null && player.to !== null && player.to <= player.from) player[side === "from" ? "to" : "from"] = null;
      player.loop = true;
      transport.ready();
      showTime();
    }

    function showTime() {
      if (!transport) return;
      transport.time();
      const near = player.playing ? Math.round(player.fps * 0.6) : 1;
      for (const pane of panes) {
        const frame = pane.video ? Math.floor(pane.video.currentTime * player.fps + 0.01) : 0;
        pane.overlay.show(pane.take.notes, frame, near, chosenNote);
      }
    }

    // ---- choosing

    const undoing = () => (Review.exported ? null : { label: "Undo", run: Review.undo });

    async function pick(number) {
      const take = clip.takes.find((one) => one.number === number);
      if (!take || !writable()) return;
      if (clip.picked === number) { toast(`Take ${number} is picked already`); return; }
      try {
        const then = Review.exported ? {} : await get("/api/pick-cost", { clip: clip.name, take: number });
        const doubtful = take.rejected || (then.failed || []).length > 0;
        if ((then.dearer || doubtful) && !await agreed(number, take, then)) return;
        const done = await post("/api/pick", { clip: clip.name, take: number });
        await load();
        toast(Review.exported ? `Take ${number} is picked on this page` : `Take ${number} is picked; wrote ${done.file}. Plan: ${counted(done.changes, "change")}, ${done.cost}.`,
          undoing());
      } catch (error) { failed(error); }
    }

    function agreed(number, take, then) {
      const simulated = then.simulated ? " at these prices (simulated, nothing is billed)" : "";
      const parts = [
        then.dearer ? el("p", {}, `The plan would then have ${counted(then.changes, "change")} and cost `, el("strong", {}, then.cost),
          `${simulated}; now it costs ${then.cost_now}. Nothing is rendered before the next apply.`) : null,
        then.dearer && then.clips.length ? el("p", { class: "small" }, "Changes by it: ", then.clips.join(", ")) : null,
        ...(then.failed || []).map((text) => el("p", { class: "warning" }, `This take fails a check: ${text}`)),
        take.rejected ? el("p", { class: "warning" }, `This take was rejected: ${take.rejected.reason}`) : null,
        then.file ? el("p", { class: "faint small" }, `This writes ${then.file}.`) : null,
      ];
      return ask(`Pick take ${number} of ${clip.name}?`, el("div", {}, parts),
        [{ label: "Leave it", value: "" }, { label: `Pick take ${number}`, value: "yes", primary: true }]);
    }

    async function unpick() {
      if (!writable() || !clip.picked) return;
      try {
        const done = await post("/api/pick", { clip: clip.name, take: null });
        await load();
        toast(`No take is picked; wrote ${done.file}.`, undoing());
      } catch (error) { failed(error); }
    }

    async function reject() {
      const pane = panes[active];
      if (!pane || !writable() || pane.take.stage === "retired") return;
      const { take } = pane;
      const sent = { on: take.address, key: take.key };
      try {
        if (take.rejected) {
          await post("/api/reject", { ...sent, reason: null });
          await load();
          toast(`The rejection of ${titleOf(take)} is undone`, undoing());
        } else {
          const reason = el("textarea", { rows: "3", "aria-label": "Reason", dir: "auto", maxlength: "4000", required: true });
          const title = `Reject ${titleOf(take).toLowerCase()} of ${clip.name}`;
          const answer = await ask(title, el("label", {}, "Why?", reason),
            [{ label: "Cancel", value: "" }, { label: "Reject", value: "yes", primary: true }]);
          if (!answer || !reason.value.trim()) return;
          await post("/api/reject", { ...sent, reason: reason.value });
          await load();
          toast(`${titleOf(take)} is rejected`, undoing());
        }
      } catch (error) { failed(error); }
    }

    function write() {
      const pane = panes[active];
      if (!pane || !writable() || writing) return;
      player.pause();
      if (comparison.mode !== "side") setMode("side");
      const frame = pane.video ? Math.floor(pane.video.currentTime * (pane.take.fps || player.fps) + 0.01) : 0;
      const draft = { on: pane.take.address, key: pane.take.key, frame,
        label: pane.video ? `${titleOf(pane.take)}, frame ${frame}` : titleOf(pane.take) };
      writing = Review.notes.form(draft, pane.overlay, () => { writing = null; formPlace.replaceChildren(); load(); });
      // Beside the picture, or right below it: one draws on it meanwhile.
      if (innerWidth > 980) side.before(formPlace);
      else stage.after(formPlace);
      put(formPlace, writing.node);
      writing.focus();
      intoView();
    }

    async function goTo(take, note) {
      if (!panes.some((pane) => pane.id === idOf(take))) open([take, ...panes.map((pane) => pane.take)].slice(0, Math.max(1, panes.length)));
      active = panes.findIndex((pane) => pane.id === idOf(take));
      labelPanes();
      chosenNote = note.id;
      if (player.playing) player.pause();
      player.toFrame(note.frame || 0);
    }

    // The open notes one after the other; the focus goes along, to answer or settle them.
    function nextNote() {
      const links = [...side.querySelectorAll(".notes > li:not(.done) > button.link")];
      if (!links.length) { toast("No open note"); return; }
      const next = links[(links.findIndex((one) => one.closest("li").contains(document.activeElement)) + 1) % links.length];
      next.click();
      next.focus();
      intoView();
    }

    // ---- what stands around the pictures

    function drawHead() {
      const names = Review.grid.order(), at = names.indexOf(clip.name);
      const link = (label, name, text) => el("a", { class: `button${name ? "" : " off"}`, href: name ? address.clip(name) : null,
        "aria-disabled": name ? null : "true", "aria-label": label }, text);
      const row = Review.library.clips.find((one) => one.name === clip.name);
      put(head,
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

    function drawStrip() {
      const shownIds = new Set(panes.map((pane) => pane.id));
      const chip = (take) => el("div", { class: `take${shownIds.has(idOf(take)) ? " shown" : ""}${take.rejected ? " rejected" : ""}` },
        el("button", { class: "thumb", "aria-pressed": String(shownIds.has(idOf(take))), disabled: !take.video,
          "aria-label": `Show ${titleOf(take)}`, onclick: () => toggleTake(take) },
        take.video ? el("img", { src: address.poster(take.video), alt: "" }) : el("span", { class: "faint small" }, stateOf(take))),
        el("div", { class: "row" }, el("span", { class: "take-name" }, titleOf(take)),
          clip.pickable && take.number === clip.picked && isTake(take) ? el("span", { class: "picked", title: "picked" }, icon("star"), el("span", { class: "hidden" }, "picked")) : null,
          el("span", { class: "space" }),
          writable() && clip.pickable && isTake(take) && take.number === clip.picked
            ? el("button", { class: "small", onclick: unpick, "aria-label": "Clear the pick" }, "Clear") : null,
          writable() && clip.pickable && isTake(take) && take.number !== clip.picked
            ? el("button", { class: "small", onclick: () => pick(take.number), "aria-label": `Pick take ${take.number}` }, "Pick") : null),
        el("span", { class: `small one-line ${failuresOf(take).length && !take.rejected ? "failing" : "faint"}`, dir: "auto" },
          take.rejected ? take.rejected.reason : failuresOf(take).length ? failureWords(take) : paidWords(take)));
      strip.hidden = clip.takes.length + clip.steps.length < 2;
      put(strip, ...clip.takes.map(chip),
        ...clip.steps.flatMap((step) => [el("span", { class: "arrow", "aria-hidden": "true" }, "→"), chip(step)]));
    }

    const stateOf = (take) => (take.progress !== null && take.stage === "in flight" ? `${take.progress}%` : take.stage);
    function paidWords(take) {
      if (take.to_pay && costs(take.to_pay)) return `${stateOf(take)}, +${money(take.to_pay)}`;
      return take.paid === null ? stateOf(take) : dollars(take.paid);
    }

    const when = (seconds) => (seconds ? new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") : "");

    function factsOf(take) {
      const rows = [...take.facts];
      if (take.paid !== null) rows.push([Review.library.simulated ? "price (simulated)" : "cost", dollars(take.paid)]);
      if (take.when) rows.push(["sent (UTC)", when(take.when)]);
      if (take.who) rows.push(["by", take.who]);
      if (take.error) rows.push(["error", take.error]);
      if (take.reason) rows.push(["next", take.reason]);
      if (take.rejected) rows.push(["rejected", `${take.rejected.reason}${take.rejected.by ? ` (${take.rejected.by})` : ""}`]);
      rows.push(["key", `${take.key}…`]);
      return rows;
    }

    function drawSide() {
      const section = (title, id, open, ...content) => el("details", { open, class: "section", id }, el("summary", {}, title), content);
      const opened = new Map([...side.querySelectorAll("details")].map((one) => [one.id, one.open]));
      const isOpen = (id, otherwise) => (opened.has(id) ? opened.get(id) : otherwise);
      const notes = everyTake().reduce((sum, take) => sum + take.notes.filter((note) => !note.reply_to).length, 0);
      const facts = [...clip.takes, ...clip.steps].map((take) => el("div", { class: "facts" }, el("h3", {}, titleOf(take)),
        el("dl", {}, factsOf(take).map(([term, text]) => el("div", {}, el("dt", {}, term), el("dd", { dir: "auto" }, text))))));
      put(side,
        section(`Notes (${notes})`, "s-notes", isOpen("s-notes", true),
          writable() ? el("button", { onclick: write, disabled: !panes.length }, icon("note"), "Write a note") : null,
          Review.notes.list(everyTake(), writable() && panes.length > 0, titleOf, goTo)),
        section("Prompt", "s-prompt", isOpen("s-prompt", true),
          clip.source ? el("p", {}, "Continues ", el("a", { href: address.clip(clip.source) }, clip.source)) : null,
          clip.prompt ? el("p", { class: "prompt", dir: "auto" }, clip.prompt) : null,
          clip.steps.map((step) => el("p", { class: "prompt", dir: "auto" }, el("strong", {}, `${step.kind}: `), step.prompt)),
          clip.undone_steps.length ? el("p", { class: "faint" }, `${counted(clip.undone_steps.length, "step")} to follow once a take is picked`) : null,
          clip.needed_by.length ? el("p", { class: "small" }, clip.kind === "still" ? "Used by " : "Continued by ", clip.needed_by.map((other, index) => [index ? ", " : "", el("a", { href: address.clip(other) }, other)])) : null,
          el("p", { class: "faint small" }, clip.file, clip.tags.length ? ` · ${clip.tags.join(", ")}` : "")),
        madeFrom(section, isOpen),
        clip.revisions.length ? section(`Earlier prompts (${clip.revisions.length})`, "s-revisions", isOpen("s-revisions", false),
          clip.revisions.map(revision)) : null,
        checks(section, isOpen),
        clip.elsewhere.length ? section("Notes on renders that are not here", "s-elsewhere", isOpen("s-elsewhere", false),
          clip.elsewhere.map((note) => el("p", { dir: "auto" }, note.text))) : null,
        facts.length ? section("Takes in detail", "s-facts", isOpen("s-facts", innerWidth > 700), facts) : null);
    }

    // Pictures and videos that were sent, or will be.
    function madeFrom(section, isOpen) {
      const found = clip.takes.length ? clip.takes[0].references : [];
      if (!found.length) return null;
      return section(`Made from (${found.length})`, "s-made-from", isOpen("s-made-from", true),
        el("div", { class: "takes" }, found.map((one) => el("figure", { class: "take reference" },
          one.poster ? el("img", { src: address.poster(one.poster), alt: "", loading: "lazy" }) : el("span", { class: "faint small" }, "not here yet"),
          el("figcaption", { class: "small" }, el("strong", {}, one.what), " ",
            one.page ? el("a", { href: address.clip(one.page) }, el("bdi", {}, one.page)) : el("bdi", { title: one.name }, one.name.split("/").pop()))))));
    }

    function checks(section, isOpen) {
      const checked = [...clip.takes, ...clip.steps].filter((take) => take.checks.length);
      if (!checked.length) return null;
      // What wants a look is told one by one; what passed in a line for each take.
      const told = checked.flatMap((take) => take.checks.filter((one) => one.verdict !== "passed").map((one) => el("li", {},
        el("span", { class: "row wrap" }, el("strong", {}, `${titleOf(take)}: ${one.check}`),
          el("span", { class: `stage ${one.verdict === "failed" ? "s-failed" : ""}` }, one.verdict)),
        el("span", { class: "faint small" }, one.message, " ",
          one.frame === null ? null : el("button", { class: "link small", onclick: () => goTo(take, { id: null, frame: one.frame }) }, "Show")))));
      const passed = checked.map((take) => [take, take.checks.filter((one) => one.verdict === "passed")]).filter(([, found]) => found.length);
      const failures = checked.reduce((sum, take) => sum + failuresOf(take).length, 0);
      return section(failures ? `Checks (${failures} failed)` : told.length ? "Checks" : "Checks (passed)", "s-checks", isOpen("s-checks", told.length > 0),
        told.length ? el("ul", { class: "notes" }, told) : null,
        passed.map(([take, found]) => el("details", { id: `s-passed-${take.key}`, open: isOpen(`s-passed-${take.key}`, false) },
          el("summary", { class: "small" }, `${titleOf(take)}: ${found.length} passed`),
          el("p", { class: "faint small" }, found.map((one) => `${one.check}: ${one.message}`).join("; ")))));
    }

    function revision(one) {
      return el("div", { class: "revision" },
        el("p", { class: "prompt diff", dir: "auto" }, one.diff.length ? diffOf(one.diff) : one.prompt),
        el("div", { class: "takes" }, one.takes.map((take) => el("div", { class: "take" },
          el("button", { class: "thumb", disabled: !take.video, "aria-label": `Show the earlier ${titleOf(take)}`, onclick: () => toggleTake(take) },
            take.video ? el("img", { src: address.poster(take.video), alt: "" }) : el("span", { class: "faint small" }, "gone")),
          el("span", { class: "faint small" }, `${titleOf(take)}${take.when ? ` · ${when(take.when).slice(0, 10)}` : ""}`)))));
    }

    // ---- keys

    const goNext = (by) => {
      const names = Review.grid.order(), next = names[names.indexOf(name) + by];
      if (next !== undefined) location.hash = address.clip(next);
    };
    Review.bindings.view = [
      { keys: "Space k", match: [" ", "k"], label: "Play and pause", run: () => player.toggle() },
      { keys: ", . ← →", match: [",", ".", "ArrowLeft", "ArrowRight"], label: "One frame back and forward",
        run: (key) => player.step(key === "," || key === "ArrowLeft" ? -1 : 1) },
      { keys: "j l", match: ["j", "l"], label: "One second back and forward", run: (key) => player.step(Math.round(player.fps) * (key === "j" ? -1 : 1)) },
      { keys: "Home End", match: ["Home", "End"], label: "First and last frame", run: (key) => player.toFrame(key === "Home" ? 0 : player.frames) },
      { keys: "i o p", match: ["i", "o", "p"], label: "Loop from here, to here, and all of it again", run: (key) => {
        if (key === "p") player.from = player.to = null;
        else player[key === "i" ? "from" : "to"] = player.time;
        looped(key === "i" ? "from" : "to");
      } },
      { keys: "r", match: ["r"], label: "Loop on and off", run: switchLoop },
      { keys: "[ ]", match: ["[", "]"], label: "Slower and faster", run: (key) => {
        const at = SPEEDS.indexOf(player.speed) + (key === "[" ? -1 : 1);
        player.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))]);
      } },
      { keys: "1 … 9", match: [..."123456789"], label: "Pick that take", run: (key) => pick(Number(key)) },
      { keys: "0", match: ["0"], label: "Clear the pick", run: unpick },
      { keys: "x", match: ["x"], label: "Reject the selected take, or undo that", run: reject },
      { keys: "n", match: ["n"], label: "Write a note at this frame", run: write },
      { keys: "t", match: ["t"], label: "Select the next take", run: () => { activate((active + 1) % Math.max(1, panes.length)); } },
      { keys: "s", match: ["s"], label: "Hear the selected take", run: () => panes[active] && hear(panes[active]) },
      { keys: "+ -", match: ["+", "-"], label: "Show one more take, hide the selected one", run: (key) => {
        const hidden = clip.takes.find((take) => take.video && !panes.some((pane) => pane.id === idOf(take)));
        if (key === "-" && panes[active]) toggleTake(panes[active].take);
        if (key === "+" && hidden && panes.length < MOST_PANES) toggleTake(hidden);
      } },
      { keys: "e", match: ["e"], label: "Go to the next open note", run: nextNote },
      { keys: "↑ ↓", match: ["ArrowUp", "ArrowDown"], when: () => comparison.mode !== "side", label: "More and less of a wipe, blend or gain",
        run: (key) => comparison.slideBy(key === "ArrowUp" ? 1 : -1) },
      { keys: "c", match: ["c"], label: "Compare two: wipe, blend, difference", run: () => {
        if (panes.length !== 2) open(clip.takes.filter((take) => take.video).slice(0, 2));
        setMode(comparison.modeAfter);
      } },
      { keys: "Shift+P Shift+N", match: ["P", "N"], label: "Previous and next clip", run: (key) => goNext(key === "P" ? -1 : 1) },
      { keys: "Escape", match: ["Escape"], label: "Back to the overview", run: () => { if (writing) writing.close(); else location.hash = "#/"; } },
    ];

    load();
    return {
      update: () => { if (!writing && !Review.writing) load(); },
      close: () => { closed = true; Review.writing = false; player.close(); },
    };
  }

  return { show };
})();
