// Several videos that play as one: the longest leads, the others are nudged.
"use strict";

Review.player = (() => {
  // Milliseconds for which a video may stand still: one that has its data, and one that is on its way to another
  // place. Each time that it did not help to ask again, the next time comes later, for a machine may just be slow.
  const STUCK = 500, SEEKING = 2000, MOST_PATIENCE = 8;
  // What is heard is bent little: more would be heard as well.
  const SEEK = 0.25, CALM = 0.004, HEARD = 0.05, UNHEARD = 0.3;

  class Player {
    constructor(changed) {
      this.videos = [];
      this.rates = [];
      this.speed = 1;
      this.loop = true;
      this.from = null;
      this.to = null;
      this.heard = null;
      this.changed = changed;
      this.asked = false;
      this.moved = { time: -1, at: 0, patience: 1 };
      this.tick = this.tick.bind(this);
      this.alive = true;
      requestAnimationFrame(this.tick);
    }

    // `shown` are pairs of a video element and its frames a second.
    use(shown) {
      const time = this.time;
      this.videos = shown.map(([video]) => video);
      this.rates = shown.map(([, rate]) => rate || 24);
      if (!this.videos.includes(this.heard)) this.heard = null;
      for (const video of this.videos) {
        video.playbackRate = this.speed;
        video.muted = video !== this.heard;
        if (video.readyState < video.HAVE_METADATA) video.addEventListener("loadedmetadata", () => this.set(this.time || time || 0), { once: true });
      }
      this.set(time || 0);
      // What comes in while others play plays along, above all where it is the longest and leads from now on.
      if (this.asked) for (const video of this.videos) if (video.paused) this.start(video);
    }

    get leader() {
      const length = (video) => (Number.isFinite(video.duration) ? video.duration : 0);
      return this.videos.reduce((best, video) => (!best || length(video) > length(best) ? video : best), null);
    }
    get fps() { return this.rates[this.videos.indexOf(this.leader)] || 24; }
    get time() { return this.leader ? this.leader.currentTime : 0; }
    get length() { return this.leader && Number.isFinite(this.leader.duration) ? this.leader.duration : 0; }
    get frame() { return Math.floor(this.time * this.fps + 0.01); }
    get frames() { return Math.max(1, Math.round(this.length * this.fps)); }
    get playing() { return Boolean(this.leader && this.asked); }

    play() {
      if (!this.leader) return;
      this.asked = true;
      this.moved = { time: -1, at: 0, patience: 1 };
      if (this.time >= this.length - 0.5 / this.fps) this.set(this.from || 0);
      for (const video of this.videos) this.start(video);
      this.changed();
    }

    // A seek or a load that comes between may break a start off: what was asked for still holds.
    start(video) {
      video.play().catch((error) => {
        if (error.name !== "AbortError") return;
        setTimeout(() => { if (this.asked && video.paused && this.videos.includes(video)) this.start(video); }, 50);
      });
    }

    pause() {
      this.asked = false;
      for (const video of this.videos) { video.pause(); video.playbackRate = this.speed; }
      this.toFrame(this.frame);
    }

    toggle() { if (this.playing) this.pause(); else this.play(); }

    set(time) {
      for (const video of this.videos) {
        const last = Number.isFinite(video.duration) ? Math.max(0, video.duration - 0.001) : time;
        video.currentTime = Math.min(Math.max(0, time), last);
      }
      this.changed();
    }

    // The middle of a frame: its edges belong to either neighbour.
    toFrame(frame) {
      const kept = Math.max(0, Math.min(this.frames - 1, frame));
      this.set((kept + 0.5) / this.fps);
    }

    step(frames) { if (this.playing) this.pause(); this.toFrame(this.frame + frames); }

    setSpeed(speed) {
      this.speed = speed;
      for (const video of this.videos) video.playbackRate = speed;
      this.changed();
    }

    hear(video) {
      this.heard = video;
      for (const one of this.videos) one.muted = one !== video;
      this.changed();
    }

    tick(now) {
      if (!this.alive) return;
      if (this.playing && this.videos.every((video) => video.error)) this.pause();
      if (this.playing) { this.turn(); this.nudge(); this.unstick(now); this.changed(); }
      requestAnimationFrame(this.tick);
    }

    turn() {
      const end = this.loop && this.to !== null ? this.to : this.length;
      const leader = this.leader;
      if (!this.length || (leader.currentTime < end - 0.001 && !leader.ended)) return;
      if (!this.loop) { this.pause(); return; }
      this.set(this.from || 0);
      for (const video of this.videos) if (video.paused) this.start(video);
    }

    // Chromium now and then stands still for ever after a seek that came while it was starting to play, with all
    // the data there, or never starts. Another seek to the same place, or another start, gets it going.
    unstick(now) {
      const leader = this.leader, time = leader.currentTime;
      const loaded = [...Array(leader.buffered.length).keys()]
        .some((index) => leader.buffered.start(index) <= time && time < leader.buffered.end(index));
      if (time !== this.moved.time) this.moved = { time, at: now, patience: 1 };
      else if (!loaded && !leader.seeking) this.moved.at = now;
      else if (now - this.moved.at > (leader.seeking ? SEEKING : STUCK) * this.moved.patience) {
        this.moved.at = now;
        this.moved.patience = Math.min(MOST_PATIENCE, 2 * this.moved.patience);
        if (leader.paused) this.start(leader);
        this.set(time);
      }
    }

    nudge() {
      const leader = this.leader;
      for (const video of this.videos) {
        if (video === leader || !Number.isFinite(video.duration)) continue;
        if (leader.currentTime >= video.duration) continue;
        if (video.paused || video.ended) { video.currentTime = leader.currentTime; video.play().catch(() => {}); }
        const drift = video.currentTime - leader.currentTime;
        if (Math.abs(drift) > SEEK) video.currentTime = leader.currentTime;
        const most = video === this.heard ? HEARD : UNHEARD;
        const bend = Math.abs(drift) < CALM ? 0 : Math.max(-most, Math.min(most, -drift * 3));
        const rate = this.speed * (1 + bend);
        if (Math.abs(video.playbackRate - rate) > 0.001) video.playbackRate = rate;
      }
    }

    close() {
      this.alive = false;
      this.asked = false;
      for (const video of this.videos) { video.pause(); video.removeAttribute("src"); video.load(); }
      this.videos = [];
    }
  }

  return { Player };
})();
