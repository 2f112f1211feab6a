/* Comfort for those whose phone can run it; every page works without (E9, T21, T27, T34). */
(function () {
  "use strict";
  var KEPT = 2 * 60 * 60 * 1000;
  var form = document.getElementById("ballot");

  /* Storage may be switched off: then there is no draft. */
  function kept(store, key, value) {
    try {
      if (value === null) {
        window[store].removeItem(key);
      } else if (value !== undefined) {
        window[store].setItem(key, value);
      }
      return window[store].getItem(key);
    } catch (error) {
      return null;
    }
  }

  /* The square code on the letter carries its text behind the #, which is never sent. */
  function takeFromAddress(fieldId) {
    var field = document.getElementById(fieldId);
    var text = window.location.hash.slice(1);
    if (field && /^[0-9A-Za-z-]{12,20}$/.test(text)) {
      window.history.replaceState(null, "", window.location.pathname);
      field.value = text;
      field.form.submit();
    }
  }

  function radios() {
    return Array.prototype.slice.call(form.querySelectorAll("input[type=radio]"));
  }

  function marked() {
    return radios().filter(function (radio) {
      return radio.checked;
    });
  }

  function saveDraft() {
    var marks = marked().map(function (radio) {
      return radio.id;
    });
    var draft = { at: Date.now(), marks: marks, words: form.words.value };
    kept("localStorage", "draft", JSON.stringify(draft));
  }

  function freshDraft() {
    var draft = null;
    try {
      draft = JSON.parse(kept("localStorage", "draft"));
    } catch (error) {
      /* Not written by this page: dropped below. */
    }
    if (!draft || Date.now() - draft.at > KEPT) {
      kept("localStorage", "draft", null);
      return null;
    }
    return draft.marks.length || draft.words ? draft : null;
  }

  function takeDraft(draft) {
    draft.marks.forEach(function (id) {
      var radio = document.getElementById(id);
      if (radio) {
        radio.checked = true;
      }
    });
    form.words.value = draft.words;
  }

  /* Asked, not done: the next person at this phone must not find another's answers.
     Only the same tab goes on by itself, after a reload or a step back. */
  function offerDraft() {
    var draft = freshDraft();
    var box = document.getElementById("draft");
    var same = kept("sessionStorage", "filling");
    kept("sessionStorage", "filling", "yes");
    if (form.seen || marked().length || form.words.value) {
      saveDraft();
    } else if (draft && same) {
      takeDraft(draft);
    } else if (draft) {
      box.hidden = false;
      document.getElementById("draft-take").onclick = function () {
        takeDraft(draft);
        box.hidden = true;
      };
      document.getElementById("draft-drop").onclick = function () {
        kept("localStorage", "draft", null);
        box.hidden = true;
      };
    }
  }

  function forgetDraft() {
    kept("localStorage", "draft", null);
    kept("sessionStorage", "filling", null);
  }

  function warnOfWords() {
    var words = form.words.value;
    var telling = new RegExp(form.getAttribute("data-telling"));
    var name = form.getAttribute("data-name");
    if (words.normalize) {
      words = words.normalize("NFKC");
    }
    document.getElementById("words-warning").hidden = !(
      telling.test(words) ||
      (name && words.indexOf(name) >= 0)
    );
  }

  /* Read aloud, on and off. */
  function linesOf(root) {
    var walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, null, false);
    var lines = [];
    while (walker.nextNode()) {
      var node = walker.currentNode;
      var text = node.nodeValue.trim();
      var around = node.parentElement;
      if (!text || around.closest("[hidden], .read, .steps, details:not([open]) > .text")) {
        continue;
      }
      lines.push(around.closest(".groups") ? text.split("").join(" ") : text);
    }
    return lines;
  }

  function stopReading() {
    window.speechSynthesis.cancel();
    each(".read[aria-pressed=true]", function (button) {
      button.setAttribute("aria-pressed", "false");
      button.lastElementChild.textContent = button.getAttribute("data-start");
    });
  }

  function startReading(button) {
    var lines = linesOf(document.getElementById(button.getAttribute("data-read")));
    button.setAttribute("aria-pressed", "true");
    button.lastElementChild.textContent = button.getAttribute("data-stop");
    lines.forEach(function (line, number) {
      var speech = new SpeechSynthesisUtterance(line);
      speech.lang = document.documentElement.lang === "en" ? "en" : "zh-CN";
      speech.rate = 0.85;
      if (number === lines.length - 1) {
        speech.onend = stopReading;
      }
      window.speechSynthesis.speak(speech);
    });
  }

  function each(selector, act) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), act);
  }

  if ("speechSynthesis" in window && "SpeechSynthesisUtterance" in window) {
    each(".read", function (button) {
      button.hidden = false;
      button.setAttribute("aria-pressed", "false");
      button.setAttribute("data-start", button.lastElementChild.textContent);
      button.onclick = function () {
        var on = button.getAttribute("aria-pressed") === "true";
        stopReading();
        if (!on) {
          startReading(button);
        }
      };
    });
    window.addEventListener("pagehide", stopReading);
  }

  if (form) {
    offerDraft();
    warnOfWords();
    form.addEventListener("change", saveDraft);
    form.words.addEventListener("input", function () {
      saveDraft();
      warnOfWords();
    });
  } else if (document.getElementById("sealed")) {
    forgetDraft();
  } else {
    if (document.getElementById("code")) {
      kept("sessionStorage", "filling", null);
    }
    takeFromAddress("code");
    takeFromAddress("receipt");
  }
})();
