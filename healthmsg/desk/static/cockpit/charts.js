// Draws each chart from the numbers beside it. Lines differ by dash and point, bars by hatching:
// color never speaks alone. The table behind a chart is what stands without this script.
const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const COLORS = { light: ["#0f766e", "#1e3a8a", "#b45309", "#9d174d"], dark: ["#5eead4", "#93c5fd", "#fcd34d", "#f9a8d4"] };
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const POINTS = ["circle", "rect", "triangle", "crossRot"];

function hatched(color, place) {
  if (place === 0) {
    return color;
  }
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = color;
  pen.lineWidth = 2;
  pen.beginPath();
  if (place === 1) {
    pen.moveTo(0, 8);
    pen.lineTo(8, 0);
  } else if (place === 2) {
    pen.moveTo(0, 4);
    pen.lineTo(8, 4);
  } else {
    pen.moveTo(4, 0);
    pen.lineTo(4, 8);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

// Long names would leave the bars no room; the table beside says them whole.
function shortened(value) {
  const words = this.getLabelForValue(value);
  return words.length > 18 ? `${words.slice(0, 17)}…` : words;
}

function drawn(numbers) {
  const colors = COLORS[DARK.matches ? "dark" : "light"];
  const styles = getComputedStyle(document.documentElement);
  const ink = styles.getPropertyValue("--ink").trim();
  const line = styles.getPropertyValue("--line").trim();
  const isRight = document.documentElement.dir === "rtl";
  return {
    type: numbers.type,
    data: {
      labels: numbers.labels,
      datasets: numbers.columns.map(({ name, shares, place }) => ({
        label: name,
        data: shares,
        borderColor: colors[place],
        backgroundColor: numbers.type === "bar" ? hatched(colors[place], place) : colors[place],
        borderWidth: numbers.type === "bar" ? 1 : 2,
        borderDash: numbers.type === "bar" ? [] : DASHES[place],
        pointStyle: POINTS[place],
        pointRadius: 4,
        spanGaps: true,
        clip: 10,
      })),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      plugins: {
        legend: { position: "bottom", rtl: isRight, labels: { color: ink, usePointStyle: numbers.type === "line" } },
        tooltip: { rtl: isRight, callbacks: { label: (at) => `${at.dataset.label}: ${at.formattedValue} %` } },
      },
      scales: {
        x: {
          reverse: isRight,
          ticks: { color: ink, callback: shortened },
          grid: { display: false },
          // From right to left the label that leans out is the last one, for which none is kept free.
          afterFit: (axis) => {
            axis.paddingLeft = Math.max(axis.paddingLeft, isRight && axis.labelRotation ? 60 : 0);
          },
        },
        y: { position: isRight ? "right" : "left", min: 0, max: 100, ticks: { color: ink, callback: (share) => `${share} %` }, grid: { color: line } },
      },
    },
  };
}

function draw() {
  for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
    Chart.getChart(canvas)?.destroy();
    canvas.parentElement.hidden = false;
    new Chart(canvas, drawn(JSON.parse(document.getElementById(canvas.dataset.chart).textContent)));
  }
}

document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("details[data-folds]")) {
    table.open = false;
  }
  draw();
  DARK.addEventListener("change", draw);
});
