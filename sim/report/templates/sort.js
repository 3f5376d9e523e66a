// Tables sort on a click on a heading, or on Enter; the page reads without this script.
for (const heading of document.querySelectorAll("thead th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => {
    const table = heading.closest("table");
    const falling = heading.getAttribute("aria-sort") === "ascending";
    const numeric = heading.classList.contains("number");
    const body = table.tBodies[0];
    const value = (row) => {
      const cell = row.cells[heading.cellIndex];
      if (!numeric) return cell.textContent;
      const text = cell.dataset.value ?? cell.textContent.replaceAll(",", "");
      return text === "" ? NaN : Number(text);
    };
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (numeric && (isNaN(x) || isNaN(y))) return isNaN(x) - isNaN(y); // empty ones last
      const difference = numeric ? x - y : x.localeCompare(y, "en", { numeric: true });
      return falling ? -difference : difference;
    };
    for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
    body.append(...[...body.rows].sort(order));
  });
}
// On paper, commands are to be read as well.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
