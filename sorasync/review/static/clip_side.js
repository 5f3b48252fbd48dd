// What stands beside the pictures of a clip: notes, prompt, what it is made from, earlier prompts, checks, facts.
"use strict";

Review.clipSide = (() => {
  const { el, address, diffOf, counted, takes } = Review;
  const { titleOf, failuresOf, factsOf, when } = takes;

  // Sections that somebody opened or closed stay so when `side` is drawn again.
  function sectionsOf(side) {
    const opened = new Map([...side.querySelectorAll("details")].map((one) => [one.id, one.open]));
    const isOpen = (id, otherwise) => (opened.has(id) ? opened.get(id) : otherwise);
    const fold = (kind, id, open, title, content) => el("details", { open: isOpen(id, open), class: kind, id }, title, content);
    return {
      section: (title, id, open, ...content) => fold("section", id, open, el("summary", {}, title), content),
      lines: (title, id, ...content) => fold(null, id, false, el("summary", { class: "small" }, title), content),
    };
  }

  // `page` has the `clip`, `writable()`, `panes`, `write()` for a note, and `goTo` for a note or a check.
  function sections(side, page) {
    const { clip } = page, { section, lines } = sectionsOf(side);
    return [
      notes(page, section), prompt(clip, section), madeFrom(clip, section),
      clip.revisions.length ? section(`Earlier prompts (${clip.revisions.length})`, "s-revisions", false,
        clip.revisions.map((one) => revision(page, one))) : null,
      checks(page, section, lines),
      clip.elsewhere.length ? section("Notes on renders that are not here", "s-elsewhere", false,
        clip.elsewhere.map((note) => el("p", { dir: "auto" }, note.text))) : null,
      facts(clip, section),
    ];
  }

  function notes(page, section) {
    const all = takes.all(page.clip), shown = page.panes.list.length > 0;
    const count = all.reduce((sum, take) => sum + take.notes.filter((note) => !note.reply_to).length, 0);
    return section(`Notes (${count})`, "s-notes", true,
      page.writable() ? el("button", { onclick: page.write, disabled: !shown }, Review.icon("note"), "Write a note") : null,
      Review.notes.list(all, page.writable() && shown, (take) => titleOf(page.clip, take), (take, note) => page.panes.goTo(take, note.frame, note.id)));
  }

  function prompt(clip, section) {
    const links = (names) => names.map((name, index) => [index ? ", " : "", el("a", { href: address.clip(name) }, el("bdi", {}, name))]);
    return section("Prompt", "s-prompt", true,
      clip.source ? el("p", {}, "Continues ", links([clip.source])) : null,
      clip.prompt ? el("p", { class: "prompt", dir: "auto" }, clip.prompt) : null,
      clip.steps.map((step) => el("p", { class: "prompt", dir: "auto" }, el("strong", {}, `${step.kind}: `), step.prompt)),
      clip.undone_steps.length ? el("p", { class: "faint" }, `${counted(clip.undone_steps.length, "step")} to follow once a take is picked`) : null,
      clip.needed_by.length ? el("p", { class: "small" }, clip.kind === "still" ? "Used by " : "Continued by ", links(clip.needed_by)) : null,
      el("p", { class: "faint small" }, clip.file, clip.tags.length ? ` · ${clip.tags.join(", ")}` : ""));
  }

  // Pictures and videos that were sent, or will be.
  function madeFrom(clip, section) {
    const found = clip.takes.length ? clip.takes[0].references : [];
    if (!found.length) return null;
    return section(`Made from (${found.length})`, "s-made-from", true,
      el("div", { class: "takes" }, found.map((one) => el("figure", { class: "take reference" },
        one.poster ? el("img", { src: address.poster(one.poster), alt: "", loading: "lazy" }) : el("span", { class: "faint small" }, "not here yet"),
        el("figcaption", { class: "small" }, el("strong", {}, one.what), " ",
          one.page ? el("a", { href: address.clip(one.page) }, el("bdi", {}, one.page)) : el("bdi", { title: one.name }, one.name.split("/").pop()))))));
  }

  // What wants a look is told one by one; what passed in a line for each take.
  function checks(page, section, lines) {
    const { clip } = page, checked = [...clip.takes, ...clip.steps].filter((take) => take.checks.length);
    if (!checked.length) return null;
    const told = checked.flatMap((take) => take.checks.filter((one) => one.verdict !== "passed").map((one) => el("li", {},
      el("span", { class: "row wrap" }, el("strong", {}, `${titleOf(clip, take)}: ${one.check}`),
        el("span", { class: `stage ${one.verdict === "failed" ? "s-failed" : ""}` }, one.verdict)),
      el("span", { class: "faint small" }, one.message, " ",
        one.frame === null ? null : el("button", { class: "link small", onclick: () => page.panes.goTo(take, one.frame) }, "Show")))));
    const passed = checked.map((take) => [take, take.checks.filter((one) => one.verdict === "passed")]).filter(([, found]) => found.length);
    const failures = checked.reduce((sum, take) => sum + failuresOf(take).length, 0);
    return section(failures ? `Checks (${failures} failed)` : told.length ? "Checks" : "Checks (passed)", "s-checks", told.length > 0,
      told.length ? el("ul", { class: "notes" }, told) : null,
      passed.map(([take, found]) => lines(`${titleOf(clip, take)}: ${found.length} passed`, `s-passed-${take.key}`,
        el("p", { class: "faint small" }, found.map((one) => `${one.check}: ${one.message}`).join("; ")))));
  }

  function revision(page, one) {
    const title = (take) => titleOf(page.clip, take);
    return el("div", { class: "revision" },
      el("p", { class: "prompt diff", dir: "auto" }, one.diff.length ? diffOf(one.diff) : one.prompt),
      el("div", { class: "takes" }, one.takes.map((take) => el("div", { class: "take" },
        el("button", { class: "thumb", disabled: !take.video, "aria-label": `Show the earlier ${title(take)}`, onclick: () => page.panes.toggle(take) },
          take.video ? el("img", { src: address.poster(take.video), alt: "" }) : el("span", { class: "faint small" }, "gone")),
        el("span", { class: "faint small" }, `${title(take)}${take.when ? ` · ${when(take.when).slice(0, 10)}` : ""}`)))));
  }

  function facts(clip, section) {
    const found = [...clip.takes, ...clip.steps].map((take) => el("div", { class: "facts" }, el("h3", {}, titleOf(clip, take)),
      el("dl", {}, factsOf(take).map(([term, text]) => el("div", {}, el("dt", {}, term), el("dd", { dir: "auto" }, text))))));
    return found.length ? section("Takes in detail", "s-facts", innerWidth > 700, found) : null;
  }

  return { sections };
})();
