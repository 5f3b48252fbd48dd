// What is said of a take: its name, how it came out, what it cost.
"use strict";

Review.takes = (() => {
  const { money, dollars, costs } = Review;

  const idOf = (take) => `${take.address} ${take.key}`;

  // Every take and step that a clip's page can show, those of earlier prompts included.
  const all = (clip) => [...clip.takes, ...clip.steps, ...clip.revisions.flatMap((one) => one.takes)];

  function titleOf(clip, take) {
    const step = clip.steps.findIndex((one) => one.address === take.address);
    return step >= 0 ? `Step ${step + 1}: ${take.kind}` : `Take ${take.number}`;
  }

  const isPicked = (clip, take) => clip.pickable && clip.takes.includes(take) && take.number === clip.picked;
  const canBePicked = (clip, take) => clip.pickable && clip.takes.includes(take) && take.number !== clip.picked;

  const failuresOf = (take) => take.checks.filter((one) => one.verdict === "failed");
  const failureWords = (take) => `fails ${failuresOf(take).map((one) => one.check).join(", ")}`;

  const stateOf = (take) => (take.progress !== null && take.stage === "in flight" ? `${take.progress}%` : take.stage);
  function paidWords(take) {
    if (take.to_pay && costs(take.to_pay)) return `${stateOf(take)}, +${money(take.to_pay)}`;
    return take.paid === null ? stateOf(take) : dollars(take.paid);
  }

  const when = (seconds) => (seconds ? new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") : "");

  // What is known of a take, as pairs of words.
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

  return { idOf, all, titleOf, isPicked, canBePicked, failuresOf, failureWords, stateOf, paidWords, when, factsOf };
})();
