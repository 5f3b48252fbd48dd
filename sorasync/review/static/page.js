// Which view is shown, what stands above it, and changes as they come.
"use strict";

(() => {
  const { el, put, icon, get, post, toast, failed, ask, bindings, money, dollars, costs } = Review;
  const main = document.getElementById("main");
  let view = null, shown = "", lost = null;
  // How far each view was scrolled: whoever comes back finds it as it was left.
  const places = Review.kept.get("places") || {};

  const VIEWS = [["#/", "Clips"], ["#/cuts", "Cuts"], ["#/plan", "Plan and money"]];

  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };

  function route() {
    const hash = location.hash || "#/";
    if (hash === shown) return;
    const last = shown;
    if (last) places[last] = scrollY;
    shown = hash;
    if (view) view.close?.();
    document.getElementById("dialog").close();
    const [, name, ...rest] = hash.split("/");
    const clip = name === "clip" ? decoded(rest.join("/")) : "";
    if (name === "clip") view = Review.clip.show(main, clip);
    else if (name === "cuts") view = Review.plan.cuts(main);
    else if (name === "plan" && Review.library.spent) view = Review.plan.show(main);
    else view = Review.grid.show(main);
    drawTop();
    scrollTo(0, name === "clip" ? 0 : places[hash] || 0);
    view.back?.(last);
    document.title = name === "clip" ? `${clip} – ${Review.library.library}` : `${Review.library.library} – sorasync review`;
  }

  function drawTop() {
    Review.keepFocus(document.getElementById("top"), drawHeader);
    drawBanner();
  }

  function drawHeader() {
    const { library } = Review;
    document.getElementById("library").textContent = library.library;
    document.getElementById("env").textContent = library.env || "";
    const here = (location.hash || "#/").split("/")[1] || "";
    put(document.getElementById("views"), ...VIEWS.filter(([hash]) => (hash !== "#/cuts" || library.cuts.length) && (hash !== "#/plan" || library.spent))
      .map(([hash, label]) => {
        const current = hash.slice(2) === here || (hash === "#/" && here === "clip");
        return el("a", { href: hash, "aria-current": current ? "page" : null }, label);
      }));
    const waiting = library.clips.filter((clip) => clip.chooses).length;
    put(document.getElementById("money"),
      ...(waiting ? [el("button", { class: "stage choose", title: "Show what waits for a choice", onclick: showWaiting }, `${waiting} to choose`)] : []),
      ...(library.spent ? [el("span", {}, `${library.simulated ? "Simulated: spent" : "Spent"} ${dollars(library.spent.usd)}`)] : []),
      ...(library.cost && costs(library.cost) ? [el("span", {}, `to go ${money(library.cost)}`)] : []));
    put(document.getElementById("tools"),
      ...(library.writable && !Review.exported ? [
        el("button", { onclick: Review.undo, title: "Undo (u)" }, icon("undo"), el("span", { class: "word" }, "Undo")),
        el("button", { onclick: showDiff, title: "What was chosen since the last commit (d)" }, "Diff")] : []),
      ...(Review.exported ? [el("button", { onclick: Review.offline.send }, "Export notes")] : []),
      el("button", { onclick: theme, "aria-label": "Light or dark", title: "Light or dark" }, icon("sun")),
      el("button", { onclick: help, "aria-label": "Keys", title: "Keys (?)" }, "?"));
  }

  // What is wrong, and notes, which fold away. Drawn again only when something else is to be said, for it is read out.
  function drawBanner() {
    const { library } = Review, banner = document.getElementById("banner");
    const faults = library.faults || [], notes = [...(library.notices || []), ...unwritten(library)];
    const said = JSON.stringify([lost, faults, notes]);
    if (said === banner.said) return;
    banner.said = said;
    banner.hidden = !lost && !faults.length && !notes.length;
    const lines = (texts) => el("ul", {}, texts.slice(0, 8).map((text) => el("li", { dir: "auto" }, text)));
    const folded = Review.kept.get("notes folded") ?? innerWidth <= 600;
    put(banner, lost ? el("p", {}, el("strong", {}, lost)) : null,
      faults.length ? [el("strong", {}, "The manifests have errors; this page shows the last good version."), lines(faults)] : null,
      notes.length ? el("details", { open: !folded, ontoggle: (event) => Review.kept.set("notes folded", !event.target.open) },
        el("summary", {}, Review.counted(notes.length, "note")), lines(notes)) : null);
  }

  function showWaiting() {
    Review.grid.onlyWaiting(true);
    shown = "";
    location.hash = "#/";
    route();
  }

  // Scripts that systems often lack a font for, with a package that brings one.
  const SCRIPTS = [[/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u, "fonts-noto-cjk"],
    [/[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}\p{Script=Bengali}\p{Script=Tamil}]/u, "fonts-noto-core"]];
  const drawn = new Map();

  // Whether this browser has a glyph for a sign: what it lacks looks like what nobody has.
  function written(sign) {
    const picture = (text) => {
      const canvas = el("canvas", { width: "40", height: "40" });
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.font = `28px ${getComputedStyle(document.body).fontFamily}`;
      context.fillText(text, 2, 30);
      return context.getImageData(0, 0, 40, 40).data.join();
    };
    if (!drawn.has(sign)) drawn.set(sign, picture(sign) !== picture("\u{378}"));
    return drawn.get(sign);
  }

  function unwritten(library) {
    const found = new Map();
    for (const clip of library.clips) {
      const text = clip.name + clip.text;
      if (!/[^\u0000-\u024f]/.test(text)) continue;
      for (const [script, fonts] of SCRIPTS) {
        const sign = text.match(script);
        if (sign && !found.has(fonts) && !written(sign[0])) found.set(fonts, sign[0]);
      }
    }
    return [...found].map(([fonts, sign]) => `This browser has no font for ${sign}, so such text shows as boxes: install ${fonts}, or your system's package of that font.`);
  }

  function theme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* a page from a file may keep nothing */ }
  }

  async function help() {
    const rows = [...bindings.view, ...bindings.all].map((one) => el("tr", {}, el("th", { scope: "row" },
      one.keys.split(" ").map((key) => [key === "…" ? key : el("kbd", {}, key), " "])), el("td", {}, one.label)));
    await ask("Keys", el("table", { class: "keys" }, el("tbody", {}, rows)), [{ label: "Close", value: "", primary: true }]);
  }

  async function showDiff() {
    try {
      const { diff } = await get("/api/diff");
      const lines = diff.split("\n").map((line) => {
        const kind = /^(\+\+\+|---) /.test(line) ? "strong" : { "+": "ins", "-": "del" }[line[0]] || "span";
        return [el(kind, {}, line), "\n"];
      });
      const content = diff ? el("pre", { class: "diff", tabindex: "0" }, lines) : el("p", {}, "Nothing was chosen since the last commit.");
      await ask("Choices since the last commit", content, [{ label: "Close", value: "", primary: true }]);
    } catch (error) { failed(error); }
  }

  Review.undo = async () => {
    try {
      const { undone } = await post("/api/undo", {});
      toast(`Undone: ${undone}`);
      await reload();
    } catch (error) { failed(error); }
  };

  bindings.all = [
    ...(Review.exported ? [{ keys: "Shift+E", match: ["E"], label: "Export notes", run: () => Review.offline.send() }] : []),
    { keys: "u", match: ["u"], label: "Undo", run: () => Review.undo() },
    { keys: "d", match: ["d"], label: "What was chosen since the last commit", run: showDiff },
    { keys: "g h m", match: ["g", "h", "m"], label: "Clips, cuts, plan and money", run: (key) => { location.hash = { g: "#/", h: "#/cuts", m: "#/plan" }[key]; } },
    { keys: "b", match: ["b"], label: "Light or dark", run: theme },
    { keys: "?", match: ["?"], label: "These keys", run: help },
  ];

  Review.reload = reload;
  let asked = 0, answered = 0;
  async function reload() {
    const turn = asked += 1;
    let fresh = null;
    try { fresh = await get("/api/library"); } catch (error) { disconnected(error); return; }
    // An answer that was overtaken by a later one is of no use.
    if (turn < answered) return;
    answered = turn;
    Review.library = fresh;
    lost = null;
    drawTop();
    if (view) view.update?.();
    listen();
  }

  // Says so, and asks again now and then: the server may come back, and with it everything that changed meanwhile.
  let again = 0;
  function disconnected(error) {
    lost = `${error.message} What is shown may be out of date.`;
    drawBanner();
    clearTimeout(again);
    again = setTimeout(() => { if (events) reload(); else listen(); }, 2000);
  }

  // Only while somebody looks: a browser keeps few connections to one server, and tabs stay open for days.
  let events = null;
  function listen() {
    if (Review.exported) return;
    if (document.hidden) { events?.close(); events = null; return; }
    if (events) return;
    events = new EventSource("/api/events");
    events.addEventListener("changed", (event) => { if (lost || Number(event.data) !== Review.library.version) reload(); });
    events.addEventListener("error", () => {
      events.close();
      events = null;
      clearTimeout(again);
      again = setTimeout(reload, 500);
    });
  }

  async function begin() {
    try { document.documentElement.dataset.theme = localStorage.getItem("theme") || ""; } catch { /* as above */ }
    if (!document.documentElement.dataset.theme) delete document.documentElement.dataset.theme;
    try { Review.library = await get("/api/library"); } catch (error) { put(main, el("p", { class: "empty" }, error.message)); return; }
    history.scrollRestoration = "manual";
    addEventListener("hashchange", route);
    addEventListener("pagehide", () => Review.kept.set("places", { ...places, [shown]: scrollY }));
    document.addEventListener("visibilitychange", listen);
    route();
    listen();
  }
  begin();
})();
