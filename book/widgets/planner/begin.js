/* Starts the planner of each place that asks for one. */
"use strict";

for (const mount of document.querySelectorAll("[data-planner]")) {
  const { asked, results } = planner.pages[mount.dataset.planner];
  planner.start(mount, { asked, results });
}
