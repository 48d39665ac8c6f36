// The dashboard's script: buttons that call the control plane, pages that keep up with the session, and the token of a
// server that asks for one, which is kept here in memory and nowhere else.
"use strict";

(() => {
  const NEWEST = 4, REST = 250, PATIENCE = 4, RETRY = 1000, LONGEST_RETRY = 15000;
  let token = null;
  let stream = null;

  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const session = () => document.body.dataset.session ?? "default";

  function make(name, text, className) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function call(path, options = {}) {
    const headers = { ...options.headers };
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    return fetch(path, { ...options, headers, cache: "no-store", credentials: "same-origin" });
  }

  // Pages

  async function page(address) {
    const answer = await call(address, { headers: { Accept: "text/html" } });
    return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  }

  function show(fresh) {
    document.title = fresh.title;
    document.body.replaceWith(document.adoptNode(fresh.body));
    begin();
  }

  async function visit(address, isNew) {
    const { page: fresh } = await page(address);
    if (isNew) history.pushState(null, "", address);
    show(fresh);
    one("#main")?.focus();
    scrollTo(0, 0);
  }

  function renew(fresh) {
    for (const old of all("[data-live][id]")) {
      const made = fresh.getElementById(old.id);
      if (made === null || made.outerHTML === plain(old)) continue;
      if (old.matches(":focus-within") && document.activeElement.matches("input, select")) continue;
      replace(old, document.adoptNode(made));
    }
    tick();
  }

  const made = new WeakMap();

  function plain(element) {
    return made.get(element) ?? element.outerHTML;
  }

  function replace(old, fresh) {
    const open = all("details[open][id]", old).map((each) => each.id);
    const buttons = all("button, a, [tabindex]", old);
    const focused = buttons.indexOf(document.activeElement);
    const scrolled = all(".scroll", old).map((each) => each.scrollLeft);
    made.set(fresh, fresh.outerHTML);
    old.replaceWith(fresh);
    for (const each of all("details[id]", fresh)) each.open = open.includes(each.id) || each.open;
    all(".scroll", fresh).forEach((each, index) => { each.scrollLeft = scrolled[index] ?? 0; });
    if (focused >= 0) all("button, a, [tabindex]", fresh)[focused]?.focus({ preventScroll: true });
  }

  // One look at the page at a time, none while nobody sees it, and never more work than a quarter of the time.
  let looking = false, wanted = false;

  async function refresh() {
    wanted = true;
    if (looking) return;
    looking = true;
    while (wanted) {
      wanted = false;
      const began = performance.now();
      try {
        const { answer, page: fresh } = await page(location.href);
        if (answer.ok) renew(fresh);
      } catch { /* the stream tells when the server is gone */ }
      await new Promise((done) => setTimeout(done, Math.max(REST, (performance.now() - began) * (PATIENCE - 1))));
    }
    looking = false;
  }

  // Events

  function state(name, text) {
    const line = one("#live-state");
    if (line === null || line.dataset.state === name) return;
    line.dataset.state = name;
    one("[data-live-text]", line).textContent = text;
  }

  async function follow() {
    stream?.abort();
    const path = document.body.dataset.events;
    if (path === undefined || document.hidden) return;
    const mine = stream = new AbortController();
    let last = null, pause = RETRY;
    while (!mine.signal.aborted) {
      try {
        const headers = { "X-Mock-Session": session(), Accept: "text/event-stream" };
        if (last !== null) headers["Last-Event-ID"] = last;
        const answer = await call(path, { headers, signal: mine.signal });
        if (!answer.ok) throw new Error(String(answer.status));
        pause = RETRY;
        for await (const event of events(answer.body)) {
          last = event.id ?? last;
          if (heed(event)) return;
        }
      } catch {
        if (mine.signal.aborted) return;
      }
      state("lost", "connection lost");
      await new Promise((done) => setTimeout(done, pause));
      pause = Math.min(pause * 2, LONGEST_RETRY);
    }
  }

  function heed(event) {
    if (event.event === "ended") {
      state("ended", "session ended");
      tell("This session has ended", [], true);
      return true;
    }
    state("on", "live");
    refresh();
    return false;
  }

  async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = {};
        for (const line of block.split("\n")) {
          const colon = line.indexOf(":");
          if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
        }
        if (event.event !== undefined) yield event;
      }
    }
  }

  // Acting

  function members(button) {
    const told = button.dataset.body === undefined ? null : JSON.parse(button.dataset.body);
    const form = button.closest("[data-form]");
    if (form === null) return told;
    for (const field of all("[name]", form)) {
      const text = field.value.trim();
      if (text !== "") told[field.name] = field.dataset.type === "json" ? value(text) : text;
    }
    return told;
  }

  function value(text) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  async function act(button) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const body = members(button);
    const headers = { "X-Mock-Session": session() };
    if (body !== null) headers["Content-Type"] = "application/json";
    try {
      const options = { method: button.dataset.method, headers, body: body === null ? undefined : JSON.stringify(body) };
      const answer = await call(button.dataset.path, options);
      const text = await answer.text();
      outcome(button.textContent.trim(), answer, text === "" ? {} : JSON.parse(text));
    } catch (error) {
      tell(`The server did not answer: ${error.message}`, [], true);
    }
    button.removeAttribute("aria-busy");
    refresh();
  }

  function outcome(label, answer, told) {
    if (!answer.ok) {
      const more = Object.entries(told).filter(([name]) => ["field", "alternatives", "legal"].includes(name));
      tell(told.detail ?? `Refused: ${answer.status}`, more.map(([name, each]) => `${name}: ${[each].flat().join(", ")}`), true);
    } else if (Array.isArray(told.fired)) {
      const lines = told.fired.map((each) => {
        const result = each.result === null ? "" : ` → ${each.result}`;
        return `${each.at.slice(11, -1)} ${each.type} ${each.ref.slice(0, 8)}${result}`;
      });
      const rest = told.meta.fired - told.fired.length;
      if (rest > 0) lines.push(`and ${rest} more`);
      tell(`The clock shows ${told.now.replace("T", " ").slice(0, -1)}. ${lines.length ? "What fired:" : "Nothing fell due."}`, lines);
      fired(lines);
    } else {
      tell(`Done: ${label}`, []);
    }
  }

  function fired(lines) {
    const place = one("[data-fired]");
    if (place === null || !lines.length) return;
    const list = make("ul");
    list.append(...lines.map((line) => make("li", line)));
    place.replaceChildren(list);
    one("#fired-list").hidden = false;
  }

  function tell(text, lines, isRefused = false) {
    const box = make("div", undefined, isRefused ? "told-one refused" : "told-one");
    const close = make("button", "×");
    close.type = "button";
    close.setAttribute("aria-label", "Dismiss");
    close.addEventListener("click", () => box.remove());
    box.append(close, make("p", text));
    if (lines.length) {
      const list = make("ul");
      list.append(...lines.map((line) => make("li", line)));
      box.append(list);
    }
    const place = one("#told");
    place.append(box);
    while (place.children.length > NEWEST) place.firstElementChild.remove();
    if (!isRefused) setTimeout(() => box.remove(), lines.length ? 12000 : 4000);
  }

  async function copy(button) {
    const text = one("pre", button.parentElement);
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(text);
      button.textContent = "selected";
    }
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  }

  // The token

  async function unlock() {
    const field = one("#token");
    token = field.value.trim();
    let opened = null;
    try {
      opened = await page(location.href);
    } catch { /* a token that no header can hold is none of ours */ }
    if (opened === null || "locked" in opened.page.body.dataset) {
      token = null;
      one("[data-refused]").hidden = false;
      field.select();
      return;
    }
    show(opened.page);
  }

  // The clock runs on in the page between two looks.
  let shownAt = new Map();

  function tick() {
    for (const each of all('time[data-clock="running"]')) {
      const instant = Number(each.dataset.instant);
      if (!shownAt.has(each)) shownAt.set(each, performance.now());
      const now = new Date(instant + performance.now() - shownAt.get(each)).toISOString();
      one(".day", each).textContent = now.slice(0, 10);
      one(".hour", each).textContent = now.slice(11, 19);
    }
  }

  // All of it

  function begin() {
    document.documentElement.classList.remove("no-script");
    shownAt = new Map();
    tick();
    follow();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches(".act[data-path]")) act(button);
    else if (button?.matches(".copy")) copy(button);
    else if (button?.matches("[data-open]")) unlock();
    const link = event.target.closest("a[href]");
    if (token === null || link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const address = new URL(link.href instanceof SVGAnimatedString ? link.href.baseVal : link.href, location.href);
    if (address.origin !== location.origin || !address.pathname.startsWith("/__admin/") || address.hash) return;
    event.preventDefault();
    visit(address.href, true);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    if (event.target.id === "token") unlock();
    else if (event.target.matches("[data-form] input")) one(".act", event.target.closest("[data-form]")).click();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-switch]")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    if (token === null) return;
    event.preventDefault();
    visit(`${event.target.action}?${new URLSearchParams(new FormData(event.target))}`, true);
  });
  addEventListener("popstate", () => { if (token !== null) visit(location.href, false); });
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => stream?.abort());
  setInterval(tick, 1000);
  begin();
})();
