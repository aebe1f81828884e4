-- SPDX-License-Identifier: MIT
-- One thread that replaces small records at scattered places of a table:
-- about ten heap events for each replacement.
-- usage: churn.lua [REPLACEMENTS]
local replacements = tonumber(arg[1]) or 3000000
local slots = 200000
local records = {}

for n = 1, replacements do
	local at = n * 104729 % slots + 1
	records[at] = { n, tostring(n), { n } }
end
print(#records)
