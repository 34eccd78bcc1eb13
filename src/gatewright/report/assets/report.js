"use strict";
// Query, order, links and copying. The page is complete without it; nothing here makes HTML out of text.
(function () {
  var all = Array.prototype.slice;
  var root = document.documentElement;
  var cards = all.call(document.querySelectorAll("details.finding"));
  var list = document.getElementById("list");
  var query = document.getElementById("query");
  var order = document.getElementById("order");
  var said = document.getElementById("said");
  var rank = { critical: 0, high: 1, medium: 2, low: 3 };
  root.classList.add("js");

  // severity:high method:PUT !test:cors "two words"
  function parse(text) {
    var found = [], term, pattern = /(!?)(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/g;
    while ((term = pattern.exec(text))) {
      found.push({ not: term[1] === "!", key: term[2], value: (term[3] !== undefined ? term[3] : term[4]).toLowerCase() });
    }
    return found;
  }
  function matches(card, term) {
    var key = term.key, value;
    if (key === undefined) { return card.textContent.toLowerCase().indexOf(term.value) >= 0; }
    value = card.getAttribute("data-" + key);
    if (value === null) { return false; }
    value = value.toLowerCase();
    return key === "path" || key === "text" ? value.indexOf(term.value) >= 0 : value.split(" ").indexOf(term.value) >= 0;
  }
  function apply() {
    var terms = parse(query.value), shown = 0;
    cards.forEach(function (card) {
      var keep = terms.every(function (term) { return matches(card, term) !== term.not; });
      card.hidden = !keep;
      shown += keep ? 1 : 0;
    });
    all.call(document.querySelectorAll("button[data-term]")).forEach(function (button) {
      button.setAttribute("aria-pressed", String(query.value.split(/\s+/).indexOf(button.getAttribute("data-term")) >= 0));
    });
    said.textContent = shown === cards.length ? "" : shown + " of " + cards.length + " findings";
  }
  function sort() {
    var by = order.value;
    cards.slice().sort(function (a, b) {
      if (by === "severity") { return rank[a.getAttribute("data-severity")] - rank[b.getAttribute("data-severity")] || a.getAttribute("data-index") - b.getAttribute("data-index"); }
      return a.getAttribute("data-" + by).localeCompare(b.getAttribute("data-" + by)) || a.getAttribute("data-index") - b.getAttribute("data-index");
    }).forEach(function (card) { list.appendChild(card); });
  }
  function remember() {
    var text = query.value.trim();
    history.replaceState(null, "", text ? "#q=" + encodeURIComponent(text) : location.pathname + location.search);
  }
  function read() {
    var hash, found;
    try { hash = decodeURIComponent(location.hash.slice(1)); } catch (error) { return; }
    if (hash.indexOf("q=") === 0) { query.value = hash.slice(2); apply(); return; }
    if (hash.indexOf("f=") !== 0) { return; }
    found = cards.filter(function (card) { return card.id === "f-" + hash.slice(2) || card.getAttribute("data-number") === hash.slice(2); })[0];
    if (found) { found.open = true; found.scrollIntoView(); found.querySelector("summary").focus(); }
  }

  if (query) {
    query.addEventListener("input", function () { apply(); remember(); });
    order.addEventListener("change", sort);
    all.call(document.querySelectorAll("button[data-term]")).forEach(function (button) {
      button.addEventListener("click", function () {
        var term = button.getAttribute("data-term"), words = query.value.split(/\s+/).filter(Boolean), at = words.indexOf(term);
        if (at >= 0) { words.splice(at, 1); } else { words.push(term); }
        query.value = words.join(" ");
        apply(); remember();
      });
    });
    window.addEventListener("hashchange", read);
    read();
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("button.copy") : null, source;
    if (!button) { return; }
    source = document.getElementById(button.getAttribute("data-copy"));
    if (navigator.clipboard) { navigator.clipboard.writeText(source.textContent); } else {
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(function () { button.textContent = "Copy"; }, 1500);
  });
  document.addEventListener("keydown", function (event) {
    var field = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !field && query && !event.ctrlKey && !event.metaKey) { query.focus(); event.preventDefault(); }
    if (event.key === "Escape" && event.target === query) { query.value = ""; apply(); remember(); }
  });
  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = all.call(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () { closed.forEach(function (one) { one.open = false; }); });
})();
