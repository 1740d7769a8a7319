import assert from "node:assert/strict";
import { test } from "node:test";
import { correlation, count, formatAt, percent, signed, signedColumn, significant, ticks } from "../../site_template/theme/js/format_number.js";

const labels = (low, high, most) => ticks(low, high, most).map(({ label }) => label);

test("thousands are set apart", () => {
  assert.equal(count(1234567), "1,234,567");
});

for (const [value, text] of [[2.063, "2.063"], [0, "0"], [-3, "−3.000"], [12345.6, "12,346"], [99.996, "100.0"], [1e-9, "1e−9"],
  [1.5e-7, "1.5e−7"], [1234567, "1.235e6"], [null, "–"], [NaN, "–"]]) {
  test(`${value} to four digits is ${text}`, () => assert.equal(significant(value), text));
}

for (const [share, text] of [[0.00252, "0.252 %"], [1, "100 %"], [0.5, "50.0 %"], [0, "0 %"], [1.53e-5, "0.0015 %"], [1e-9, "1e−7 %"], [null, "–"]]) {
  test(`a share of ${share} is ${text}`, () => assert.equal(percent(share), text));
}

test("a minus sign is no hyphen, and zero has neither sign", () => {
  assert.equal(signed(-0.25), "−0.250");
  assert.equal(signed(0.25), "+0.250");
  assert.deepEqual([0.416, -0.416, -0.001, 0.001, null].map(correlation), ["+0.42", "−0.42", "0.00", "0.00", "–"]);
});

test("a column has as many decimals as its largest value needs", () => {
  const format = signedColumn([-0.0751, 0.02, null]);
  assert.deepEqual([-0.0751, 0.02, null].map(format), ["−0.0751", "+0.0200", "–"]);
  assert.equal(signedColumn([])(0), "0");
});

test("bounds that differ look different", () => {
  const format = formatAt(2.063 / 10 / 10, 2.063);
  const bounds = Array.from({ length: 11 }, (_, k) => format((2.063 * k) / 10));
  assert.equal(new Set(bounds).size, 11);
});

for (const [low, high, expected] of [
  [0, 2.063, ["0", "0.5", "1.0", "1.5", "2.0"]],
  [-0.07, 0.07, ["−0.05", "0", "0.05"]],
  [0, 0.29, ["0", "0.1", "0.2"]],
  [0, 3000, ["0", "1,000", "2,000", "3,000"]],
  [0, 1e9, ["0", "2e8", "4e8", "6e8", "8e8", "1e9"]],
  [0, 1e-9, ["0", "2e−10", "4e−10", "6e−10", "8e−10", "1e−9"]],
  [1.23e-8, 1.24e-8, ["1.23e−8", "1.232e−8", "1.234e−8", "1.236e−8", "1.238e−8", "1.24e−8"]],
  [1, 1, ["1.000"]],
  [0, 0, ["0"]],
]) {
  test(`the axis from ${low} to ${high} is marked at ${expected.join(", ")}`, () => assert.deepEqual(labels(low, high), expected));
}

for (const [low, high] of [[1000.0001, 1000.0002], [1, 1 + 2 ** -50], [-1e308, 1e308], [0, 5e-324], [1e6, 1e6 + 0.5], [-1e-300, 1e-300]]) {
  test(`the axis from ${low} to ${high} has few marks, all different and in range`, () => {
    const found = ticks(low, high);
    assert.ok(found.length >= 1 && found.length <= 6);
    assert.equal(new Set(found.map(({ label }) => label)).size, found.length);
    const slack = (high - low) * 1e-6;
    assert.ok(found.every(({ value }) => value >= low - slack && value <= high + slack));
  });
}

test("an axis without numbers has no marks", () => {
  assert.deepEqual(labels(NaN, 1), []);
  assert.deepEqual(labels(0, Infinity), []);
  assert.deepEqual(labels(1, 0), []);
});
