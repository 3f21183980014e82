// The score of the sheet while it is filled in. The server counts anew; without this script nothing is missing but the sum.
const sheet = document.querySelector("[data-sheet]");
const sum = sheet.querySelector("[data-sum]");
const total = Number(sheet.dataset.total);
const fields = [...sheet.querySelectorAll("[data-points]")];
const vetoes = [...sheet.querySelectorAll("input[type=checkbox]")];

function tell() {
  const taken = fields.reduce((points, field) => points + (Math.round(Number(field.value.replace("．", ".")) * 10) || 0), 0);
  const vetoed = vetoes.filter((each) => each.checked).length;
  sum.textContent = `扣 ${taken / 10} 分，得 ${Math.max(0, total - taken) / 10} 分${vetoed ? `；否决项 ${vetoed} 项，不合格` : ""}`;
}

sheet.addEventListener("input", tell);
sheet.addEventListener("change", tell);
tell();
