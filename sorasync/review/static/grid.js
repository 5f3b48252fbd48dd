// The overview: every clip as a card. Only the rows in sight are in the document.
"use strict";

Review.grid = (() => {
  const { el, put, address, money, costs, counted } = Review;
  const LEAST_WIDTH = 232, GAP = 16, BELOW = 86, SPARE_ROWS = 2, HEADING = 44;
  const STAGES = ["lost", "blocked", "failed", "in flight", "to do", "waiting", "done"];
  const NONE = { text: "", stage: "", tag: "", only: "" };
  const filters = { ...NONE, sort: "", ...Review.kept.get("filters") };
  let focused = 0;

  function wanted(clips) {
    const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (clip) =>
      (!filters.stage || clip.stage === filters.stage)
      && (!filters.tag || clip.tags.includes(filters.tag))
      && (filters.only !== "stills" || clip.kind === "still")
      && (filters.only !== "choose" || clip.chooses)
      && (filters.only !== "cost" || costs(clip.cost))
      && (filters.only !== "notes" || clip.notes > 0)
      && (filters.only !== "rejected" || clip.rejected > 0)
      && (filters.only !== "checks" || clip.checks.length > 0)
      && words.every((word) => `${clip.name} ${clip.tags.join(" ")} ${clip.text}`.toLowerCase().includes(word));
    const found = clips.filter(fits);
    // The library's own order, in which the clips of a manifest are together.
    if (filters.sort === "scene") found.sort((a, b) => (a.scene < b.scene ? -1 : a.scene > b.scene ? 1 : 0));
    if (filters.sort === "cost") found.sort((a, b) => Number(b.cost.usd) - Number(a.cost.usd));
    if (filters.sort === "status") found.sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
    return found;
  }

  // The filters. Their options follow the library; what is chosen stays among them.
  class Bar {
    constructor(changed) {
      this.search = el("input", {
        type: "search", id: "search", placeholder: "Search names, tags and prompts",
        "aria-label": "Search clips", oninput: () => { filters.text = this.search.value; changed(); },
      });
      const choice = (label, name) => {
        const select = el("select", { "aria-label": label, onchange: () => { filters[name] = select.value; changed(); } });
        return select;
      };
      this.choices = { stage: choice("Status", "stage"), tag: choice("Tag", "tag"), only: choice("Show", "only"), sort: choice("Order", "sort") };
      this.node = el("div", { class: "filters", role: "search" }, this.search, Object.values(this.choices));
    }

    follow(clips) {
      const tags = new Set(clips.flatMap((clip) => clip.tags)), stages = new Set(clips.map((clip) => clip.stage));
      if (filters.tag) tags.add(filters.tag);
      if (filters.stage) stages.add(filters.stage);
      const stills = filters.only === "stills" || clips.some((clip) => clip.kind === "still");
      const options = {
        stage: [["", "Any status"], ...STAGES.filter((stage) => stages.has(stage)).map((stage) => [stage, stage])],
        tag: [["", "Any tag"], ...[...tags].sort().map((tag) => [tag, tag])],
        only: [["", "All clips"], ...(stills ? [["stills", "Stills"]] : []), ["choose", "Waiting for a pick"], ["cost", "Still to pay"],
          ["notes", "Open notes"], ["rejected", "Rejected takes"], ["checks", "Failed checks"]],
        sort: [["scene", "By manifest"], ["name", "By name"], ["status", "By status"], ["cost", "By remaining cost"]],
      };
      for (const [name, select] of Object.entries(this.choices)) {
        const offered = JSON.stringify(options[name]);
        if (select.offered !== offered) put(select, ...options[name].map(([value, text]) => el("option", { value }, text)));
        select.offered = offered;
        if (select.value !== filters[name]) select.value = filters[name];
      }
      if (this.search.value !== filters.text) this.search.value = filters.text;
      this.choices.tag.hidden = !tags.size;
    }
  }

  function badge(clip) {
    if (clip.chooses && clip.stage === "waiting") return el("span", { class: "stage choose" }, "choose a take");
    const text = clip.stage === "in flight" && clip.progress !== null ? `in flight ${clip.progress}%` : clip.stage;
    return el("span", { class: `stage s-${clip.stage.replace(" ", "-")}` }, text);
  }

  // `promo[city=Lisbon,mood=rainy]` is one of many that begin alike: what tells them apart gets a line of its own.
  const baseOf = (name) => (name.endsWith("]") ? name.slice(0, name.indexOf("[")) : name);
  const valuesOf = (name) => name.slice(name.indexOf("[") + 1, -1).replaceAll(/(^|,)[^=,]+=/g, "$1").replaceAll(",", " · ");

  function details(clip) {
    const parts = clip.name.endsWith("]") ? [valuesOf(clip.name)] : [];
    if (clip.checks.length) parts.push(el("span", { class: "failing" }, `${counted(clip.checks.length, "check")} failed`));
    if (clip.takes > 1) parts.push(clip.picked ? `take ${clip.picked} of ${clip.takes}` : `${clip.takes} takes`);
    if (clip.renders > clip.takes) parts.push(counted(clip.renders - clip.takes, "step"));
    if (clip.notes) parts.push(counted(clip.notes, "note"));
    if (clip.rejected) parts.push(`${clip.rejected} rejected`);
    return parts.flatMap((part, index) => (index ? [" · ", part] : [part]));
  }

  function price(clip) {
    if (costs(clip.cost)) return `+${money(clip.cost)}`;
    if (costs(clip.later)) return `then +${money(clip.later)}`;
    return "";
  }

  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  // The video itself, while the pointer or the focus is on the card.
  function playing(card, picture, clip) {
    let video = null, timer = 0;
    const stop = () => {
      clearTimeout(timer);
      if (video) { video.removeAttribute("src"); video.load(); video.remove(); video = null; }
    };
    const start = () => {
      if (still.matches || !clip.video || clip.kind === "still" || video) return;
      timer = setTimeout(() => {
        video = el("video", { class: "over", loop: true, playsinline: true, tabindex: "-1", "aria-hidden": "true" });
        video.muted = true;
        video.src = address.video(clip.video);
        picture.append(video);
        video.play().catch(() => {});
      }, 120);
    };
    card.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") start(); });
    card.addEventListener("pointerleave", stop);
    card.addEventListener("focus", () => { if (card.matches(":focus-visible")) start(); });
    card.addEventListener("blur", stop);
  }

  function cardOf(clip) {
    const picture = el("div", { class: "picture" }, clip.video
      ? el("img", { src: address.poster(clip.video), alt: "", loading: "lazy", decoding: "async" })
      : el("span", { class: "faint" }, clip.stage === "in flight" ? "rendering" : clip.kind === "still" ? "no picture yet" : "no video yet"));
    if (clip.progress !== null) {
      picture.append(el("progress", { max: "100", value: clip.progress, "aria-label": `${clip.name} is rendered` }));
    }
    const card = el("a", { class: "card", href: address.clip(clip.name) }, picture,
      el("span", { class: "name", title: clip.name }, el("bdi", {}, baseOf(clip.name))),
      el("span", { class: "row" }, badge(clip), el("span", { class: "price" }, price(clip))),
      el("span", { class: "faint small one-line" }, details(clip)));
    playing(card, picture, clip);
    return card;
  }

  const kinds = (found) => {
    const stills = found.filter((clip) => clip.kind === "still").length, clips = found.length - stills;
    return [clips || !stills ? counted(clips, "clip") : "", stills ? counted(stills, "still") : ""].filter(Boolean).join(" and ");
  };

  function show(main) {
    const clips = Review.library.clips;
    // Headings help where manifests hold several clips; over each single card they would only take room.
    const scenes = new Set(clips.map((clip) => clip.scene)).size;
    filters.sort ||= clips.length >= 2 * scenes ? "scene" : "name";
    const bar = new Bar(refill);
    const summary = el("p", { class: "faint summary", id: "found" });
    const list = el("ul", { class: "grid", "aria-label": "Clips" });
    const nothing = el("div", { class: "empty" }, el("p", {}, "No clip matches."),
      el("p", {}, el("button", { onclick: () => { Object.assign(filters, NONE); refill(); bar.search.focus(); } }, "Show all clips")));
    const undeclared = el("p", { class: "empty" }, "No clip is declared yet.");
    let found = [], columns = 1, rowHeight = 1, drawn = new Map(), width = 0;
    // Where each card lies, and the headings of manifests between them: [name, how many, top].
    let spots = [], headings = [];

    function measure() {
      width = list.clientWidth || main.clientWidth;
      const narrow = width < 480;
      columns = narrow ? 2 : Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
      const gap = narrow ? 10 : GAP;
      const cell = (width - gap * (columns - 1)) / columns;
      rowHeight = Math.round(cell * 9 / 16) + BELOW + gap;
      list.style.height = `${lay()}px`;
      list.style.setProperty("--cell", `${cell}px`);
      list.style.setProperty("--step", `${cell + gap}px`);
      list.style.setProperty("--row", `${rowHeight - gap}px`);
    }

    // Gives every card its place, row by row, and every manifest a heading; returns the height of it all.
    function lay() {
      const grouped = filters.sort === "scene" && found.some((clip) => clip.scene !== found[0].scene);
      spots = [];
      headings = [];
      let top = 0, column = 0;
      for (const clip of found) {
        if (grouped && (!headings.length || headings.at(-1).scene !== clip.scene)) {
          if (column) { top += rowHeight; column = 0; }
          headings.push({ scene: clip.scene, clips: [], top });
          top += HEADING;
        }
        if (grouped) headings.at(-1).clips.push(clip);
        spots.push({ column, top });
        column += 1;
        if (column === columns) { top += rowHeight; column = 0; }
      }
      return top + (column ? rowHeight : 0);
    }

    // The first card whose row begins at or below a height.
    function firstAt(height) {
      let low = 0, high = spots.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (spots[middle].top < height) low = middle + 1; else high = middle;
      }
      return low;
    }

    function place(index, outline) {
      const { column, top } = spots[index];
      const card = outline ? el("div", { class: "card" }, el("span", { class: "name" }, found[index].name)) : cardOf(found[index]);
      const item = el("li", { "aria-setsize": found.length, "aria-posinset": index + 1 }, card);
      item.style.transform = `translate(calc(var(--step) * ${column}), ${top}px)`;
      return item;
    }

    function heading({ scene, clips, top }) {
      const item = el("li", { class: "scene" }, el("h2", {}, el("bdi", {}, scene)), el("span", { class: "faint" }, kinds(clips)));
      item.style.transform = `translate(0, ${top}px)`;
      return item;
    }

    // What a card shows, to leave alone those that show it already.
    const seen = (index) => JSON.stringify(found[index]) + found.length + JSON.stringify(spots[index]);

    // While somebody rushes past, cards are outlines: nobody reads them, and full ones would come too late.
    let before = 0, calm = 0;
    function rush() {
      const now = scrollY, fast = Math.abs(now - before) > innerHeight / 3;
      before = now;
      clearTimeout(calm);
      calm = setTimeout(() => draw(), 90);
      draw(fast);
    }

    function draw(outline) {
      const top = -list.getBoundingClientRect().top;
      const upper = top - (SPARE_ROWS + 1) * rowHeight, lower = top + innerHeight + SPARE_ROWS * rowHeight;
      const first = firstAt(upper), last = firstAt(lower);
      for (const [index, { item }] of drawn) {
        const full = outline || !drawn.get(index).outline;
        if ((index < first || index >= last || !full) && !item.contains(document.activeElement)) {
          item.remove();
          drawn.delete(index);
        }
      }
      const fresh = document.createDocumentFragment();
      for (let index = first; index < last; index += 1) {
        if (!drawn.has(index)) {
          const item = place(index, outline);
          drawn.set(index, { item, seen: outline ? "" : seen(index), outline });
          fresh.append(item);
        }
      }
      for (const item of list.querySelectorAll(".scene")) item.remove();
      for (const one of headings) if (one.top > upper && one.top < lower) fresh.append(heading(one));
      list.append(fresh);
    }

    // The card above or below one: the same column of the next row, or that row's last card.
    function beside(index, way) {
      const { column, top } = spots[index];
      const row = way > 0 ? spots.findIndex((spot) => spot.top > top) : spots.findLastIndex((spot) => spot.top < top);
      if (row < 0) return index;
      const first = firstAt(spots[row].top), last = firstAt(spots[row].top + 1) - 1;
      return Math.min(first + column, last);
    }

    function refill() {
      const active = list.contains(document.activeElement);
      bar.follow(Review.library.clips);
      Review.kept.set("filters", filters);
      found = wanted(Review.library.clips);
      const total = Review.library.clips.length;
      summary.textContent = found.length === total ? kinds(found) : `${kinds(found)} of ${total.toLocaleString("en")}`;
      nothing.hidden = found.length > 0 || !total;
      undeclared.hidden = total > 0 || (Review.library.faults || []).length > 0;
      const before = `${columns} ${width}`;
      measure();
      for (const [index, one] of drawn) {
        if (before === `${columns} ${width}` && index < found.length && one.seen === seen(index)) continue;
        one.item.remove();
        drawn.delete(index);
      }
      draw();
      if (active) focus(focused);
    }

    // The card of the clip that somebody comes back from has the focus again.
    function back(hash) {
      const index = found.findIndex((clip) => address.clip(clip.name) === hash);
      if (index < 0) return;
      focused = index;
      draw();
      drawn.get(index)?.item.querySelector("a").focus({ preventScroll: true });
    }

    function focus(index) {
      if (!found.length) return;
      focused = Math.max(0, Math.min(found.length - 1, index));
      const row = spots[focused].top;
      const header = document.getElementById("top").offsetHeight;
      const top = list.getBoundingClientRect().top + row;
      if (top < header) scrollBy(0, top - header - 8);
      else if (top + rowHeight > innerHeight) scrollBy(0, top + rowHeight - innerHeight + 8);
      draw();
      drawn.get(focused).item.querySelector("a").focus({ preventScroll: true });
    }

    let pending = false;
    const later = () => {
      if (pending) return;
      pending = true;
      requestAnimationFrame(() => { pending = false; rush(); });
    };
    const resized = () => { if (list.clientWidth !== width) refill(); else later(); };
    list.addEventListener("focusin", (event) => {
      for (const [index, { item }] of drawn) if (item.contains(event.target)) focused = index;
    });
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", resized);
    put(main, bar.node, summary, list, nothing, undeclared);
    refill();

    Review.bindings.view = [
      { keys: "← → ↑ ↓", match: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], label: "Go from clip to clip",
        run: (key) => {
          if (!found.length) return;
          const from = Math.min(focused, found.length - 1);
          const steps = { ArrowLeft: -1, ArrowRight: 1 };
          focus(key in steps ? from + steps[key] : beside(from, key === "ArrowDown" ? 1 : -1));
        } },
      { keys: "Enter", match: [], label: "Open the clip" },
      { keys: "/", match: ["/"], label: "Search", run: () => document.getElementById("search").focus() },
      { keys: "w", match: ["w"], label: "Only clips that wait for a choice", run: () => {
        onlyWaiting(filters.only !== "choose");
        refill();
      } },
    ];
    return {
      update: refill,
      back,
      close: () => { clearTimeout(calm); removeEventListener("scroll", later); removeEventListener("resize", resized); },
    };
  }

  // The clips in the order of the overview, for going from one to the next.
  const order = () => wanted(Review.library.clips).map((clip) => clip.name);

  const onlyWaiting = (wanted) => { filters.only = wanted ? "choose" : ""; };

  return { show, order, badge, onlyWaiting };
})();
