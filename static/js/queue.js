/* Keys for whoever goes through a list one by one; every page works without.
   data-key="r" on a button, link or field: that key presses it, or goes to it. */
(function () {
  "use strict";

  function isField(element) {
    return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  }

  /* Words that are selected on the page become a line of the field. */
  function takeSelection(field) {
    var text = String(window.getSelection()).trim();
    var source = document.querySelector("[data-selectable]");
    if (text && source && source.textContent.indexOf(text) !== -1) {
      field.value = (field.value ? field.value.replace(/\n*$/, "\n") : "") + text;
    }
  }

  function press(element) {
    var fold = element.closest("details");
    if (fold) {
      fold.open = true;
    }
    if (isField(element) && element.type !== "submit") {
      if (element.hasAttribute("data-takes-selection")) {
        takeSelection(element);
      }
      element.focus();
    } else {
      element.click();
    }
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
      return;
    }
    if (event.isComposing) {
      return;
    }
    if (isField(event.target)) {
      if (event.key === "Escape") {
        event.target.blur();
      }
      return;
    }
    var key = event.key.toLowerCase();
    if (!/^[a-z0-9]$/.test(key)) {
      return;
    }
    var element = document.querySelector('[data-key="' + key + '"]');
    if (element) {
      event.preventDefault();
      press(element);
    }
  });
})();
