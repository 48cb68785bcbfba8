// Keeps the page's numbers up to date from /status, while somebody looks at it. Tells when what is
// not a number has changed, since that needs the page anew.
"use strict";
(() => {
  const EVERY = 3000; // ms
  const byId = (id) => document.getElementById(id);
  const button = byId("pause");
  let timer = 0;
  let paused = false;
  let first = null; // the state of what the page shows, to see whether it changed
  let last = null; // for the rate

  const grouped = (value) => Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");

  // As html.cc and status_text.cc write them.
  const formats = {
    count: grouped,
    bytes(value) {
      const units = ["bytes", "KiB", "MiB", "GiB"];
      let unit = 0;
      for (; value >= 1024 && unit + 1 < units.length; ++unit) value /= 1024;
      return value.toFixed(unit === 0 ? 0 : 1) + " " + units[unit];
    },
    duration(value) {
      const s = Math.floor(value);
      if (s < 60) return s + " s";
      if (s < 3600) return Math.floor(s / 60) + " min " + (s % 60) + " s";
      if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor((s % 3600) / 60) + " min";
      return Math.floor(s / 86400) + " d " + Math.floor((s % 86400) / 3600) + " h";
    },
    milliseconds: (value) => (value === 0 ? "–" : value.toFixed(1) + " ms"),
    state: (value) => value,
  };

  // What isn't counted at all in /status is zero.
  function find(status, path) {
    let value = status;
    for (const step of path.split(" ")) {
      value = Array.isArray(value) ? value.find((item) => item.server === step) : value[step];
      if (value === undefined) return path.includes("byRcode") ? 0 : undefined;
    }
    return value;
  }

  function show(status) {
    for (const element of document.querySelectorAll("[data-live]")) {
      const value = find(status, element.dataset.live);
      if (value === undefined) continue;
      const text = formats[element.dataset.format](value);
      if (element.textContent !== text) element.textContent = text;
    }
    const now = { time: status.uptimeSeconds, queries: status.queries.received };
    if (last && now.time > last.time) {
      byId("rate").textContent = grouped((now.queries - last.queries) / (now.time - last.time));
      byId("rate-row").hidden = false;
    }
    last = now;
  }

  function tell(text) {
    const note = byId("changed");
    if (note.dataset.text === text) return;
    note.dataset.text = text;
    note.textContent = text;
    if (text === "") return;
    const link = document.createElement("a");
    link.href = location.pathname + location.search;
    link.textContent = "Load it again";
    note.append(" ", link, ".");
  }

  function compare(status) {
    // Not the serial, nor the number of reloads: both count where nothing has changed.
    const { ageSeconds, generation, reloads, ...table } = status.table;
    const state = JSON.stringify([table, status.problems, status.pools,
                                  status.upstreams.map((upstream) => upstream.server)]);
    if (first === null) first = state;
    const same = state === first;
    tell(same ? "" : "The state or the table has changed since this page was made.");
  }

  async function update() {
    try {
      const response = await fetch("/status", { cache: "no-store" });
      const status = await response.json();
      show(status);
      compare(status);
      if (!paused) byId("live").textContent = "Kept up to date every 3 s.";
    } catch (error) {
      byId("live").textContent = "Old: mesh-dns doesn't answer since " +
        new Date().toLocaleTimeString("en-GB") + ".";
      last = null;
    }
    again();
  }

  function again() {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(update, EVERY);
  }

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    byId("live").textContent = paused ? "Paused." : "Kept up to date every 3 s.";
    last = null;
    clearTimeout(timer);
    if (!paused) update();
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    last = null;
    if (!document.hidden && !paused) update();
  });
  button.hidden = false;
  update();
})();
