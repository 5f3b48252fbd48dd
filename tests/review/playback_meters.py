"""Scripts that measure the page inside the browser, for its tests and for the bench."""

from __future__ import annotations

# Seconds that the shorter of two takes is ahead of the longer one, at each of its frames, until the longer
# one has played for 20 s.
DRIFT = """() => new Promise((resolve) => {
  const [one, other] = [...document.querySelectorAll('.frame video')].sort((a, b) => b.duration - a.duration);
  let last = null; const drifts = [];
  const leader = (now, facts) => { last = facts; one.requestVideoFrameCallback(leader); };
  const follower = (now, facts) => {
    if (last && !one.paused) {
      const later = (facts.expectedDisplayTime - last.expectedDisplayTime) / 1000;
      const then = last.mediaTime + later * one.playbackRate;
      drifts.push(facts.mediaTime - then);
    }
    if (one.currentTime >= 20) resolve(drifts); else other.requestVideoFrameCallback(follower);
  };
  one.requestVideoFrameCallback(leader); other.requestVideoFrameCallback(follower);
})"""

# Scrolls by so many pixels on each of 90 frames: the milliseconds between frames, where that ended, and how
# many cards the page holds then.
SCROLL = """(by) => new Promise((resolve) => {
  const gaps = []; let last = performance.now(), moved = 0;
  const turn = (now) => {
    gaps.push(now - last); last = now;
    scrollBy(0, by); moved += 1;
    if (moved < 90) requestAnimationFrame(turn);
    else resolve([gaps.slice(5), scrollY, document.querySelectorAll('.card').length]);
  };
  requestAnimationFrame(turn);
})"""
