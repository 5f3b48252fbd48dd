// The plan as pictures and lines, what was spent, and cuts as strips.
"use strict";

Review.plan = (() => {
  const { el, svg, put, get, post, address, money, dollars, costs, counted, diffOf, failed } = Review;

  function show(main) {
    let closed = false;
    async function load() {
      let told;
      try { told = await get("/api/money"); } catch (error) { failed(error); return; }
      if (closed) return;
      Review.keepFocus(main, () => put(main, el("h2", {}, "Plan"), planned(told), applying(told), el("h2", {}, "Money"), spent(told)));
    }
    put(main, el("h2", {}, "Plan"), el("p", { class: "faint" }, "Loading …"));
    const apply = Review.library.apply;
    Review.bindings.view = [
      ...(apply ? [{ keys: "a", match: ["a"], label: "Apply this plan, or stop applying it", run: () => main.querySelector(".apply button")?.click() }] : []),
      { keys: "Escape", match: ["Escape"], label: "Back to the overview", run: () => { location.hash = "#/"; } }];
    load();
    return { update: load, close: () => { closed = true; } };
  }

  function planned(told) {
    if (!told.changes.length && !told.waiting.length) return el("p", { class: "empty" }, "No changes: everything that is declared is rendered.");
    const length = told.seconds ? ` (${told.seconds} s)` : "";
    const worst = costs(told.worst) && !told.simulated ? ` Worst case with retries: ${money(told.worst)}.` : "";
    const price = !costs(told.cost) ? "Cost: nothing."
      : told.simulated ? `Cost: nothing; a provider at these prices would charge ${money(told.cost)}${length}.` : `Cost: ${money(told.cost)}${length}.${worst}`;
    return el("div", {},
      el("p", {}, el("strong", {}, `${[told.counts, `${told.unchanged} unchanged`].filter(Boolean).join(", ")}. `), price),
      told.notices.map((text) => el("p", { class: "small" }, `Note: ${text}.`)),
      told.refusals.map((text) => el("p", { class: "warning" }, text)),
      el("ul", { class: "changes" }, told.changes.map((change) => el("li", {},
        el("span", { class: `mark m-${change.action}`, title: change.action, "aria-label": change.action, role: "img" }, change.mark),
        change.video ? el("img", { src: address.poster(change.video), alt: "", loading: "lazy" }) : el("span", { class: "no-picture" }),
        el("div", {}, change.clip ? el("a", { href: address.clip(change.clip) }, el("bdi", {}, change.label)) : el("bdi", {}, change.label), " ", el("span", { class: "small" }, change.what), el("div", { class: "faint small" }, change.reason),
          change.diffs.map((pieces) => el("div", { class: "diff small", dir: "auto" }, "prompt: ", diffOf(pieces)))),
        el("span", { class: "price" }, change.price)))),
      told.more ? el("p", { class: "faint" }, `and ${counted(told.more, "more change")}`) : null,
      told.waiting.map((one) => {
        const link = (text) => el("a", { href: address.clip(one.clip.replace(/^clip\./, "")) }, el("bdi", {}, text));
        const words = one.label === one.clip ? [link(one.label), " waits for a pick"] : [el("bdi", {}, one.label), " waits for a pick of ", link(one.clip)];
        return el("p", {}, words, costs(one.cost) ? `, then costs ${money(one.cost)}` : "");
      }),
      el("p", { class: "faint small" }, "Exactly this plan: ", el("code", {}, `sorasync apply --expect ${told.token}`)));
  }

  // Applying is there only where the page was started with --allow-apply.
  function applying(told) {
    const apply = Review.library.apply;
    if (!apply) return null;
    if (apply.running) {
      return el("p", { class: "row wrap apply" }, el("strong", {}, "Applying …"), "Each clip shows how far it is.",
        el("button", { onclick: () => post("/api/stop", {}).then(() => Review.toast("Nothing more is sent; what was sent is recorded."), failed) }, "Stop"));
    }
    const last = apply.outcome ? el("span", { class: "faint" }, `The last apply: ${apply.outcome}`) : null;
    if (!told.changes.length || told.refusals.length) return el("p", {}, last);
    return el("p", { class: "row wrap apply" }, el("button", { class: "primary", onclick: () => confirmed(told) }, "Apply this plan"), last);
  }

  async function confirmed(told) {
    const amount = el("input", { type: "text", inputmode: "decimal", "aria-label": "The amount", autocomplete: "off" });
    const words = told.simulated ? `This renders ${money(told.cost)} worth at these prices; nothing is billed.` : `This spends ${money(told.cost)}.`;
    const typed = told.typed === null ? null : el("label", {}, `Type ${told.typed} to proceed: `, amount);
    const agreed = await Review.ask("Apply this plan?", el("div", {}, el("p", {}, words), typed),
      [{ label: "Cancel", value: "" }, { label: "Apply", value: "yes", primary: true }]);
    if (!agreed) return;
    try {
      await post("/api/apply", { token: told.token, amount: told.typed === null ? null : amount.value });
      Review.reload();
    } catch (error) { failed(error); }
  }

  function spent(told) {
    const days = told.spent.day;
    return el("div", {},
      el("p", {}, `${told.simulated ? "Simulated, at these prices: " : ""}${dollars(told.total)} spent so far.`),
      told.budgets.filter((one) => one.cap !== null).map((one) => el("div", { class: "budget" },
        el("span", {}, `Budget ${one.period}: ${dollars(one.spent)} of ${dollars(one.cap)}${one.after ? `, ${dollars(one.after)} after this plan` : ""}`),
        el("meter", { min: "0", max: one.cap, value: one.spent, "aria-label": `Spent ${one.period}` }))),
      days.length ? byDay(days, told.budgets.find((one) => one.period === "today")?.cap) : el("p", { class: "faint" }, "Nothing was spent yet."),
      el("div", { class: "two" }, days.length ? [table("By model", told.spent.model), table("By clip", told.spent.clip)] : null,
        told.usable.length ? usable(told.usable) : null));
  }

  // What a second in use has cost, takes that nobody picked and failures included.
  function usable(lines) {
    const cells = (line) => [String(line.tries), String(line.clips), String(Math.round(line.seconds)), line.a_second === null ? "–" : `$${line.a_second}`];
    return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Cost per second in use" },
      el("table", {}, el("caption", {}, "Cost per second in use"),
        el("thead", {}, el("tr", {}, ["Model", "Tries", "Clips in use", "Seconds in use", "Per second"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, lines.map((line) => el("tr", {}, el("th", { scope: "row" }, el("bdi", {}, line.name)), cells(line).map((text) => el("td", {}, text)))))));
  }

  // A budget far above the columns would flatten them: then its meter has to do.
  const MOST_ABOVE = 6;

  function byDay(days, budget) {
    const most = Math.max(...days.map((day) => Number(day.usd)));
    const cap = budget && Number(budget) <= MOST_ABOVE * most ? Number(budget) : null;
    const words = ["By day (UTC)", days.length > 1 ? "line: the sum so far" : "", cap ? `dashed: the budget of a day, ${dollars(budget)}` : ""];
    return el("figure", {}, el("figcaption", {}, words.filter(Boolean).join("; ")), columnsOf(days, cap));
  }

  // Days as columns, with the sum so far as a line, and the budget of a day.
  function columnsOf(days, cap) {
    // As wide as it is drawn, so that its words are as large as all others.
    const width = Math.max(280, Math.min(900, document.getElementById("main").clientWidth - 20)), height = 200, left = 56, below = 24;
    const most = Math.max(...days.map((day) => Number(day.usd)), cap || 0, 0.01);
    const total = days.reduce((sum, day) => sum + Number(day.usd), 0) || 1;
    const step = (width - left) / days.length;
    const y = (value) => height - below - (value / most) * (height - below - 12);
    let sum = 0;
    const line = days.map((day, index) => {
      sum += Number(day.usd);
      return `${left + (index + 0.5) * step},${height - below - (sum / total) * (height - below - 12)}`;
    }).join(" ");
    const text = (x, at, words, anchor) => svg("text", { x, y: at, "text-anchor": anchor }, words);
    const sums = days.map((day) => `${day.name} ${dollars(day.usd)}`).join(", ");
    return svg("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Spent by day: ${sums}` },
      svg("path", { class: "axis", d: `M${left} ${y(most)}H${width}M${left} ${y(most / 2)}H${width}M${left} ${height - below}H${width}` }),
      text(left - 8, y(most) + 4, dollars(most), "end"), text(left - 8, y(most / 2) + 4, dollars(most / 2), "end"), text(left - 8, height - below + 4, "$0", "end"),
      days.map((day, index) => svg("rect", { class: "column", x: left + (index + 0.5) * step - Math.min(step * 0.7, 90) / 2, y: y(Number(day.usd)), width: Math.min(step * 0.7, 90),
        height: Math.max(0, height - below - y(Number(day.usd))) }, svg("title", {}, `${day.name}: ${dollars(day.usd)}, ${counted(day.renders, "render")}`))),
      cap ? svg("path", { class: "cap", d: `M${left} ${y(cap)}H${width}` }) : null,
      days.length > 1 ? svg("polyline", { class: "line", points: line }) : null,
      text(left, height - 6, days[0].name, "start"), days.length > 1 ? text(width, height - 6, days[days.length - 1].name, "end") : null);
  }

  function table(title, lines) {
    const most = Math.max(...lines.map((line) => Number(line.usd)), 0.01);
    return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, el("table", {}, el("caption", {}, title),
      el("thead", {}, el("tr", {}, ["Name", "Renders", "Failed", "Seconds", "Spent"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, lines.map((line) => el("tr", {}, el("th", { scope: "row" }, el("bdi", {}, line.name)), el("td", {}, String(line.renders)), el("td", {}, String(line.failed)),
        el("td", {}, String(Math.round(line.seconds))), el("td", { class: "bar" },
          svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: (Number(line.usd) / most) * 100, height: 10 })),
          line.unknown ? `${dollars(line.usd)} + $?` : dollars(line.usd)))))));
  }

  // Cuts as strips: every event as wide as it is long; they play through, one video after the other.
  function cuts(main) {
    let playing = null;
    const stop = () => { if (playing) { playing.stop(); playing = null; } };
    function draw() {
      stop();
      const found = Review.library.cuts;
      put(main, el("h2", {}, "Cuts"), ...found.map(strip));
      if (!found.length) main.append(el("p", { class: "empty" }, "No cut is declared."));
    }

    function strip(cut) {
      const screens = [0, 1].map(() => el("video", { class: "screen", playsinline: true, "aria-label": `cut.${cut.name}`, hidden: true }));
      const cells = cut.events.map((event) => {
        const part = ((event.stop - event.start) / cut.frames) * 100;
        const cell = el("button", { class: "event", onclick: () => play(cut.events.indexOf(event)), title: event.clip || "black",
          "aria-label": `${event.clip || "black"}, ${((event.stop - event.start) / cut.fps).toFixed(1)} s` },
        event.video ? el("img", { src: address.poster(event.video), alt: "", loading: "lazy" }) : null,
        el("span", { class: "event-name" }, el("bdi", {}, event.clip || "black")));
        cell.style.flexGrow = part;
        return cell;
      });
      function play(first) {
        stop();
        playing = through(screens, cut, first, (at) => {
          cells.forEach((cell, index) => cell.classList.toggle("now", index === at));
          if (at < 0) playing = null;
        });
      }
      return el("section", { class: "cut", "aria-label": cut.name }, el("div", { class: "row wrap" }, el("h3", {}, el("bdi", {}, cut.name)),
        el("span", { class: "faint" }, `${(cut.frames / cut.fps).toFixed(1)} s, ${counted(cut.events.length, "event")}`), el("span", { class: "space" }),
        costs(cut.cost) ? el("span", { class: "price" }, `+${money(cut.cost)}`) : null,
        el("button", { class: "play", onclick: () => play(0) }, "Play through"),
        el("button", { class: "stop", onclick: () => { stop(); for (const screen of screens) screen.hidden = true; } }, "Stop")),
      screens, el("div", { class: "strip" }, cells));
    }

    Review.bindings.view = [
      { keys: "Space", match: [" "], label: "Play the cut in sight through, and stop",
        run: () => {
          const cut = document.activeElement.closest(".cut") || [...main.querySelectorAll(".cut")].find((one) => one.getBoundingClientRect().bottom > 160);
          cut?.querySelector(playing ? ".stop" : ".play").click();
        } },
      { keys: "Escape", match: ["Escape"], label: "Back to the overview", run: () => { location.hash = "#/"; } }];
    draw();
    return { update: () => { if (!playing) Review.keepFocus(main, draw); }, close: stop };
  }

  // Two screens by turns: one loads what comes next while the other plays, so that nothing stands still between.
  function through(screens, cut, first, marked) {
    let at = first - 1, timer = 0, stopped = false, out = null;
    for (const screen of screens) screen.event = null;
    const seconds = (frames) => frames / cut.fps;
    const moving = (event) => Boolean(event && event.video && !event.picture);

    function prepare(screen, event) {
      if (screen.event === event) return;
      screen.event = event;
      screen.pause();
      if (event?.picture) screen.poster = address.picture(event.video, event.picture); else screen.removeAttribute("poster");
      if (moving(event)) { screen.preload = "auto"; screen.src = `${address.video(event.video)}#t=${seconds(event.source)}`; }
      else { screen.removeAttribute("src"); screen.load(); }
    }

    function next() {
      at += 1;
      const event = cut.events[at], [screen, other] = at % 2 ? [screens[1], screens[0]] : screens;
      if (!event) { stop(); return; }
      const length = seconds(event.stop - event.start);
      marked(at);
      prepare(screen, event);
      screen.hidden = false;
      other.hidden = true;
      const still = () => { out = null; timer = setTimeout(next, length * 1000); };
      if (moving(event)) {
        out = seconds(event.source) + length;
        // A video that the browser cannot play keeps its length, and the cut continues after it.
        screen.play().catch(() => { if (!stopped && screen.error && cut.events[at] === event) still(); });
      } else { still(); }
      prepare(other, cut.events[at + 1]);
    }

    // Events end between two reports of `timeupdate`, which come four times a second.
    function watch() {
      if (stopped) return;
      const screen = screens[Math.max(0, at) % 2];
      if (out !== null && (screen.currentTime >= out - 0.5 / cut.fps || screen.ended)) { out = null; next(); }
      requestAnimationFrame(watch);
    }

    function stop() {
      stopped = true;
      clearTimeout(timer);
      for (const screen of screens) screen.pause();
      marked(-1);
    }

    next();
    watch();
    return { stop };
  }

  return { show, cuts };
})();
