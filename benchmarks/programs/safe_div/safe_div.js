function safeDiv(a, b) {
  if (b === 0) throw new Error("b != 0");
  return Math.trunc(a / b);
}
let total = 0;
for (let i = 1; i <= 100000; i++) total += safeDiv(1000000, i);
console.log(total);
