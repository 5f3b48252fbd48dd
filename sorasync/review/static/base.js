// What every part of the page uses: elements, the server, keys and messages.
// Text from manifests and servers is set as text, never as HTML.
"use strict";

window.Review = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  // Like `replaceChildren`, without what is null, undefined or false.
  function put(element, ...children) {
    element.replaceChildren();
    return fill(element, {}, children);
  }

  // Draws part of the page anew; the focus goes to what stands where it was and says the same.
  function keepFocus(element, draw) {
    const reached = document.activeElement;
    const reachable = () => [...element.querySelectorAll("a, button, summary, input, textarea, select")];
    const at = reachable().indexOf(reached);
    draw();
    if (at < 0 || reached.isConnected) return;
    const alike = (one) => one.tagName === reached.tagName && one.textContent === reached.textContent;
    const [nearest] = reachable().map((one, index) => [one, Math.abs(index - at)])
      .filter(([one]) => alike(one)).sort(([, a], [, b]) => a - b);
    nearest?.[0].focus({ preventScroll: true });
  }

  function fill(element, properties, children) {
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "value" || name === "checked" || name === "muted") element[name] = value;
      else element.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false) element.append(child);
    }
    return element;
  }
  const el = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);
  const svg = (tag, properties, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

  const PATHS = {
    play: "M7 4.5v15l12-7.5z",
    pause: "M6 4.5h4.2v15H6zM13.8 4.5H18v15h-4.2z",
    back: "M15 4.5v15L6 12zM4 5h2v14H4z",
    forward: "M9 4.5v15l9-7.5zM18 5h2v14h-2z",
    left: "M14.5 5 8 12l6.5 7 1.6-1.5L11 12l5.1-5.5z",
    right: "M9.5 5 16 12l-6.5 7-1.6-1.5L13 12 7.900 6.500z",
    star: "m12 3 2.700 5.800 6.300.8-4.600 4.300 1.200 6.300L12 17.100 6.400 20.200l1.200-6.300L3 9.600l6.300-.8z",
    note: "M4 4h16v12h-9l-5 4.500V16H4z",
    sun: "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4z",
    undo: "M9 5 3.500 10 9 15v-3.500h5a4 4 0 0 1 0 8H8V22h6a6.500 6.500 0 0 0 0-13H9z",
  };
  const icon = (name) =>
    svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
      svg("path", { d: PATHS[name] }));

  const embedded = document.getElementById("review-data");
  const exported = embedded ? JSON.parse(embedded.textContent) : null;

  async function get(path, parameters) {
    if (exported) return Review.offline.answer(path + (parameters ? `?${Object.values(parameters)[0]}` : ""));
    const query = parameters ? `?${new URLSearchParams(parameters)}` : "";
    return answerOf(await asked(path + query, {}));
  }

  async function post(path, body) {
    if (exported) return Review.offline.post(path, body);
    return answerOf(await asked(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }));
  }

  async function asked(path, request) {
    try { return await fetch(path, { credentials: "same-origin", ...request }); } catch {
      throw new Error("The server does not answer. Is sorasync review still running?");
    }
  }

  // After a restart the cookie of this browser is worth nothing any more.
  const LOCKED = "sorasync review was started anew: open the address that it printed, then this page goes on";

  async function answerOf(response) {
    if (response.ok) return response.json();
    let told = { error: `the server answered with ${response.status}` };
    if ((response.headers.get("content-type") || "").includes("json")) told = await response.json();
    else if ((await response.text()).trim() === "no cookie") told = { error: LOCKED };
    const error = new Error([told.error, told.hint].filter(Boolean).map(sentence).join(" "));
    throw Object.assign(error, { status: response.status });
  }

  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.?!]$/.test(text) ? "" : ".");

  const address = {
    video: (digest) => (exported ? `media/${digest}.mp4` : `/video/${digest}`),
    poster: (digest) => (exported ? `media/${digest}.webp` : `/poster/${digest}`),
    picture: (digest, format) => (exported ? `media/${digest}.full.${format}` : `/picture/${digest}`),
    clip: (name) => `#/clip/${encodeURIComponent(name)}`,
  };

  const MOST_TOASTS = 3;

  // Messages that go away, with at most one action.
  function toast(text, action) {
    const place = document.getElementById("toasts");
    const one = el("div", { class: "toast" }, el("span", {}, text));
    const leave = () => one.remove();
    if (action) one.append(el("button", { onclick: () => { leave(); action.run(); } }, action.label));
    // Whoever is quick gets the last few only: they lie over the page.
    while (place.children.length >= MOST_TOASTS) place.firstChild.remove();
    place.append(one);
    setTimeout(leave, action ? 9000 : 6000);
  }
  const failed = (error) => toast(error.message);

  // A dialog that resolves with what its form was left with: null where it was left with Escape. One that comes
  // late, while another is open, waits: it must take away neither what is being typed nor what Enter means.
  let lastAsked = Promise.resolve();
  function ask(title, content, buttons) {
    const answer = lastAsked.then(() => opened(title, content, buttons));
    lastAsked = answer.catch(() => {});
    return answer;
  }

  function opened(title, content, buttons) {
    const dialog = document.getElementById("dialog");
    return new Promise((resolve) => {
      // Enter in a field means the primary button, whatever stands before it.
      const row = buttons.map((button) => (button.primary
        ? el("button", { type: "submit", value: button.value, class: "primary" }, button.label)
        : el("button", { type: "button", onclick: () => dialog.close(button.value) }, button.label)));
      const form = el("form", { method: "dialog" }, el("h2", { id: "dialog-title" }, title), content,
        el("div", { class: "row end" }, row));
      dialog.replaceChildren(form);
      dialog.onclose = () => {
        const value = dialog.returnValue;
        dialog.returnValue = "";
        resolve(value || null);
      };
      dialog.returnValue = "";
      dialog.showModal();
      const first = dialog.querySelector("textarea, input") || dialog.querySelector("button.primary");
      if (first) first.focus({ preventScroll: true });
      dialog.scrollTop = 0;
    });
  }

  // Keys of the view that is shown: `keys` as people read them, `match` as events name them.
  const bindings = { view: [], all: [] };
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("dialog").open) return;
    const into = event.target;
    const types = into.matches("textarea, select, input:not([type=checkbox]):not([type=range])");
    if (types) {
      if (event.key === "Escape") into.blur();
      return;
    }
    if ((event.key === " " || event.key === "Enter") && into.closest("button, a, summary, [role=tab]")) return;
    if (into.matches("input[type=range]") && event.key.startsWith("Arrow")) return;
    for (const one of [...bindings.view, ...bindings.all]) {
      if (one.match.includes(event.key) && (!one.when || one.when())) {
        event.preventDefault();
        one.run(event.key);
        return;
      }
    }
  }
  document.addEventListener("keydown", onKey);

  const money = (cost) => {
    const known = dollars(cost.usd);
    if (!cost.unknown) return known;
    return Number(cost.usd) ? `${known} + $?` : "$?";
  };
  const dollars = (text) => {
    const value = Number(text);
    return value && value < 0.01 ? `$${text}` : `$${value.toFixed(2)}`;
  };
  const costs = (cost) => cost && (Number(cost.usd) > 0 || cost.unknown > 0);
  const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  // Runs of words that were kept, left out or added.
  const diffOf = (pieces) => pieces.map(([op, text]) => {
    const tag = { "-": "del", "+": "ins", "=": "span" }[op];
    return [el(tag, {}, text), " "];
  });

  // What somebody set stays through a reload of the tab.
  const kept = {
    get: (name) => { try { return JSON.parse(sessionStorage.getItem(name)); } catch { return null; } },
    set: (name, value) => { try { sessionStorage.setItem(name, JSON.stringify(value)); } catch { /* a page from a file may keep nothing */ } },
  };

  return {
    el, svg, put, keepFocus, icon, get, post, address, sentence, kept, toast, failed, ask, bindings, money, dollars, costs, counted, diffOf,
    exported, library: null, redraw: () => {},
  };
})();
