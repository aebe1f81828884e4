// SPDX-License-Identifier: MIT
// Objects and texts that come and go on the garbage-collected heap, and
// buffers outside of it: most of the memory never sees malloc.
// usage: objects.js [ROUNDS]
"use strict";
const rounds = Number(process.argv[2] || 300000);
const held = [];

for (let i = 0; i < rounds; i++) {
	held[i * 7919 % 20000] = {
		id: i,
		text: "x".repeat(i % 50) + i,
		parts: [i, i + 1, { of: i }],
		bytes: i % 16 ? null : Buffer.alloc(1000 + i % 9000, 1),
	};
}
console.log(held.filter(Boolean).length);
