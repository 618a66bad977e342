"use strict";
// Only in a page whose user highlights or orders trackers: bold lines, and who stands first in every legend.

const plainStroke = stroke;
const plainLegend = legendOf;

stroke = function (node, tracker) {
  if (data.trackers[tracker].bold) node.style.strokeWidth = "3.6px";
  return plainStroke(node, tracker);
};

legendOf = function (entries) {
  const rank = ([tracker]) => (data.trackers[tracker].bold ? -1 : data.trackers[tracker].place ?? Infinity);
  return plainLegend([...entries].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b))));
};
